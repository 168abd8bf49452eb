"""Objectives of two views in plain PyTorch: each written from its paper, with Pith's defaults and
its names of settings.

Every view goes through the network by itself: batch statistics of one view only.
"""

import copy

import torch
import torch.nn.functional as F
from torch import nn

from model import Projector


class SimCLR(nn.Module):
    """Chen et al. 2020: find the other view of a picture among all views of the batch."""

    def __init__(self, encoder, projector=(256, 128), temperature=0.2):
        super().__init__()
        self.encoder = encoder
        self.projector = Projector([encoder.width, *projector])
        self.temperature = temperature

    def loss(self, views, _moment):
        return nt_xent(*(self.projector(self.encoder(view)) for view in views), self.temperature)


def nt_xent(a, b, temperature: float):
    """NT-Xent (equation 1): mean over `2n` rows, a row never its own negative."""
    z = F.normalize(torch.cat([a, b]), dim=1)  # [2n, d]
    similarity = z @ z.T / temperature
    similarity.fill_diagonal_(-torch.inf)
    n = len(a)
    partner = torch.arange(2 * n, device=z.device).roll(n)
    return F.cross_entropy(similarity, partner)


class Byol(nn.Module):
    """Grill et al. 2020: predict what a slow copy of the network says of the other view."""

    def __init__(self, encoder, projector=(512, 128), predictor=512, momentum=0.99):
        super().__init__()
        self.encoder = encoder
        self.projector = Projector([encoder.width, *projector])
        self.predictor = Projector([projector[-1], predictor, projector[-1]])
        online = nn.ModuleDict({"encoder": self.encoder, "projector": self.projector})
        self.target = copy.deepcopy(online).requires_grad_(False)
        self.momentum = momentum

    def loss(self, views, _moment):
        predictions = [self.predictor(self.projector(self.encoder(view))) for view in views]
        with torch.no_grad():
            targets = [self.target.projector(self.target.encoder(view)) for view in views]
        pairs = zip(predictions, reversed(targets), strict=True)
        return sum((2 - 2 * F.cosine_similarity(p, z)).mean() for p, z in pairs)

    @torch.no_grad()
    def follow(self, moment):
        """After a step."""
        for name in ("encoder", "projector"):
            ours = getattr(self, name).parameters()
            for slow, fast in zip(self.target[name].parameters(), ours, strict=True):
                slow.lerp_(fast, 1 - moment.rising(self.momentum))


class BarlowTwins(nn.Module):
    """Zbontar et al. 2021: the cross-correlation of two views becomes the identity."""

    def __init__(self, encoder, projector=(512, 512), redundancy=0.0051):
        super().__init__()
        self.encoder = encoder
        self.projector = Projector([encoder.width, *projector], standardized=True)
        self.redundancy = redundancy

    def loss(self, views, _moment):
        a, b = (self.projector(self.encoder(view)) for view in views)
        correlation = a.T @ b / len(a)
        itself = torch.eye(len(correlation), dtype=torch.bool)
        on, off = correlation[itself], correlation[~itself]
        return (1 - on).square().sum() + self.redundancy * off.square().sum()


class VicReg(nn.Module):
    """Bardes, Ponce, LeCun 2022: views agree, dimensions spread and do not repeat each other."""

    def __init__(
        self, encoder, projector=(512, 512), invariance=25.0, variance=25.0, covariance=1.0
    ):
        super().__init__()
        self.encoder = encoder
        self.expander = Projector([encoder.width, *projector])
        self.weights = (invariance, variance, covariance)

    def loss(self, views, _moment):
        both = [self.expander(self.encoder(view)) for view in views]
        invariance = F.mse_loss(*both)
        variance = sum(F.relu(1 - (z.var(0) + 1e-4).sqrt()).mean() for z in both) / 2
        covariance = sum(off_diagonal(z.T.cov()).square().sum() / z.shape[1] for z in both)
        terms = (invariance, variance, covariance)
        return sum(weight * term for weight, term in zip(self.weights, terms, strict=True))


def off_diagonal(matrix):
    return matrix[~torch.eye(len(matrix), dtype=torch.bool)]


# By Pith's keywords.
OBJECTIVES = {"simclr": SimCLR, "byol": Byol, "barlow-twins": BarlowTwins, "vicreg": VicReg}
