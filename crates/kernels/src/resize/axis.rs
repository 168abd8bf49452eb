//! One axis of a resize: which old places each new place is made of.

use super::Interpolation;

/// `new[o] = (1 - share) · old[first] + share · old[second]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tap {
    pub(super) first: usize,
    pub(super) second: usize,
    pub(super) share: f32,
}

/// The taps of each new place, and whether they are the old places repeated.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) old: usize,
    pub(super) taps: Vec<Tap>,
    /// How often each old place is repeated, where that is all.
    pub(super) repeats: Option<usize>,
}

impl Axis {
    pub(super) fn new(old: usize, new: usize, interpolation: Interpolation) -> Self {
        let ratio = old as f64 / new as f64;
        let nearest = |place: usize| {
            let first = place * old / new;
            Tap { first, second: first, share: 0.0 }
        };
        let bilinear = |place: usize| {
            let at = ((place as f64 + 0.5) * ratio - 0.5).max(0.0);
            let first = (at.floor() as usize).min(old - 1);
            Tap { first, second: (first + 1).min(old - 1), share: (at - first as f64) as f32 }
        };
        let taps: Vec<_> = match interpolation {
            Interpolation::Nearest => (0..new).map(nearest).collect(),
            Interpolation::Bilinear => (0..new).map(bilinear).collect(),
        };
        let copies = taps.iter().all(|tap| tap.share == 0.0);
        let times = new / old;
        let evenly = copies
            && times * old == new
            && taps.iter().enumerate().all(|(place, tap)| tap.first == place / times);
        Self { old, taps, repeats: evenly.then_some(times) }
    }

    pub(super) fn new_extent(&self) -> usize {
        self.taps.len()
    }
}
