use super::*;

const GRID: Patches = Patches { rows: 6, columns: 8, side: 4 };

fn random(seed: u64) -> Random {
    Random::keyed(&[seed])
}

fn count(picture: &[bool]) -> usize {
    picture.iter().filter(|&&hidden| hidden).count()
}

/// How often each patch is hidden.
fn often(mask: &Mask) -> Vec<usize> {
    let of = |patch: usize| (0..mask.pictures()).filter(|&one| mask.of(one)[patch]).count();
    (0..mask.patches).map(of).collect()
}

/// Pairs of neighbours in a row that are hidden both.
fn pairs(mask: &Mask) -> usize {
    let rows = mask.hidden.chunks(GRID.columns);
    rows.map(|row| row.windows(2).filter(|pair| pair[0] && pair[1]).count()).sum()
}

#[test]
fn random_masks_hide_as_asked_and_every_patch_alike() {
    let mask = Mask::random(4000, 48, 36, &mut random(1));
    assert!((0..4000).all(|picture| count(mask.of(picture)) == 36));
    // 3000 expected, deviation 27.
    assert!(often(&mask).iter().all(|often| often.abs_diff(3000) < 140), "{:?}", often(&mask));
    assert_ne!(mask.of(0), mask.of(1));
}

#[test]
fn squares_hide_whole_squares_rounded_up_and_every_patch_alike() {
    let mask = Mask::squares(4000, GRID, 2, 0.6, &mut random(2));
    // 12 squares; 7.2 of them are 8, of four patches each.
    assert!((0..4000).all(|picture| count(mask.of(picture)) == 32));
    for picture in 0..100 {
        for patch in (0..GRID.count()).filter(|patch| patch / 8 % 2 == 0 && patch % 2 == 0) {
            let square = [0, 1, 8, 9].map(|step| mask.of(picture)[patch + step]);
            assert!(square.iter().all(|&hidden| hidden == square[0]));
        }
    }
    // 2667 expected, deviation 30.
    assert!(often(&mask).iter().all(|often| often.abs_diff(2667) < 150), "{:?}", often(&mask));
}

#[test]
fn squares_are_cut_at_the_edge() {
    let grid = Patches { rows: 3, columns: 3, side: 4 };
    let mask = Mask::squares(200, grid, 2, 0.5, &mut random(3));
    let counts: std::collections::BTreeSet<usize> =
        (0..200).map(|picture| count(mask.of(picture))).collect();
    assert_eq!(counts, [3, 4, 5, 6].into()); // two of squares of 4, 2, 2 and 1 patches
}

#[test]
fn blocks_hide_as_asked_and_hang_together() {
    let counts: Vec<usize> = (0..500).map(|picture| picture % 49).collect();
    let mask = Mask::blocks(GRID, &counts, &Blocks::default(), &mut random(4));
    assert!(counts.iter().zip(0..).all(|(&wanted, picture)| count(mask.of(picture)) == wanted));
    let blocks = Mask::blocks(GRID, &[24; 1000], &Blocks::default(), &mut random(5));
    let single = Mask::random(1000, 48, 24, &mut random(5));
    assert!(pairs(&blocks) * 2 > pairs(&single) * 3, "{} {}", pairs(&blocks), pairs(&single));
    // Mirrored, they are drawn alike: at most 500 of 1000 differ by deviation 16.
    let often = often(&blocks);
    for (patch, &found) in often.iter().enumerate() {
        assert!(found.abs_diff(often[GRID.count() - 1 - patch]) < 120, "{often:?}");
    }
}

#[test]
fn what_is_not_hidden_is_visible() {
    let mask = Mask::random(5, 48, 36, &mut random(6));
    let (hidden, visible) = (mask.hidden(), mask.visible());
    assert_eq!((hidden.each(), visible.each()), (36, 12));
    for picture in 0..5 {
        let mut all = [hidden.of(picture), visible.of(picture)].concat();
        assert!(visible.of(picture).iter().all(|&patch| !mask.of(picture)[patch]));
        assert!(visible.of(picture).is_sorted() && hidden.of(picture).is_sorted());
        all.sort_unstable();
        assert_eq!(all, (0..48).collect::<Vec<_>>());
    }
    let device = Device::flex();
    let flags: Vec<bool> = mask.flags(&device).into_data().iter().collect();
    assert_eq!(flags, mask.hidden);
    assert_eq!(hidden.tensor(&device).dims(), [5, 36]);
}

#[test]
fn taken_tokens_are_those_of_their_own_picture() {
    let device = Device::flex();
    let tokens = Tensor::<1, Int>::arange(0..24, &device).float().reshape([3, 4, 2]);
    let places = Places::new(&[vec![3, 0], vec![1, 1], vec![2, 3]]);
    let taken: Vec<f32> = take(tokens, places.tensor(&device)).into_data().iter().collect();
    assert_eq!(taken, [6., 7., 0., 1., 10., 11., 10., 11., 20., 21., 22., 23.]);
}

#[test]
fn a_scene_predicts_blocks_that_its_context_does_not_hold() {
    let grid = Patches { rows: 8, columns: 8, side: 4 };
    for seed in 0..50 {
        let Scene { context, targets } = Layout::default().draw(16, grid, &mut random(seed));
        assert_eq!(targets.len(), 4);
        assert!(context.each() >= 4, "10 of 196, as 4 of 64; received {}", context.each());
        // 9.6 to 12.8 patches; sides are rounded.
        assert!(targets.iter().all(|target| (8..=12).contains(&target.each())), "{targets:?}");
        for picture in 0..16 {
            assert!(context.of(picture).is_sorted());
            for target in &targets {
                let block = target.of(picture);
                assert!(!context.of(picture).iter().any(|patch| block.contains(patch)));
                let width = block.iter().filter(|&&patch| patch / 8 == block[0] / 8).count();
                assert!(block.iter().zip(0..).all(|(&patch, place)| {
                    patch == block[0] + place / width * 8 + place % width
                }));
            }
        }
    }
}

#[test]
fn a_scene_of_few_patches_still_shows_something() {
    let grid = Patches { rows: 2, columns: 2, side: 4 };
    for seed in 0..200 {
        let scene = Layout::default().draw(8, grid, &mut random(seed));
        assert_eq!(scene.context.each(), 1);
        assert!(scene.targets.iter().all(|target| target.each() == 1));
    }
}

#[test]
fn targets_are_spread_over_the_whole_picture() {
    let grid = Patches { rows: 4, columns: 4, side: 4 };
    let scene = Layout::default().draw(3000, grid, &mut random(8));
    let mut found = [0usize; 16];
    for target in &scene.targets {
        (0..3000).for_each(|picture| target.of(picture).iter().for_each(|&p| found[p] += 1));
    }
    for patch in 0..16 {
        let (here, mirrored) = (found[patch], found[15 - patch]);
        assert!(here > 300 && here.abs_diff(mirrored) * 5 < here, "{found:?}");
    }
}

#[test]
fn the_same_numbers_draw_the_same_masks() {
    let all = |seed| {
        let random = &mut random(seed);
        let masks = [
            Mask::random(3, 48, 30, random),
            Mask::squares(3, GRID, 2, 0.5, random),
            Mask::blocks(GRID, &[20; 3], &Blocks::default(), random),
        ];
        (masks, Layout::default().draw(3, GRID, random))
    };
    assert_eq!(all(1), all(1));
    assert_ne!(all(1), all(2));
}
