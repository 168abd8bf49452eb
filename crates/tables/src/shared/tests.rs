use proptest::prelude::*;

use super::*;

fn levels() -> Vec<Level> {
    let mut levels = vec![Level::Portable];
    #[cfg(target_arch = "x86_64")]
    {
        levels.extend(is_x86_feature_detected!("avx").then_some(Level::Avx));
        levels.extend(is_x86_feature_detected!("avx512f").then_some(Level::Avx512));
    }
    levels
}

proptest! {
    #[test]
    fn every_level_means_the_same(width in 1usize..70, picks in prop::collection::vec(0u32..5, 0..8)) {
        for level in levels() {
            let mut table = Table::new(5, width, |row, column| (row * 100 + column) as f32);
            table.level = level;
            let stride = table.stride();
            let mut rows = vec![-1.0; picks.len() * stride];
            table.gather(&picks, &mut rows);
            let mut sum = vec![0.5; stride];
            table.add_rows_to(&picks, &mut sum);
            for column in 0..stride {
                let at = |row: u32| if column < width { (row * 100) as f32 + column as f32 } else { 0.0 };
                for (place, &row) in picks.iter().enumerate() {
                    prop_assert_eq!(rows[place * stride + column], at(row));
                }
                prop_assert_eq!(sum[column], 0.5 + picks.iter().map(|&row| at(row)).sum::<f32>());
            }
            let mut deltas: Vec<f32> = (0..picks.len() * stride).map(|i| i as f32).collect();
            table.scatter(&picks, &mut deltas);
            table.add_to_rows(&picks, &mut vec![1.0; stride]);
            for row in 0..5u32 {
                let values: Vec<f32> = table.values(row as usize).collect();
                prop_assert_eq!(values.len(), width);
                for (column, value) in values.into_iter().enumerate() {
                    let added = picks.iter().enumerate().filter(|(_, pick)| **pick == row);
                    let added: f32 = added.map(|(place, _)| (place * stride + column + 1) as f32).sum();
                    prop_assert_eq!(value, (row * 100) as f32 + column as f32 + added);
                }
            }
        }
    }
}

#[test]
fn threads_may_meet_on_one_row() {
    let table = Table::new(1, 20, |_, _| 0.0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut one = vec![1.0; table.stride()];
                (0..1000).for_each(|_| table.add_to_rows(&[0], &mut one));
            });
        }
    });
    // Updates may be lost, but a value is always a sum of whole updates.
    for value in table.values(0) {
        assert!((1000.0..=2000.0).contains(&value) && value.fract() == 0.0, "{value}");
    }
}
