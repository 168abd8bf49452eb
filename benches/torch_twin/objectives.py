"""Objectives beside SimCLR, in plain PyTorch: each written from its paper, with Pith's defaults.

Every view goes through the network by itself: batch statistics of one view only.
"""

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

from model import Projector, ResNet, SimCLR


class Byol(nn.Module):
    """Grill et al. 2020: predict what a slow copy of the network says of the other view."""

    def __init__(self, widths, blocks, projector, predictor=8, momentum=0.9):
        super().__init__()
        self.encoder = ResNet(widths, blocks)
        self.projector = Projector([widths[-1], *projector])
        self.predictor = Projector([projector[-1], predictor, projector[-1]])
        online = nn.ModuleDict({"encoder": self.encoder, "projector": self.projector})
        self.target = copy.deepcopy(online).requires_grad_(False)
        self.momentum = momentum

    def loss(self, first, second):
        predictions = [self.predictor(self.projector(self.encoder(x))) for x in (first, second)]
        with torch.no_grad():
            targets = [self.target.projector(self.target.encoder(x)) for x in (first, second)]
        pairs = zip(predictions, reversed(targets), strict=True)
        return sum((2 - 2 * F.cosine_similarity(p, z)).mean() for p, z in pairs)

    @torch.no_grad()
    def follow(self, step: int, steps: int):
        """After a step, counted from zero; the momentum rises to one by half a cosine."""
        momentum = 1 - (1 - self.momentum) * (1 + math.cos(math.pi * step / steps)) / 2
        for name in ("encoder", "projector"):
            ours = getattr(self, name).parameters()
            for slow, fast in zip(self.target[name].parameters(), ours, strict=True):
                slow.lerp_(fast, 1 - momentum)


class BarlowTwins(nn.Module):
    """Zbontar et al. 2021: the cross-correlation of two views becomes the identity."""

    def __init__(self, widths, blocks, projector, redundancy=0.0051):
        super().__init__()
        self.encoder = ResNet(widths, blocks)
        self.projector = Projector([widths[-1], *projector], standardized=True)
        self.redundancy = redundancy

    def loss(self, first, second):
        a, b = (self.projector(self.encoder(view)) for view in (first, second))
        correlation = a.T @ b / len(a)
        itself = torch.eye(len(correlation), dtype=torch.bool)
        on, off = correlation[itself], correlation[~itself]
        return (1 - on).square().sum() + self.redundancy * off.square().sum()


class VicReg(nn.Module):
    """Bardes, Ponce, LeCun 2022: views agree, dimensions spread and do not repeat each other."""

    def __init__(self, widths, blocks, projector, weights=(25.0, 25.0, 1.0)):
        super().__init__()
        self.encoder = ResNet(widths, blocks)
        self.expander = Projector([widths[-1], *projector])
        self.weights = weights

    def loss(self, first, second):
        views = [self.expander(self.encoder(view)) for view in (first, second)]
        invariance = F.mse_loss(*views)
        variance = sum(F.relu(1 - (z.var(0) + 1e-4).sqrt()).mean() for z in views) / 2
        covariance = sum(off_diagonal(z.T.cov()).square().sum() / z.shape[1] for z in views)
        terms = (invariance, variance, covariance)
        return sum(weight * term for weight, term in zip(self.weights, terms, strict=True))


def off_diagonal(matrix):
    return matrix[~torch.eye(len(matrix), dtype=torch.bool)]


# By Pith's keywords.
OBJECTIVES = {"simclr": SimCLR, "byol": Byol, "barlow-twins": BarlowTwins, "vicreg": VicReg}
