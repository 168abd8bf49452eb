"""Fits the polynomials of crates/kernels/src/math.rs: weighted minimax by Lawson's iteration.

    python tools/golden/fit_elementary.py        (needs numpy)
"""
import numpy as np


def minimax(target, weight, low, high, degree, rounds=300, points=3000):
    """Coefficients, lowest power first, and the largest weighted error of p(x) ~ target(x)."""
    nodes = np.cos(np.pi * (np.arange(points) + 0.5) / points)
    x = 0.5 * (low + high) + 0.5 * (high - low) * nodes
    powers = np.stack([x**k for k in range(degree + 1)], 1)
    y, scale = target(x), np.abs(weight(x))
    emphasis = np.ones(points)
    for _ in range(rounds):
        rows = np.sqrt(emphasis) * scale
        coefficients = np.linalg.lstsq(powers * rows[:, None], y * rows, rcond=None)[0]
        error = np.abs(powers @ coefficients - y) * scale
        emphasis *= error / error.max() + 1e-3
        emphasis /= emphasis.mean()
    return coefficients, error.max()


def show(name, fitted):
    coefficients, error = fitted
    print(f"{name}: error {error:.2e}", [float(np.float32(c)) for c in coefficients])


# exp(r) = 1 + r + r^2 q(r)
half = np.log(2) / 2 * 1.001
show(
    "EXP",
    minimax(
        lambda r: (np.expm1(r) - r) / r**2,
        lambda r: r**2 / np.exp(r),
        -half,
        half,
        4,
    ),
)
