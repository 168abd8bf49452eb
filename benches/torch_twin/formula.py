"""Weights and inputs that both sides compute: `scale * sin(0.7 i + 0.013 i² + 1.3 k + 0.1)` for the
`i`-th number of the `k`-th tensor; `crates/learn/tests/it/formula.rs` has the same."""

import numpy as np
import torch


def numbers(shape, k: int, scale: float) -> torch.Tensor:
    i = np.arange(int(np.prod(shape)), dtype=np.float64)
    values = scale * np.sin(0.7 * i + 0.013 * i * i + 1.3 * k + 0.1)
    return torch.from_numpy(values.astype(np.float32).reshape(tuple(shape)))


def parameters(shapes: dict, scale: float) -> dict:
    """Tensors by Pith's names, `k` in their order; scales and variances lie around one."""
    found = {}
    for k, name in enumerate(sorted(shapes)):
        around_one = name.endswith((".gamma", ".running_variance"))
        found[name] = numbers(shapes[name], k, scale) + (1.0 if around_one else 0.0)
    return found
