"""The same weights and the same crops must give the same trainings of DINO in Pith and in PyTorch.

    python same_dino.py FOLDER

draws weights, writes them under Pith's names to `weights.safetensors`, and trains: two views of 8x8
pixels and two local crops of 4x4, AdamW of a constant rate. `expected.json` gets the loss before
each step, and after the last the centre and the sum of squares of every parameter and running
statistic of student and teacher. Crops follow from a formula that both sides compute.
"""

import json
import re
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from dino import Dino
from model import ResNet
from same_weights import RENAMES, UNKNOWN_TO_PITH
from train import Moment, adamw, update

STEPS, SAMPLES, SIDE, LOCAL_SIDE = 50, 6, 8, 4
WIDTHS, BLOCKS = [4, 8], [1, 1]
SETTINGS = {
    "projector": [16, 6],
    "prototypes": 12,
    "teacher_momentum": 0.9,
    "freeze_prototypes": 0.0,
    "deviation": None,
}
RATE, DECAY = 1e-2, 1e-4


def numbers(count: int, seed: int) -> torch.Tensor:
    """Numbers in [-1/2, 1/2) that are exact in f32: a hash of 32 bits of their place."""
    h = (torch.arange(count, dtype=torch.int64) + seed * 65536) * 2654435761 % 2**32
    h = (h ^ (h >> 15)) * 73244475 % 2**32
    h = (h ^ (h >> 13)) * 73244475 % 2**32
    return (h >> 8).float() / 2**24 - 0.5


def crops(step: int):
    """Two views and two local crops of the pictures of a step."""

    def drawn(side, seed):
        return numbers(SAMPLES * 3 * side * side, seed).reshape(SAMPLES, 3, side, side)

    picture = drawn(SIDE, 5 * step)
    middle = picture[:, :, 2 : 2 + LOCAL_SIDE, 2 : 2 + LOCAL_SIDE]
    views = [picture + 0.5 * drawn(SIDE, 5 * step + 1 + view) for view in range(2)]
    local = [middle + 0.5 * drawn(LOCAL_SIDE, 5 * step + 3 + crop) for crop in range(2)]
    return views + local


# Where the parts lie in Pith.
PLACES = {
    r"^head\.": "objective.head.",
    r"^teacher\.": "objective.teacher.module.",
    r"^teacher_head\.": "objective.teacher_head.module.",
    r"^centre$": "objective.centre.mean",
}
TRANSPOSED = re.compile(r"layers\.\d+\.weight$")


def to_pith(state: dict) -> dict:
    named = {}
    for name, value in state.items():
        if UNKNOWN_TO_PITH in name:
            continue
        for pattern, replacement in (RENAMES | PLACES).items():
            name = re.sub(pattern, replacement, name)
        named[name] = (value.T if TRANSPOSED.search(name) else value).clone().contiguous()
    return named


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = Dino(ResNet(WIDTHS, BLOCKS), **SETTINGS)
    save_file(to_pith(model.state_dict()), folder / "weights.safetensors")
    optimizer = adamw(model, DECAY)
    moments = [Moment(step, STEPS) for step in range(STEPS)]
    losses = [update(model, optimizer, crops(m.step), RATE, m) for m in moments]
    after = to_pith(model.state_dict())
    squares = {name: value.double().square().sum().item() for name, value in after.items()}
    expected = {
        "losses": losses,
        "centre": model.centre[0].tolist(),
        "sum-of-squares": squares,
    }
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
