"""DINO, Caron et al. 2021: a student says of crops what its moving average says of the views."""

import copy

import torch
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    """Perceptron with GELU, unit vector, cosines with prototypes. All weights are drawn with
    `deviation`, or as PyTorch draws them."""

    def __init__(self, widths, prototypes, deviation=None):
        super().__init__()
        self.layers = nn.ModuleList(map(nn.Linear, widths[:-1], widths[1:]))
        self.prototypes = nn.Parameter(torch.randn(prototypes, widths[-1]))
        for layer in self.layers:
            nn.init.zeros_(layer.bias)
        if deviation is not None:
            for weight in (*(layer.weight for layer in self.layers), self.prototypes):
                nn.init.normal_(weight, std=deviation)

    def forward(self, x, frozen=False):
        """Frozen prototypes take a gradient of zero: AdamW counts the step, as Pith does."""
        for layer in self.layers[:-1]:
            x = F.gelu(layer(x))
        x = F.normalize(self.layers[-1](x), dim=1)
        prototypes = self.prototypes * 0 + self.prototypes.detach() if frozen else self.prototypes
        return x @ F.normalize(prototypes, dim=1).T


class Dino(nn.Module):
    """Student, teacher and centre."""

    def __init__(
        self,
        encoder,
        projector=(512, 512, 128),
        prototypes=1024,
        student_temperature=0.1,
        teacher_temperature=0.07,
        warmup_teacher_temperature=0.04,
        teacher_temperature_warmup=0.3,
        teacher_momentum=0.996,
        centre_momentum=0.9,
        freeze_prototypes=0.01,
        deviation=0.02,
    ):
        super().__init__()
        self.encoder = encoder
        self.head = Head([encoder.width, *projector], prototypes, deviation)
        self.teacher = copy.deepcopy(self.encoder).requires_grad_(False)
        self.teacher_head = copy.deepcopy(self.head).requires_grad_(False)
        self.register_buffer("centre", torch.zeros(1, prototypes))
        self.student_temperature = student_temperature
        self.temperatures = (warmup_teacher_temperature, teacher_temperature)
        self.warmup = teacher_temperature_warmup
        self.momentum, self.centre_momentum = teacher_momentum, centre_momentum
        self.freeze = freeze_prototypes

    def loss(self, crops, moment):
        """Of two views and any number of smaller crops."""
        samples, whole = len(crops[0]), torch.cat(crops[:2])
        latents = [self.encoder(whole)]
        if crops[2:]:
            latents.append(self.encoder(torch.cat(crops[2:])))
        logits = self.head(torch.cat(latents), frozen=moment.progress < self.freeze)
        students = (logits / self.student_temperature).log_softmax(1).split(samples)
        targets = self.targets(whole, moment).split(samples)
        pairs = [
            -(target * student).sum(1).mean()
            for t, target in enumerate(targets)
            for s, student in enumerate(students)
            if s != t
        ]
        return sum(pairs) / len(pairs)

    @torch.no_grad()
    def targets(self, views, moment):
        """What the teacher says, less the centre, which moves after."""
        said = self.teacher_head(self.teacher(views))
        start, end = self.temperatures
        temperature = start + (end - start) * min(moment.progress / self.warmup, 1.0)
        targets = ((said - self.centre) / temperature).softmax(1)
        kept = self.centre_momentum
        self.centre.copy_(kept * self.centre + (1 - kept) * said.mean(0))
        return targets

    @torch.no_grad()
    def follow(self, moment):
        """After a step."""
        kept = moment.rising(self.momentum)
        for teacher, student in ((self.teacher, self.encoder), (self.teacher_head, self.head)):
            for old, new in zip(teacher.parameters(), student.parameters(), strict=True):
                old.mul_(kept).add_(new, alpha=1 - kept)
