//! Nothing to see, nothing to compute, and numbers that are none.

use super::*;
use crate::testing::{assert_close, device, read, sample};
use burn::tensor::Device;

#[test]
fn what_sees_nothing_gives_zeros() {
    let device = device();
    let qkv = sample([4, 6], 1, &device).require_grad();
    let bias = Tensor::<4>::zeros([1, 1, 4, 4], &device)
        .slice_fill([0..1, 0..1, 1..2, 0..4], f32::NEG_INFINITY);
    let options = AttentionOptions { key_lengths: Some([3].into()), ..AttentionOptions::new(1) };
    let output = self_attention(qkv.clone(), &Sequences::Uniform(4), Some(bias), &options);
    let gradient = read(&qkv.grad(&output.clone().sum().backward()).unwrap());
    let output = read(&output);
    assert!(output.iter().chain(&gradient).all(|value| value.is_finite()));
    assert!(output[2..4].iter().chain(&output[6..]).all(|&value| value == 0.0));
    assert!(gradient[18..].iter().all(|&value| value == 0.0));
    assert!(output[..2].iter().all(|&value| value != 0.0));
}

/// What stands in padding does not matter, not even if it is no number.
#[test]
fn padding_is_not_looked_at() {
    let device = device();
    let qkv = sample([6, 12], 1, &device);
    let spoilt = qkv.clone().slice_fill([2..3, 0..12], f32::NAN).require_grad();
    let options = AttentionOptions { key_lengths: Some([2, 3].into()), ..AttentionOptions::new(2) };
    let run = |qkv: Tensor<2>| self_attention(qkv, &Sequences::Uniform(3), None, &options);
    let output = run(spoilt.clone());
    assert_close(&output, &run(qkv), 0.0);
    let gradient = spoilt.grad(&output.sum().backward()).unwrap();
    assert!(read(&gradient).iter().all(|value| value.is_finite()));
}

#[test]
fn a_score_that_is_no_number_is_seen() {
    let device = Device::flex();
    let qkv = sample([3, 6], 1, &device).slice_fill([1..2, 0..1], f32::NAN);
    let output = self_attention(qkv, &Sequences::Uniform(3), None, &AttentionOptions::new(1));
    let output = read(&output);
    assert!(output[2].is_nan() && output[0].is_finite());
}

#[test]
fn no_rows_give_no_rows() {
    let device = Device::flex();
    for sequences in [Sequences::Uniform(4), Sequences::Uniform(0), Sequences::Ragged([].into())] {
        let qkv = Tensor::empty([0, 12], &device);
        let output = self_attention(qkv, &sequences, None, &AttentionOptions::new(2));
        assert_eq!(output.dims(), [0, 4]);
    }
}

/// A length beyond the end of its sequence, however far, is all of it.
#[test]
fn the_longest_length_is_no_padding() {
    let device = Device::flex();
    let qkv = sample([6, 12], 3, &device);
    let sequences = Sequences::Uniform(3);
    let with = |lengths: Option<[usize; 2]>| {
        let key_lengths = lengths.map(|lengths| lengths.to_vec().into());
        let options = AttentionOptions { key_lengths, ..AttentionOptions::new(2) };
        self_attention(qkv.clone(), &sequences, None, &options)
    };
    assert_close(&with(Some([usize::MAX; 2])), &with(None), 0.0);
}
