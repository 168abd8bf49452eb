"""Optimizer, schedules and the kNN measure, shared by the scripts."""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F


def adamw(model, weight_decay: float):
    """AdamW that leaves biases and norms without decay; the schedule sets the rate."""
    groups = parameters(model, weight_decay)
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.999), eps=1e-8)


def sgd(model, weight_decay: float):
    """SGD with momentum that leaves biases and norms without decay."""
    return torch.optim.SGD(parameters(model, weight_decay), lr=0.0, momentum=0.9)


def parameters(model, weight_decay: float):
    """Groups with and without decay."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]


def rate(step: int, peak: float, warmup: int, steps: int) -> float:
    """Linear warm-up, then half a cosine to zero; steps count from zero."""
    if step < warmup:
        return peak * (step + 1) / warmup
    share = min(step - warmup, steps - warmup) / max(steps - warmup, 1)
    return peak * 0.5 * (1 + math.cos(math.pi * share))


class Moment(NamedTuple):
    """Where a training stands: steps taken, and steps in all."""

    step: int
    steps: int

    @property
    def progress(self) -> float:
        return self.step / self.steps

    def rising(self, start: float) -> float:
        """From `start` to one by half a cosine: the momentum of a teacher."""
        return 1 - (1 - start) * (1 + math.cos(math.pi * self.progress)) / 2


def update(model, optimizer, views, learning_rate: float, moment: Moment) -> float:
    """One step on the views of a batch, teachers included; the loss before it."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    loss = model.loss(views, moment)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if hasattr(model, "follow"):
        model.follow(moment)
    return loss.item()


@torch.no_grad()
def embed(encoder, pictures, batch=500):
    """Latents of normalized pictures under running statistics."""
    encoder.eval()
    latents = torch.cat([encoder(part) for part in pictures.split(batch)])
    encoder.train()
    return latents


# Number of neighbours and temperature: of lightly's CIFAR-10 benchmark, and of solo-learn.
PROTOCOLS = {"knn-200": (200, 0.1), "knn-20": (20, 0.07)}


@torch.no_grad()
def knn(bank, labels, queries, truth, classes=10) -> dict[str, float]:
    """Accuracy of the weighted kNN: cosine, votes `exp(similarity / temperature)`."""
    bank, queries = F.normalize(bank, dim=1), F.normalize(queries, dim=1)
    right = dict.fromkeys(PROTOCOLS, 0)
    for part, expected in zip(queries.split(500), truth.split(500), strict=True):
        similarity, neighbours = (part @ bank.T).topk(200, dim=1)
        for name, (k, temperature) in PROTOCOLS.items():
            votes = torch.zeros(len(part), classes)
            weights = (similarity[:, :k] / temperature).exp()
            votes.scatter_add_(1, labels[neighbours[:, :k]], weights)
            right[name] += (votes.argmax(1) == expected).sum().item()
    return {name: count / len(queries) for name, count in right.items()}
