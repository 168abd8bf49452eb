//! L-BFGS (Nocedal and Wright 2006, algorithms 7.4 and 7.5) for a smooth convex function.

use std::collections::VecDeque;

use super::Stop;
use super::objective::Point;

/// Pairs of steps remembered.
const MEMORY: usize = 12;
/// Decrease that a step must reach, as a share of what the slope promises (Armijo).
const DECREASE: f64 = 1e-4;
/// Loss differences below this share of the loss are rounding; then the slope decides.
const ROUNDING: f64 = 1e-13;

/// Where the descent ended.
pub(super) struct End {
    pub parameters: Vec<f64>,
    /// Largest entry of the gradient.
    pub gradient: f64,
    pub steps: usize,
}

struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    product: f64,
}

/// Minimizes from a point whose value is known; `precondition` guesses the inverse Hessian.
pub(super) fn minimize(
    at: impl Fn(&[f64]) -> Point,
    mut parameters: Vec<f64>,
    mut here: Point,
    precondition: impl Fn(&[f64]) -> Vec<f64>,
    stop: Stop,
) -> End {
    let mut memory: VecDeque<Pair> = VecDeque::with_capacity(MEMORY);
    let mut steps = 0;
    while largest(&here.gradient) > stop.gradient && steps < stop.steps {
        let direction = direction(&memory, &here.gradient, &precondition);
        let Some((moved, there)) = line_search(&at, &parameters, &here, &direction) else {
            if memory.is_empty() {
                break; // rounding leaves no way down
            }
            memory.clear();
            continue;
        };
        let step = difference(&moved, &parameters);
        let change = difference(&there.gradient, &here.gradient);
        let product = dot(&step, &change);
        if product > 0.0 {
            if memory.len() == MEMORY {
                memory.pop_front();
            }
            memory.push_back(Pair { step, change, product });
        }
        (parameters, here) = (moved, there);
        steps += 1;
    }
    End { gradient: largest(&here.gradient), parameters, steps }
}

/// The two-loop recursion: minus the estimated inverse Hessian times the gradient.
fn direction(
    memory: &VecDeque<Pair>,
    gradient: &[f64],
    precondition: &impl Fn(&[f64]) -> Vec<f64>,
) -> Vec<f64> {
    let mut rest = gradient.to_vec();
    let mut shares = Vec::with_capacity(memory.len());
    for pair in memory.iter().rev() {
        let share = dot(&pair.step, &rest) / pair.product;
        add(&mut rest, -share, &pair.change);
        shares.push(share);
    }
    let mut result = precondition(&rest);
    if let Some(last) = memory.back() {
        let scale = last.product / dot(&last.change, &precondition(&last.change));
        result.iter_mut().for_each(|v| *v *= scale);
    }
    for (pair, share) in memory.iter().zip(shares.iter().rev()) {
        let back = dot(&pair.change, &result) / pair.product;
        add(&mut result, share - back, &pair.step);
    }
    result.iter_mut().for_each(|v| *v = -*v);
    result
}

/// Halves (or interpolates) the step until the loss falls enough; `None` where it cannot.
fn line_search(
    at: &impl Fn(&[f64]) -> Point,
    parameters: &[f64],
    here: &Point,
    direction: &[f64],
) -> Option<(Vec<f64>, Point)> {
    let slope = dot(&here.gradient, direction);
    if slope >= 0.0 {
        return None;
    }
    let mut length = 1.0;
    for _ in 0..40 {
        let mut moved = parameters.to_vec();
        add(&mut moved, length, direction);
        let there = at(&moved);
        let falls = there.loss <= here.loss + DECREASE * length * slope;
        let flat = (there.loss - here.loss).abs() <= ROUNDING * here.loss.abs();
        let flattens = dot(&there.gradient, direction).abs() <= 0.9 * slope.abs();
        if falls || (flat && flattens) {
            return Some((moved, there));
        }
        // The parabola through both losses and the slope; kept within a tenth and a half.
        let bend = there.loss - here.loss - length * slope;
        let vertex = -slope * length * length / (2.0 * bend);
        length = if vertex.is_finite() {
            vertex.clamp(0.1 * length, 0.5 * length)
        } else {
            0.5 * length
        };
    }
    None
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, v| v.abs().max(most))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(x, y)| x - y).collect()
}

fn add(to: &mut [f64], factor: f64, values: &[f64]) {
    to.iter_mut().zip(values).for_each(|(t, v)| *t += factor * v);
}
