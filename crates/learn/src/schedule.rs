//! The learning rate over a run: linear warm-up, then half a cosine to zero (Loshchilov, Hutter:
//! SGDR, ICLR 2017, equation 5, without restarts).

use std::f64::consts::PI;

/// Warm-up and cosine over a number of steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// The rate at the top.
    pub peak: f64,
    /// Steps of rising.
    pub warmup: usize,
    /// Steps in all.
    pub steps: usize,
}

impl Schedule {
    /// The rate of a step, counted from zero.
    pub fn rate(&self, step: usize) -> f64 {
        if step < self.warmup {
            return self.peak * (step + 1) as f64 / self.warmup as f64;
        }
        let falling = self.steps.saturating_sub(self.warmup).max(1);
        let share = (step - self.warmup).min(falling) as f64 / falling as f64;
        self.peak * 0.5 * (1.0 + (PI * share).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_then_falls_to_zero() {
        let schedule = Schedule { peak: 2.0, warmup: 4, steps: 12 };
        assert_eq!(schedule.rate(0), 0.5);
        assert_eq!(schedule.rate(3), 2.0);
        assert_eq!(schedule.rate(4), 2.0);
        assert!((schedule.rate(8) - 1.0).abs() < 1e-12);
        assert!(schedule.rate(12).abs() < 1e-12);
        assert!((4..12).all(|step| schedule.rate(step + 1) < schedule.rate(step)));
    }

    #[test]
    fn no_warmup_starts_at_the_peak() {
        assert_eq!(Schedule { peak: 1.0, warmup: 0, steps: 10 }.rate(0), 1.0);
    }
}
