"""The CIFAR-10 recipe, shortened and with the objective asked for, in Pith and in PyTorch: the same
images, several seeds.

    PITH_DATA=... python learning_curves.py --pith ../../target/release/pith --objective byol

For every seed Pith trains first; its recipe with all settings and the ids of its training images
are then given to the twin. Both are judged after the last step by the weighted kNN (cosine, k = 20,
T = 0.07) of the 10 000 test images among the training images, computed here by the same code. One
JSON line a seed; means and their difference at the end.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import pyarrow.parquet as parquet
import torch

import cifar
import start
from train import knn
from twin import curve

HERE = Path(__file__).parent
RECIPE = HERE.parent.parent / "recipes" / "cifar10.toml"
PROTOCOL = "knn-20"
# What each objective changes in the recipe. Teachers that follow faster than the papers', which
# take a hundred times as many steps; the encoder and the optimizer of a masked autoencoder.
CHANGES = {
    "simclr": [],
    "byol": ["objective={byol={momentum=0.95}}"],
    "vicreg": ["objective={vicreg={}}"],
    "dino": ["objective={dino={teacher-momentum=0.95,norm=false,teacher-temperature=0.07}}", "local-crops={count=2}"],
    "mae": [
        "objective={mae={decoder-width=64}}",
        'encoder={vit={width=64,depth=4,heads=4,positions="sin-cos",pool="mean"}}',
        "views=[{crop-resize={scale=[0.5,1.0]}},{flip={}}]",
        "optimizer={adamw={weight-decay=0.05}}",
    ],
}
NEVER = 1_000_000  # steps: the model of the last step is kept, and no better one before it


def call(settings, *command):
    """Runs Pith; what it says goes to standard error."""
    command = [settings.pith, *command, "--threads", settings.threads]
    subprocess.run(list(map(str, command)), check=True, stdout=sys.stderr)


def embed(settings, run, part):
    """Ids, classes and vectors of a part of the data under a run's model."""
    file = run / f"{part}.parquet"
    call(settings, "embed", run, "--part", part, "--out", file, "--force")
    table = parquet.read_table(file).to_pydict()
    return table["id"], table["label"], torch.tensor(table["vector"])


def train(settings, seed, run, *more):
    """Trains by the recipe, shortened and changed."""
    command = ["train", RECIPE, "--out", run, "--force", "--no-proof", "--quiet", "--seed", seed]
    short = [f"data.limit={settings.limit}", f"train.epochs={settings.epochs}"]
    short += [f"train.batch-size={settings.batch}", f"train.probe-every={NEVER}"]
    for change in [*short, *CHANGES[settings.objective], *settings.set, *more]:
        command += ["--set", change]
    call(settings, *command)


def pith(settings, seed):
    """The run's folder, first loss, loss of every epoch, kNN, ids of the training images."""
    run = settings.out / f"{settings.objective}-{seed}"
    train(settings, seed, run)
    steps = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    losses = [step["loss"] for step in steps if "loss" in step]
    per_epoch = len(losses) // settings.epochs
    per_epochs = [
        statistics.mean(losses[first : first + per_epoch])
        for first in range(0, settings.epochs * per_epoch, per_epoch)
    ]
    ids, labels, bank = embed(settings, run, "train")
    _, truth, queries = embed(settings, run, "test")
    names = sorted(set(labels))
    numbers = lambda classes: torch.tensor([names.index(name) for name in classes])
    accuracy = knn(bank, numbers(labels), queries, numbers(truth))[PROTOCOL]
    return run, losses[0], per_epochs, accuracy, ids


def twin(settings, seed, run, ids):
    """First loss, loss of every epoch and kNN after the last."""
    begin = None
    if settings.same_start:
        begin = run / "start"
        train(settings, seed, begin, *start.STEP)
    recipe = tomllib.loads((run / "recipe.toml").read_text())
    bank, queries = cifar.read("train", ids=frozenset(ids)), cifar.read("test")
    _, *epochs = curve(recipe, bank, queries, begin=begin)
    return epochs[0]["first-loss"], [line["loss"] for line in epochs], epochs[-1][PROTOCOL]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pith", type=Path, required=True)
    parser.add_argument("--objective", choices=CHANGES, default="simclr")
    parser.add_argument("--out", type=Path, default=Path("runs/learning-curves"))
    parser.add_argument("--limit", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--set", action="append", default=[], help="another change of the recipe")
    parser.add_argument("--same-start", action="store_true", help="from Pith's initial weights")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=2)
    settings = parser.parse_args()
    torch.set_num_threads(settings.threads)
    settings.out.mkdir(parents=True, exist_ok=True)
    found = {"pith": [], "torch": []}
    for seed in settings.seeds:
        run, first, losses, accuracy, ids = pith(settings, seed)
        their_first, their_losses, theirs = twin(settings, seed, run, ids)
        found["pith"].append(100 * accuracy)
        found["torch"].append(100 * theirs)
        line = {
            "objective": settings.objective,
            "seed": seed,
            "images": len(ids),
            "first-loss": {"pith": first, "torch": their_first},
            "loss": {"pith": losses, "torch": their_losses},
            "knn": {"pith": accuracy, "torch": theirs},
        }
        print(json.dumps(line), flush=True)
    for side, values in found.items():
        print(f"{side}: kNN {statistics.mean(values):.2f} % of {[round(v, 2) for v in values]}")
    difference = statistics.mean(found["pith"]) - statistics.mean(found["torch"])
    print(f"difference {difference:+.2f} points")


if __name__ == "__main__":
    main()
