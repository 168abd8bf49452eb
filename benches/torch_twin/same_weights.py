"""The same weights and the same batches must give the same losses in Pith and in PyTorch.

    python same_weights.py run --weights weights.safetensors --batches batches.safetensors
    python same_weights.py write FOLDER --objective byol

`run` starts from a checkpoint of Pith (every parameter and running statistic of encoder and
objective, under Pith's names) and takes one step of a constant rate on each batch;
`batches.safetensors` holds `first` and `second`, f32 `[steps, n, channels, height, width]`: the
two views of every batch as they enter the encoder. The loss before each step and the sum of
squares of every parameter after the last, teachers included, are printed as JSON.

`write` draws weights here, writes them for Pith, and `expected.json` beside them. Its batches come
from a formula that both sides know (`drawn`).
"""

import argparse
import json
import re
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from model import ResNet
from objectives import OBJECTIVES
from train import Moment, adamw, sgd, update

# Where Pith's names differ from PyTorch's.
RENAMES = {
    r"^(projector|predictor|expander)\.": r"objective.\1.",
    r"^target\.(encoder|projector)\.": r"objective.target.\1.module.",
    r"(norm\d?)\.weight$": r"\1.gamma",
    r"(norm\d?)\.bias$": r"\1.beta",
    r"\.running_var$": ".running_variance",
}
# Pith keeps these as [inputs, outputs].
TRANSPOSED = re.compile(r"\.(linear|output)\.weight$")
# Settings that `crates/learn/tests/it/twin.rs` has too.
SMALL = {"byol": {"predictor": 8, "momentum": 0.9}}
UNKNOWN_TO_PITH = "num_batches_tracked"


def pith_name(name: str) -> str:
    for pattern, replacement in RENAMES.items():
        name = re.sub(pattern, replacement, name)
    return name


def turned(name: str, value: torch.Tensor) -> torch.Tensor:
    return value.T.contiguous() if TRANSPOSED.search(name) else value.contiguous()


def to_pith(state: dict) -> dict:
    """A state dictionary of PyTorch under Pith's names."""
    kept = {name: value for name, value in state.items() if UNKNOWN_TO_PITH not in name}
    return {pith_name(name): turned(name, value) for name, value in kept.items()}


def from_pith(model: torch.nn.Module, weights: dict):
    """Puts weights under Pith's names into `model`; every name must find its place."""
    state = model.state_dict()
    names = {pith_name(name): name for name in state if UNKNOWN_TO_PITH not in name}
    if names.keys() != weights.keys():
        sys.exit(f"names that only one side has: {sorted(names.keys() ^ weights.keys())}")
    for name, value in weights.items():
        state[names[name]] = turned(names[name], value)
    model.load_state_dict(state)


def losses(model, batches, settings) -> dict:
    """What both sides must agree on."""
    optimizer = {"adamw": adamw, "sgd": sgd}[settings.optimizer](model, settings.weight_decay)
    views = zip(batches["first"], batches["second"], strict=True)
    found = []
    for step, pair in enumerate(views):
        moment = Moment(step, len(batches["first"]))
        found.append(update(model, optimizer, pair, settings.learning_rate, moment))
    after = to_pith(model.state_dict())
    squares = {name: value.double().square().sum().item() for name, value in after.items()}
    return {"losses": found, "sum-of-squares": squares}


def drawn(steps: int, samples: int, side: int) -> dict:
    """Batches of pictures, each seen twice under noise: numbers in [-1, 1) from the linear
    congruential sequence `x = 1664525 x + 1013904223 mod 2^32`, begun at 1."""
    shape = (steps, 3, samples, 3, side, side)  # a picture, and the noise of either view
    numbers, x = np.empty(np.prod(shape)), 1
    for place in range(len(numbers)):
        x = (1664525 * x + 1013904223) % 2**32
        numbers[place] = x / 2**31 - 1
    picture, *noises = numbers.reshape(shape).swapaxes(0, 1)
    views = [torch.tensor(picture + 0.5 * noise, dtype=torch.float32) for noise in noises]
    return dict(zip(("first", "second"), views, strict=True))


def main():
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--objective", choices=OBJECTIVES, default="simclr")
    shared.add_argument("--widths", type=int, nargs="+", default=[32, 64, 128])
    shared.add_argument("--blocks", type=int, nargs="+", default=[1, 1, 1])
    shared.add_argument("--projector", type=int, nargs="+", default=[256, 128])
    shared.add_argument("--optimizer", choices=("adamw", "sgd"), default="adamw")
    shared.add_argument("--learning-rate", type=float, default=1e-3)
    shared.add_argument("--weight-decay", type=float, default=1e-4)
    shared.add_argument("--threads", type=int, default=2)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", parents=[shared])
    run.add_argument("--weights", required=True)
    run.add_argument("--batches", required=True)
    write = verbs.add_parser("write", parents=[shared])
    write.add_argument("folder", type=Path)
    write.add_argument("--steps", type=int, default=50)
    write.add_argument("--batch", type=int, default=8)
    write.add_argument("--side", type=int, default=8)
    settings = parser.parse_args()

    torch.set_num_threads(settings.threads)
    torch.manual_seed(0)
    encoder = ResNet(settings.widths, settings.blocks)
    own = SMALL.get(settings.objective, {})
    model = OBJECTIVES[settings.objective](encoder, settings.projector, **own)
    if settings.verb == "run":
        from_pith(model, load_file(settings.weights))
        batches = load_file(settings.batches)
        print(json.dumps(losses(model, batches, settings), indent=1))
        return
    settings.folder.mkdir(parents=True, exist_ok=True)
    batches = drawn(settings.steps, settings.batch, settings.side)
    save_file(to_pith(model.state_dict()), settings.folder / "weights.safetensors")
    expected = json.dumps(losses(model, batches, settings), indent=1)
    (settings.folder / "expected.json").write_text(expected + "\n")


if __name__ == "__main__":
    main()
