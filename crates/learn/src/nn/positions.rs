//! Where tokens stand in a picture.

/// Sines and cosines of the row in the first half of the channels, of the column in the second,
/// at frequencies from 1 to 1 / 10000 (Vaswani et al. 2017, section 3.5, in two dimensions): one
/// vector per place in reading order, `[rows * columns, width]`.
pub fn sin_cos([rows, columns]: [usize; 2], width: usize) -> Vec<f32> {
    let quarter = width / 4;
    let axis = |place: usize| {
        let angle =
            move |channel: usize| place as f32 / 10_000f32.powf(channel as f32 / quarter as f32);
        let sines = (0..quarter).map(move |channel| angle(channel).sin());
        sines.chain((0..quarter).map(move |channel| angle(channel).cos()))
    };
    let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    places.flat_map(|(row, column)| axis(row).chain(axis(column))).collect()
}
