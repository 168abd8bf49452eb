"""Fits the polynomials and fractions of crates/kernels/src/math.rs: weighted minimax by Lawson's
iteration, fractions with the denominator of the round before (Sanathanan and Koerner 1963).

    python tools/golden/fit_elementary.py        (needs numpy)
"""
import math

import numpy as np

erf = np.vectorize(math.erf)


def chebyshev(low, high, points):
    nodes = np.cos(np.pi * (np.arange(points) + 0.5) / points)
    return 0.5 * (low + high) + 0.5 * (high - low) * nodes


def minimax(target, weight, low, high, degree, rounds=300, points=3000):
    """Coefficients, lowest power first, and the largest weighted error of p(x) ~ target(x)."""
    x = chebyshev(low, high, points)
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


def fraction(target, low, high, degree, rounds=300, points=3000):
    """Coefficients of p and q, q(0) = 1, and the largest relative error of p(x) / q(x)."""
    x = chebyshev(low, high, points)
    powers = np.stack([x**k for k in range(degree + 1)], 1)
    y, emphasis, q = target(x), np.ones(points), np.ones(points)
    best = None
    for _ in range(rounds):
        rows = np.sqrt(emphasis) / (y * q)
        system = np.concatenate([powers, -powers[:, 1:] * y[:, None]], 1) * rows[:, None]
        norms = np.linalg.norm(system, axis=0)
        found = np.linalg.lstsq(system / norms, y * rows, rcond=None)[0] / norms
        above, below = found[: degree + 1], np.concatenate([[1.0], found[degree + 1 :]])
        q = powers @ below
        error = np.abs(powers @ above / q / y - 1.0)
        if best is None or error.max() < best[1]:
            best = (above, below), error.max()
        emphasis *= error / error.max() + 1e-3
        emphasis /= emphasis.mean()
    return best


def show(name, fitted):
    coefficients, error = fitted
    shortest = ", ".join(str(np.float32(c)) for c in coefficients)
    print(f"{name}: error {error:.2e} [{shortest}]")


def show_fraction(name, fitted):
    for half, coefficients in zip(("ABOVE", "BELOW"), fitted[0]):
        show(f"{name}_{half}", (coefficients, fitted[1]))


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

# log(1 + f) = f - f^2 / 2 + f^3 p(f), from the root of a half to the root of two
show(
    "LOG",
    minimax(
        lambda f: (np.log1p(f) - f + f**2 / 2) / f**3,
        lambda f: f**3 / np.log1p(f),
        np.sqrt(0.5) - 1,
        np.sqrt(2) - 1,
        8,
    ),
)


def odd(function):
    """An odd function divided by its argument, as a function of the argument's square."""
    return lambda square: function(np.sqrt(square)) / np.sqrt(square)


# tanh(x) = x p(x^2) / q(x^2) up to where the nearest f32 is 1, and erf likewise
show_fraction("TANH", fraction(odd(np.tanh), 1e-8, 9.02**2, 4))
show_fraction("ERF", fraction(odd(erf), 1e-8, 3.925**2, 5))
