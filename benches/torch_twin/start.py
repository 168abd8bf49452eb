"""Pith's initial weights in the twin's networks: from there, losses of the two sides differ only by
the order of the pictures and the draws of views."""

import re

import torch
from safetensors.torch import load_file

from same_dino import PLACES
from same_weights import RENAMES, UNKNOWN_TO_PITH

# Pith keeps these as [inputs, outputs]; the blocks of a transformer here do too.
PERCEPTRON = r"(projector|predictor|expander)(\.module)?\.output"
TRANSPOSED = re.compile(rf"(linear|layers\.\d+|{PERCEPTRON})\.weight$")
# Of a training of one step of rate almost zero, after which all else is where it began.
STEP = ["train.steps=1", "optimizer.adamw.learning-rate=1e-12", "train.probe-every=1"]
BEGUN = {"running_mean": 0.0, "running_variance": 1.0, "centre.mean": 0.0}
# Computed, and no parameter here.
POSITIONS = re.compile(r"^(encoder|objective\.decoder)\.positions$")


def load(model, run):
    """Puts the weights of such a training into `model`; every name must find its place."""
    (file,) = run.glob("checkpoints/step-*/weights.safetensors")
    theirs = {name: v for name, v in load_file(file).items() if not POSITIONS.match(name)}
    for name, value in model.state_dict().items():
        if UNKNOWN_TO_PITH not in name:
            theirs_name = pith_name(name)
            value.copy_(begun(theirs_name, theirs.pop(theirs_name)))
    if theirs:
        raise KeyError(f"no place for {sorted(theirs)}")


def pith_name(name):
    for pattern, replacement in (RENAMES | PLACES).items():
        name = re.sub(pattern, replacement, name)
    return name


def begun(name, value):
    for end, number in BEGUN.items():
        if name.endswith(end):
            return torch.full_like(value, number)
    return value.T if TRANSPOSED.search(name) else value
