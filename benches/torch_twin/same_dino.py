"""The same weights and the same crops must give the same trainings of DINO in Pith and in PyTorch.

    python same_dino.py FOLDER

draws weights, writes them under Pith's names to `weights.safetensors`, and trains: two views of 8x8
pixels and two local crops of 4x4, AdamW of a constant rate. `expected.json` gets the loss before
each step, and after the last the centre and the sum of squares of every parameter and running
statistic of student and teacher. Crops follow from a formula that both sides compute.
"""

import copy
import json
import math
import re
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

from model import ResNet
from same_weights import RENAMES, UNKNOWN_TO_PITH
from train import adamw

STEPS, SAMPLES, SIDE, LOCAL_SIDE = 50, 6, 8, 4
WIDTHS, BLOCKS, PROJECTOR, PROTOTYPES = [4, 8], [1, 1], [16, 6], 12
STUDENT, WARMUP, TEACHER, WARMUP_SHARE = 0.1, 0.04, 0.07, 0.3
MOMENTUM, CENTRE_MOMENTUM = 0.9, 0.9
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
    return views, local


class Head(nn.Module):
    """Perceptron with GELU, unit vector, cosines with prototypes."""

    def __init__(self, widths, prototypes):
        super().__init__()
        self.layers = nn.ModuleList(map(nn.Linear, widths[:-1], widths[1:]))
        self.prototypes = nn.Parameter(torch.randn(prototypes, widths[-1]))
        for layer in self.layers:
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.gelu(layer(x))
        x = F.normalize(self.layers[-1](x), dim=1)
        return x @ F.normalize(self.prototypes, dim=1).T


class Dino(nn.Module):
    """Student, teacher and centre."""

    def __init__(self):
        super().__init__()
        self.encoder = ResNet(WIDTHS, BLOCKS)
        self.head = Head([WIDTHS[-1], *PROJECTOR], PROTOTYPES)
        self.teacher = copy.deepcopy(self.encoder).requires_grad_(False)
        self.teacher_head = copy.deepcopy(self.head).requires_grad_(False)
        self.register_buffer("centre", torch.zeros(1, PROTOTYPES))

    def loss(self, step: int):
        views, local = crops(step)
        whole = torch.cat(views)
        student = [self.encoder(whole), self.encoder(torch.cat(local))]
        students = (self.head(torch.cat(student)) / STUDENT).log_softmax(1).split(SAMPLES)
        with torch.no_grad():
            said = self.teacher_head(self.teacher(whole))
            share = min(step / STEPS / WARMUP_SHARE, 1.0)
            temperature = WARMUP + (TEACHER - WARMUP) * share
            targets = ((said - self.centre) / temperature).softmax(1).split(SAMPLES)
            centre = CENTRE_MOMENTUM * self.centre + (1 - CENTRE_MOMENTUM) * said.mean(0)
            self.centre.copy_(centre)
        pairs = [
            -(target * student).sum(1).mean()
            for t, target in enumerate(targets)
            for s, student in enumerate(students)
            if s != t
        ]
        return sum(pairs) / len(pairs)

    @torch.no_grad()
    def follow(self, step: int):
        kept = 1 - (1 - MOMENTUM) * 0.5 * (1 + math.cos(math.pi * step / STEPS))
        for teacher, student in ((self.teacher, self.encoder), (self.teacher_head, self.head)):
            for old, new in zip(teacher.parameters(), student.parameters(), strict=True):
                old.mul_(kept).add_(new, alpha=1 - kept)


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
    model = Dino()
    save_file(to_pith(model.state_dict()), folder / "weights.safetensors")
    optimizer = adamw(model, DECAY)
    for group in optimizer.param_groups:
        group["lr"] = RATE
    losses = []
    for step in range(STEPS):
        loss = model.loss(step)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        model.follow(step)
        losses.append(loss.item())
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
