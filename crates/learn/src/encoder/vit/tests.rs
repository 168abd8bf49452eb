//! Positions of other grids, and pictures that do not fit.

use burn::tensor::{Device, TensorData};

use super::*;
use crate::nn::Init;

fn vit(device: &Device, positions: Vec<f32>) -> Vit {
    let config = Config { width: 4, depth: 1, heads: 1, patch: 2, ..Config::default() };
    let shape = Shape::Pixels { channels: 1, height: 4, width: 6 };
    let mut init = Init::new(1, device);
    let vit = config.init(shape, &mut init).expect("a vit");
    let old = vit.positions.clone();
    let data = TensorData::new(positions, [6, 4]);
    Vit { positions: old.map(|_| Tensor::from_data(data, device).require_grad()), ..vit }
}

fn values(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("f32")
}

#[test]
fn positions_of_another_grid_lie_between_the_learned_ones() {
    let device = Device::flex().autodiff();
    // Channel 0 counts rows, channel 1 columns, the others are the same everywhere.
    let places = (0..2).flat_map(|row| (0..3).map(move |column| [row, column, 7, -2]));
    let vit = vit(&device, places.flatten().map(|value| value as f32).collect());
    assert_eq!(values(vit.positions([2, 3])), values(vit.positions.val()));
    for grid in [[1, 1], [4, 6], [3, 2]] {
        let found = vit.positions(grid);
        assert_eq!(found.dims(), [grid[0] * grid[1], 4]);
        for place in values(found).chunks(4) {
            assert!((place[2] - 7.0).abs() < 1e-5 && (place[3] + 2.0).abs() < 1e-5);
        }
    }
    let centre = values(vit.positions([1, 1]));
    assert!((centre[0] - 0.5).abs() < 1e-6 && (centre[1] - 1.0).abs() < 1e-6, "{centre:?}");
    let larger = values(vit.positions([4, 3]));
    let rows: Vec<f32> = larger.chunks(4).step_by(3).map(|place| place[0]).collect();
    assert_eq!(rows, [0.0, 0.25, 0.75, 1.0]);
}

#[test]
fn a_small_crop_teaches_the_positions_around_it() {
    let device = Device::flex().autodiff();
    let vit = vit(&device, vec![0.1; 24]);
    let gradients = vit.positions([1, 3]).sum().backward();
    let gradient = vit.positions.val().grad(&gradients).expect("positions learn");
    let gradient: Vec<f32> = gradient.into_data().try_into_vec().expect("f32");
    assert_eq!(gradient, [0.5; 24]);
    let crop = Input::Pixels(Tensor::ones([2, 1, 2, 4], &device));
    assert_eq!(vit.encode(&crop).pooled.dims(), [2, 4]);
    let refused = vit.accepts(Shape::Pixels { channels: 1, height: 3, width: 4 });
    assert!(refused.expect_err("half a patch").to_string().contains("multiple of 2"));
}
