"""Networks and optimizer as a recipe asks for them: the `recipe.toml` that Pith writes into the
folder of a run, where every setting is named."""

import sys

from dino import Dino
from mae import MaskedAutoencoder
from model import ResNet
from objectives import OBJECTIVES
from train import adamw
from vit import Vit

ENCODERS = {"resnet": ResNet, "vit": Vit}
ALL = OBJECTIVES | {"dino": Dino, "mae": MaskedAutoencoder}
# Settings of which the twin knows one value only.
ONLY = {
    "resnet": {"stem": "cifar", "block": "basic"},
    "vit": {"positions": "sin-cos", "registers": 0, "layer-scale": 0.0, "drop-path": 0.0},
    "dino": {"koleo": 0.0},
    "mae": {"normalize": True},
    "adamw": {"betas": [0.9, 0.999], "epsilon": 1e-8},
    "train": {"accumulate": 1, "clip": None, "average": None, "steps": None},
}


def learner(recipe):
    """Encoder and objective."""
    return build(ALL, recipe["objective"], build(ENCODERS, recipe["encoder"]))


def optimizer(recipe, model):
    """The optimizer and its highest rate."""
    settings = known("adamw", recipe["optimizer"]["adamw"])
    return adamw(model, settings["weight-decay"]), settings["learning-rate"]


def build(kinds, table, *arguments):
    ((keyword, settings),) = table.items()
    settings = known(keyword, settings)
    named = {key.replace("-", "_"): value for key, value in settings.items()}
    return kinds[keyword](*arguments, **named)


def known(table, settings):
    """The settings that may have any value."""
    only = ONLY.get(table, {})
    for key, value in only.items():
        if settings.get(key, value) != value:
            sys.exit(f"{table}.{key} is {settings[key]}, and the twin knows only {value}")
    return {key: value for key, value in settings.items() if key not in only}
