//! Which samples stand for all of them where a limit is set.

/// Rows of at most `limit` samples, in their order, chosen by a seeded hash of the id.
///
/// The same id is chosen again in any order and beside any others, as far as the limit allows.
pub(super) fn subset(ids: &[String], limit: usize, seed: u64) -> Vec<usize> {
    if ids.len() <= limit {
        return (0..ids.len()).collect();
    }
    let mut rows: Vec<usize> = (0..ids.len()).collect();
    rows.sort_by_cached_key(|&row| (hash(&ids[row], seed), row));
    rows.truncate(limit);
    rows.sort_unstable();
    rows
}

/// FNV-1a over the bytes of the id, mixed with the seed by the end of splitmix64.
pub(super) fn hash(id: &str, seed: u64) -> u64 {
    let mut z = id.bytes().fold(0xCBF2_9CE4_8422_2325, |state: u64, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    z = z.wrapping_add(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_samples_does_not_matter() {
        let ids: Vec<String> = (0..500).map(|i| format!("image-{i}")).collect();
        let backwards: Vec<String> = ids.iter().rev().cloned().collect();
        let chosen = |ids: &[String], seed| {
            let mut names: Vec<String> =
                subset(ids, 100, seed).iter().map(|&row| ids[row].clone()).collect();
            names.sort();
            names
        };
        assert_eq!(chosen(&ids, 1), chosen(&backwards, 1));
        assert_ne!(chosen(&ids, 1), chosen(&ids, 2));
        assert_eq!(subset(&ids, 900, 1).len(), 500);
    }

    #[test]
    fn the_choice_is_even() {
        let ids: Vec<String> = (0..10_000).map(|i| i.to_string()).collect();
        let low = subset(&ids, 1000, 0).iter().filter(|&&row| row < 5000).count();
        assert!((430..570).contains(&low), "{low}");
    }
}
