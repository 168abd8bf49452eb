//! The products agree with their scalar twin, and packing only moves values.

use super::block::Block;
use super::{Matrix, Onto, PANEL, Panels, by_rows, multiply, pack};
use crate::testing::{difference, values};
use proptest::prelude::*;

fn close(left: &[f32], right: &[f32]) -> bool {
    let wide = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
    difference(&wide(left), &wide(right)) < 1e-5
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn products(
        (m, n, k) in (1usize..40, 1usize..90, 1usize..300),
        (gap, onto, transposed, packed) in (0usize..9, 0..3, any::<bool>(), any::<bool>()),
    ) {
        let row = values(n, 4);
        let onto = [Onto::Zero, Onto::Destination, Onto::Row(&row)][onto as usize];
        let (lhs, rhs) = (values(m * k + gap * m, 1), values((n + gap) * k, 2));
        let lhs = if transposed {
            Matrix { data: &lhs, row: 1, column: m }
        } else {
            Matrix::row_major(&lhs, k + gap)
        };
        let rhs = Matrix::row_major(&rhs, n + gap);
        let mut panels = vec![f32::NAN; pack::rows_len(k, n)];
        let rhs = if packed { pack::rows(rhs, [k, n], &mut panels) } else { Panels::of(rhs) };
        let [mut fast, mut plain] = [(); 2].map(|()| values(m * (n + gap), 3));
        let step = n + gap;
        let block = |values| Block::new(values, step).split_columns(n).0;
        multiply([m, n, k], &mut block(&mut fast), onto, lhs, rhs);
        by_rows([m, n, k], &mut block(&mut plain), onto, lhs, rhs);
        prop_assert!(close(&fast, &plain));
    }

    #[test]
    fn transposes((rows, depth, gap) in (0usize..80, 1usize..40, 0usize..9)) {
        let source = values(rows * (depth + gap), 1);
        let source = Matrix::row_major(&source, depth + gap);
        let [mut fast, mut plain] = [(); 2].map(|()| vec![0.0; pack::packed_len(rows, depth)]);
        pack::transpose(source, [rows, depth], 0.7, &mut fast);
        pack::transpose_part(source, [0..rows, 0..depth], depth, 0.7, &mut plain);
        prop_assert_eq!(&fast, &plain);
        for row in 0..rows {
            for column in 0..depth {
                let place = (row / PANEL * depth + column) * PANEL;
                let value = fast[place + row % PANEL];
                prop_assert_eq!(value, 0.7 * source.data[row * source.row + column]);
            }
        }
    }

    #[test]
    fn copies((rows, columns, gap) in (0usize..40, 1usize..80, 0usize..9)) {
        let source = values(rows * (columns + gap), 1);
        let source = Matrix::row_major(&source, columns + gap);
        let mut panels = vec![0.0; pack::rows_len(rows, columns)];
        pack::rows(source, [rows, columns], &mut panels);
        for row in 0..rows {
            for column in 0..columns {
                let place = (column / PANEL * rows + row) * PANEL;
                let value = panels[place + column % PANEL];
                prop_assert_eq!(value, source.data[row * source.row + column]);
            }
        }
    }
}
