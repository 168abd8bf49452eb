//! Sums in parts kept side by side, so that additions need not wait for each other.

/// Parts of a sum.
pub(crate) const LANES: usize = 32;

/// A sum in parts.
pub(crate) type Lanes = [f32; LANES];

/// Calls `add(lane, values)` with the values of all slices at each place, for all of the first one.
#[inline(always)]
pub(crate) fn each<const N: usize>(slices: [&[f32]; N], mut add: impl FnMut(usize, [f32; N])) {
    let len = slices[0].len();
    let chunks = slices.map(|slice| slice[..len].as_chunks::<LANES>());
    for index in 0..len / LANES {
        let blocks = chunks.map(|(blocks, _)| &blocks[index]);
        for lane in 0..LANES {
            add(lane, blocks.map(|block| block[lane]));
        }
    }
    let rests = chunks.map(|(_, rest)| rest);
    for lane in 0..len % LANES {
        add(lane, rests.map(|rest| rest[lane]));
    }
}

/// The whole sum: halves added to halves.
#[inline(always)]
pub(crate) fn total(mut lanes: Lanes) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}
