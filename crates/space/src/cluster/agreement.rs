//! How well two partitions of the same samples agree: NMI, ARI, purity.

/// `counts[cluster][class]`: how many samples fall in both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contingency {
    counts: Vec<f64>,
    classes: usize,
}

impl Contingency {
    /// Counts samples by cluster and class.
    pub fn new(clusters: &[u32], classes: &[u32]) -> Self {
        Self::weighted(clusters, classes, &vec![1; clusters.len()])
    }

    /// Counts sample i `counts[i]` times.
    pub(crate) fn weighted(clusters: &[u32], classes: &[u32], counts: &[u32]) -> Self {
        let width = classes.iter().max().map_or(0, |&c| c as usize + 1);
        let rows = clusters.iter().max().map_or(0, |&c| c as usize + 1);
        let mut table = vec![0.0; rows * width];
        for ((&cluster, &class), &count) in clusters.iter().zip(classes).zip(counts) {
            table[cluster as usize * width + class as usize] += f64::from(count);
        }
        Self { counts: table, classes: width }
    }

    /// Normalized mutual information, arithmetic mean: `I(U, V) / ((H(U) + H(V)) / 2)`.
    ///
    /// 1 where both are a single group, as scikit-learn defines it.
    pub fn nmi(&self) -> f64 {
        let (by_cluster, by_class) = (self.by_cluster(), self.by_class());
        let total = self.total();
        let (h, g) = (entropy(&by_cluster, total), entropy(&by_class, total));
        if h + g == 0.0 {
            return 1.0;
        }
        let mut information = 0.0;
        for (row, cluster) in self.rows().zip(&by_cluster) {
            for (&both, class) in row.iter().zip(&by_class) {
                if both > 0.0 {
                    information += both / total * (both * total / (cluster * class)).ln();
                }
            }
        }
        (information.max(0.0) / (0.5 * (h + g))).min(1.0)
    }

    /// Adjusted Rand index (Hubert and Arabie 1985): 1 for equal partitions, 0 by chance.
    pub fn ari(&self) -> f64 {
        let square = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>();
        let (total, both) = (self.total(), square(&self.counts));
        let apart_in_clusters = square(&self.by_class()) - both;
        let apart_in_classes = square(&self.by_cluster()) - both;
        if apart_in_clusters == 0.0 && apart_in_classes == 0.0 {
            return 1.0;
        }
        let together = both - total;
        let apart = total * total - apart_in_clusters - apart_in_classes - both;
        let chance = (together + apart_in_classes) * (apart_in_classes + apart)
            + (together + apart_in_clusters) * (apart_in_clusters + apart);
        2.0 * (together * apart - apart_in_classes * apart_in_clusters) / chance
    }

    /// Share of samples that are of the commonest class of their cluster.
    pub fn purity(&self) -> f64 {
        let commonest = self.rows().map(|row| row.iter().copied().fold(0.0, f64::max));
        commonest.sum::<f64>() / self.total().max(1.0)
    }

    fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.counts.chunks_exact(self.classes.max(1))
    }

    fn total(&self) -> f64 {
        self.counts.iter().sum()
    }

    fn by_cluster(&self) -> Vec<f64> {
        self.rows().map(|row| row.iter().sum()).collect()
    }

    fn by_class(&self) -> Vec<f64> {
        (0..self.classes).map(|class| self.rows().map(|row| row[class]).sum()).collect()
    }
}

fn entropy(counts: &[f64], total: f64) -> f64 {
    let shares = counts.iter().filter(|&&count| count > 0.0).map(|count| count / total);
    -shares.map(|p| p * p.ln()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    // from sklearn.metrics import normalized_mutual_info_score, adjusted_rand_score
    // classes, clusters = [0,0,0,1,1,1,2,2,2,2], [0,0,1,1,1,2,2,2,2,0]
    // normalized_mutual_info_score(classes, clusters), adjusted_rand_score(classes, clusters)
    const CLASSES: [u32; 10] = [0, 0, 0, 1, 1, 1, 2, 2, 2, 2];
    const CLUSTERS: [u32; 10] = [0, 0, 1, 1, 1, 2, 2, 2, 2, 0];

    #[test]
    fn the_values_of_scikit_learn() {
        let table = Contingency::new(&CLUSTERS, &CLASSES);
        assert!((table.nmi() - 0.44270128334605).abs() < 1e-12, "{}", table.nmi());
        assert!((table.ari() - 0.20454545454545456).abs() < 1e-12, "{}", table.ari());
        assert!((table.purity() - 0.7).abs() < 1e-12);
    }

    #[test]
    fn names_of_clusters_do_not_matter() {
        let renamed: Vec<u32> = CLUSTERS.iter().map(|c| (c + 1) % 3).collect();
        let (a, b) = (Contingency::new(&CLUSTERS, &CLASSES), Contingency::new(&renamed, &CLASSES));
        assert!((a.nmi() - b.nmi()).abs() < 1e-12 && (a.ari() - b.ari()).abs() < 1e-12);
        let same = Contingency::new(&CLASSES, &CLASSES);
        assert!((same.nmi() - 1.0).abs() < 1e-12 && same.ari() == 1.0 && same.purity() == 1.0);
    }

    #[test]
    fn a_single_cluster_says_nothing() {
        let table = Contingency::new(&[0; 10], &CLASSES);
        assert_eq!((table.nmi(), table.purity()), (0.0, 0.4));
        assert!(table.ari().abs() < 1e-12);
    }
}
