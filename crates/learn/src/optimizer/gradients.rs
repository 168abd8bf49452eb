//! The gradients of a step.

use std::collections::BTreeMap;

use burn::tensor::Tensor;
use pith_kernels::optimize::squared_norm;

/// Gradients of named parameters, each flattened to `[count]`, all to be multiplied by one factor:
/// so that clipping reads them once and writes nothing.
#[derive(Clone, Debug)]
pub struct Gradients {
    by_name: BTreeMap<String, Tensor<1>>,
    scale: f64,
}

impl Default for Gradients {
    fn default() -> Self {
        Self { by_name: BTreeMap::new(), scale: 1.0 }
    }
}

impl Gradients {
    /// Of no parameter.
    pub fn new() -> Self {
        Self::default()
    }

    /// The factor that all are still to be multiplied by.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// The gradient of one more parameter, before any clipping.
    pub fn insert(&mut self, name: String, gradient: Tensor<1>) {
        self.by_name.insert(name, gradient);
    }

    /// The gradient of a parameter, still to be scaled.
    pub fn get(&self, name: &str) -> Option<&Tensor<1>> {
        self.by_name.get(name)
    }

    /// All by name, still to be scaled.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Tensor<1>)> {
        self.by_name.iter()
    }

    /// As [`Gradients::get`], to be used up.
    pub fn take(&mut self, name: &str) -> Option<Tensor<1>> {
        self.by_name.remove(name)
    }

    /// Adds the gradients of another batch.
    ///
    /// # Panics
    /// Where one of them was clipped already.
    pub fn add(&mut self, more: Self) {
        assert!(self.scale == 1.0 && more.scale == 1.0, "gradients are added before clipping");
        for (name, gradient) in more.by_name {
            let total = match self.by_name.remove(&name) {
                Some(sum) => sum + gradient,
                None => gradient,
            };
            self.by_name.insert(name, total);
        }
    }

    /// Their joint Euclidean norm.
    pub fn norm(&self) -> f64 {
        self.by_name.values().map(squared_norm).sum::<f64>().sqrt() * self.scale
    }

    /// Scales all so that their joint norm is at most `limit`; returns the norm before.
    pub fn clip(&mut self, limit: Option<f64>) -> f64 {
        let norm = self.norm();
        if let Some(limit) = limit.filter(|&limit| norm > limit) {
            self.scale *= limit / norm;
        }
        norm
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn clipping_bounds_the_joint_norm() {
        let tensor = |values: [f32; 2]| Tensor::<1>::from_floats(values, &Device::flex());
        let mut gradients = Gradients::new();
        gradients.insert("a".into(), tensor([1.0, 2.0]));
        let mut more = Gradients::new();
        more.insert("a".into(), tensor([2.0, -2.0]));
        more.insert("b".into(), tensor([0.0, 4.0]));
        gradients.add(more);
        assert_eq!(gradients.clip(None), 5.0);
        assert_eq!(gradients.clip(Some(6.0)), 5.0);
        assert_eq!(gradients.clip(Some(1.0)), 5.0);
        assert!((gradients.scale() - 0.2).abs() < 1e-12 && (gradients.norm() - 1.0).abs() < 1e-12);
    }
}
