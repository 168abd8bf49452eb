"""A masked autoencoder in PyTorch that must give Pith's losses.

    python same_weights_mae.py golden/mae.json

Weights, pictures and masks are computed by formulas on both sides (`formula.py`, `masks` below), so
the file holds only the loss before each AdamW step of a constant rate, and the sum of squares of
every parameter after the last. `crates/learn/tests/it/twin_mae.rs` asks Pith for the same.

The network is He et al. 2022 as its authors wrote it, with the class token as latent.
"""

import json
import sys
from pathlib import Path

import torch

from formula import numbers, parameters
from mae import MaskedAutoencoder
from train import adamw
from vit import Vit

SIDE, PATCH, CHANNELS = 8, 2, 1
PATCHES = (SIDE // PATCH) ** 2
ENCODER = {"patch": PATCH, "width": 8, "depth": 2, "heads": 2, "side": SIDE, "channels": CHANNELS}
DECODER = {"decoder_width": 8, "decoder_depth": 1, "decoder_heads": 2}
BATCH, STEPS, RATE, DECAY, SCALE = 6, 50, 1e-3, 0.05, 0.3


def masks(step: int):
    """The patches of each picture, the visible ones first: by a key of whole numbers."""
    picture, patch = torch.meshgrid(torch.arange(BATCH), torch.arange(PATCHES), indexing="ij")
    seed = (step * 131 + picture * 17 + 7) * 7919 + patch * 104729
    return ((seed * 2654435761) % 2**32).argsort(1)


def main():
    torch.set_num_threads(1)
    model = MaskedAutoencoder(Vit(**ENCODER), **DECODER)
    state = dict(model.named_parameters())
    for name, value in parameters({name: p.shape for name, p in state.items()}, SCALE).items():
        state[name].data.copy_(value)
    optimizer = adamw(model, DECAY)
    for group in optimizer.param_groups:
        group["lr"] = RATE
    losses = []
    for step in range(STEPS):
        loss = model.compare(numbers([BATCH, CHANNELS, SIDE, SIDE], step % 4, 1.0), masks(step))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    squares = {name: p.double().square().sum().item() for name, p in sorted(state.items())}
    found = {"losses": losses, "sum-of-squares": squares}
    Path(sys.argv[1]).write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
