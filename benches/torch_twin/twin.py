"""A recipe for CIFAR-10 in plain PyTorch.

    PITH_DATA=... python twin.py RUN/recipe.toml > curve.jsonl

The recipe is the one that Pith wrote into the folder of a run. One JSON object a line: the
settings, then for every epoch the mean loss, the weighted kNN (cosine; k = 200, T = 0.1 and
k = 20, T = 0.07; the bank is all training images used, the queries are the 10 000 test images) and
the seconds spent on views, on training steps and on the kNN.
"""

import argparse
import json
import time
import tomllib

import torch

import cifar
import start
from from_recipe import known, learner, optimizer
from train import Moment, embed, knn, rate, update
from views import render


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=argparse.FileType("rb"))
    parser.add_argument("--ids", help="file with one training image a line, class/number.jpg")
    every = "epochs between two measures; 0: after the last"
    parser.add_argument("--knn-every", type=int, default=1, help=every)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def main():
    settings = arguments()
    recipe = tomllib.load(settings.recipe)
    torch.set_num_threads(settings.threads)
    limit = None if settings.ids else recipe["data"].get("limit")
    ids = frozenset(open(settings.ids).read().split()) if settings.ids else None
    data = cifar.read("train", limit, ids), cifar.read("test")
    print(json.dumps({"recipe": recipe, "images": len(data[0][0])}))
    for line in curve(recipe, *data, settings.knn_every):
        print(json.dumps(line), flush=True)


def curve(recipe, bank, queries, knn_every=0, begin=None):
    """Trains by the recipe on the pictures of the bank, perhaps from the initial weights of a run
    of Pith; what each epoch gave."""
    train = known("train", recipe["train"])
    torch.manual_seed(train["seed"])
    random = torch.Generator().manual_seed(train["seed"])
    (pictures, labels), (questions, truth) = bank, queries
    mean, deviation = statistics(pictures)

    def normalize(values):
        values = (values - mean) / deviation
        return values.contiguous(memory_format=torch.channels_last)

    model = learner(recipe)
    if begin:
        start.load(model, begin)
    model = model.to(memory_format=torch.channels_last)
    kept = getattr(model, "teacher", model.encoder)  # DINO's teacher is the encoder to keep
    stepper, peak = optimizer(recipe, model)
    steps_per_epoch = len(pictures) // train["batch-size"]
    steps = train["epochs"] * steps_per_epoch
    warmup = int(train["warmup"] * steps + 0.5)

    for epoch in range(train["epochs"] + 1):
        spent = {"views": 0.0, "steps": 0.0}
        losses = []
        if epoch > 0:  # epoch 0 is the untrained encoder
            order = torch.randperm(len(pictures), generator=random).split(train["batch-size"])
            for batch, chosen in enumerate(order[:steps_per_epoch]):
                started = time.perf_counter()
                crops = [normalize(crop) for crop in seen(pictures[chosen], recipe, model, random)]
                ready = time.perf_counter()
                moment = Moment((epoch - 1) * steps_per_epoch + batch, steps)
                now = rate(moment.step, peak, warmup, steps)
                losses.append(update(model, stepper, crops, now, moment))
                spent["views"] += ready - started
                spent["steps"] += time.perf_counter() - ready
        line = {"epoch": epoch, "loss": sum(losses) / len(losses) if losses else None}
        line["first-loss"] = losses[0] if losses else None
        due = knn_every and epoch % knn_every == 0
        if due or epoch == train["epochs"]:
            started = time.perf_counter()
            banked, asked = (embed(kept, normalize(p / 255)) for p in (pictures, questions))
            line |= knn(banked, labels, asked, truth)
            spent["knn"] = time.perf_counter() - started
        line["seconds"] = {name: round(value, 2) for name, value in spent.items()}
        yield line


def seen(pictures, recipe, model, random):
    """The views of a batch, and after them its local crops where the recipe has some."""
    for _ in range(getattr(model, "views", 2)):
        yield render(pictures, recipe["views"], random)
    local = recipe.get("local-crops", {"count": 0})
    for _ in range(local["count"]):
        yield render(pictures, local["views"], random, local["size"])


def statistics(pictures):
    """Mean and standard deviation of every channel over the training images, in [0, 1]."""
    counts = torch.stack([p.flatten().bincount(minlength=256) for p in pictures.unbind(1)])
    levels = torch.arange(256, dtype=torch.float64) / 255
    share = counts.double() / counts.sum(1, keepdim=True)
    mean = share @ levels
    deviation = (share @ levels.square() - mean.square()).sqrt()
    return mean.float().view(1, 3, 1, 1), deviation.float().view(1, 3, 1, 1)


if __name__ == "__main__":
    main()
