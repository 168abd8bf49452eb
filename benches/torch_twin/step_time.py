"""Time of one SimCLR training step and of its views, as JSON: shortest and median, milliseconds.

    python step_time.py --threads 2 --repeats 7
"""

import argparse
import json
import statistics
import time

import torch

from model import ResNet
from objectives import SimCLR
from train import Moment, adamw, update
from views import SIMCLR, render


def milliseconds(work, repeats: int) -> dict:
    work()
    spent = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        spent.append(1000 * (time.perf_counter() - started))
    return {"shortest": round(min(spent), 1), "median": round(statistics.median(spent), 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--widths", type=int, nargs="+", default=[32, 64, 128])
    parser.add_argument("--blocks", type=int, nargs="+", default=[1, 1, 1])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--contiguous", action="store_true", help="NCHW instead of channels last")
    settings = parser.parse_args()
    torch.set_num_threads(settings.threads)
    torch.manual_seed(0)
    layout = torch.contiguous_format if settings.contiguous else torch.channels_last
    model = SimCLR(ResNet(settings.widths, settings.blocks)).to(memory_format=layout)
    optimizer = adamw(model, 1e-4)
    random = torch.Generator().manual_seed(0)
    pictures = torch.randint(256, (settings.batch, 3, 32, 32), generator=random).byte()
    batch = [render(pictures, SIMCLR, random).contiguous(memory_format=layout) for _ in range(2)]

    def step():
        return update(model, optimizer, batch, 1e-3, Moment(0, 1))

    def views():
        return [render(pictures, SIMCLR, random) for _ in range(2)]

    report = vars(settings) | {
        "step": milliseconds(step, settings.repeats),
        "views": milliseconds(views, settings.repeats),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
