"""SimCLR on CIFAR-10 with a narrow ResNet: the twin of `recipes/cifar10.toml` in PyTorch.

    PITH_DATA=... python simclr_cifar.py --limit 10000 --epochs 10 --seed 0 > curve.jsonl

One JSON object a line: the settings, then for every epoch the mean loss, the weighted kNN
(cosine; k = 200, T = 0.1 and k = 20, T = 0.07; the bank is all training images used, the queries
are the 10 000 test images) and the seconds spent on views, on training steps and on the kNN.
"""

import argparse
import json
import time

import torch

import cifar
from model import SimCLR
from train import adamw, embed, knn, rate, update
from views import view


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--weight-decay", type=float, default=1e-4)
    parser.add_argument("--warmup", type=float, default=0.05, help="share of all steps")
    parser.add_argument("--temperature", type=float, default=0.2)
    parser.add_argument("--widths", type=int, nargs="+", default=[32, 64, 128])
    parser.add_argument("--blocks", type=int, nargs="+", default=[1, 1, 1])
    parser.add_argument("--projector", type=int, nargs="+", default=[256, 128])
    parser.add_argument("--limit", type=int, help="training images, the same number of every class")
    parser.add_argument("--ids", help="file with one training image a line, class/number.jpg")
    parser.add_argument("--knn-every", type=int, default=1, help="epochs between two measures")
    parser.add_argument("--stop-after", type=int, help="epochs to run of the schedule's --epochs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def main():
    settings = arguments()
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    random = torch.Generator().manual_seed(settings.seed)
    ids = set(open(settings.ids).read().split()) if settings.ids else None
    pictures, labels = cifar.read("train", settings.limit, ids)
    queries, truth = cifar.read("test")
    mean, deviation = statistics(pictures)

    def normalize(values):
        values = (values - mean) / deviation
        return values.contiguous(memory_format=torch.channels_last)

    model = SimCLR(settings.widths, settings.blocks, settings.projector, settings.temperature)
    model = model.to(memory_format=torch.channels_last)
    optimizer = adamw(model, settings.weight_decay)
    steps_per_epoch = len(pictures) // settings.batch
    steps = settings.epochs * steps_per_epoch
    warmup = int(settings.warmup * steps + 0.5)
    parameters = sum(p.numel() for p in model.parameters())
    print(json.dumps(vars(settings) | {"images": len(pictures), "parameters": parameters}))

    for epoch in range(min(settings.epochs, settings.stop_after or settings.epochs) + 1):
        spent = {"views": 0.0, "steps": 0.0}
        losses = []
        if epoch > 0:  # epoch 0 is the untrained encoder
            order = torch.randperm(len(pictures), generator=random)
            for batch in range(steps_per_epoch):
                started = time.perf_counter()
                chosen = pictures[order[batch * settings.batch :][: settings.batch]]
                first, second = (normalize(view(chosen, random)) for _ in range(2))
                ready = time.perf_counter()
                step = (epoch - 1) * steps_per_epoch + batch
                peak = rate(step, settings.learning_rate, warmup, steps)
                losses.append(update(model, optimizer, first, second, peak))
                spent["views"] += ready - started
                spent["steps"] += time.perf_counter() - ready
        line = {"epoch": epoch, "loss": sum(losses) / len(losses) if losses else None}
        if epoch % settings.knn_every == 0 or epoch == settings.epochs:
            started = time.perf_counter()
            bank, asked = (embed(model.encoder, normalize(p / 255)) for p in (pictures, queries))
            line |= knn(bank, labels, asked, truth)
            spent["knn"] = time.perf_counter() - started
        line["seconds"] = {name: round(value, 2) for name, value in spent.items()}
        print(json.dumps(line), flush=True)


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
