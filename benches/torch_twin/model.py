"""The residual network and its projector, as in Pith."""

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    """Basic block (He et al. 2016, figure 2); 1x1 projection where the shape changes."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = None
        if stride != 1 or inputs != outputs:
            self.shortcut = Entry(inputs, outputs, 1, stride)

    def forward(self, x):
        identity = x if self.shortcut is None else self.shortcut(x)
        x = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(x)) + identity)


class Entry(nn.Module):
    """A convolution and its normalization."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.norm(self.conv(x))


class ResNet(nn.Module):
    """`[n, 3, 32, 32]` to `[n, widths[-1]]`: 3x3 stem, stages of basic blocks, global average."""

    def __init__(self, widths, blocks):
        super().__init__()
        self.width = widths[-1]
        self.stem = Entry(3, widths[0], 3, 1)
        layers, inputs = [], widths[0]
        for stage, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            for place in range(count):
                layers.append(Block(inputs, width, 2 if stage > 0 and place == 0 else 1))
                inputs = width
        self.blocks = nn.Sequential(*layers)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        return self.blocks(F.relu(self.stem(x))).mean((2, 3))


class Projector(nn.Module):
    """Linear, batch norm, ReLU, repeated; a linear layer at the end. Where `standardized`, that has
    no bias and is followed by batch norm, whose scale and shift stay one and zero."""

    def __init__(self, widths, standardized=False):
        super().__init__()
        self.hidden = nn.Sequential(*map(Hidden, widths[:-2], widths[1:-1]))
        self.output = nn.Linear(widths[-2], widths[-1], bias=not standardized)
        self.norm = None
        if standardized:
            self.norm = nn.BatchNorm1d(widths[-1]).requires_grad_(False)

    def forward(self, x):
        x = self.output(self.hidden(x))
        return x if self.norm is None else self.norm(x)


class Hidden(nn.Module):
    """A hidden layer of the projector."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=False)
        self.norm = nn.BatchNorm1d(outputs)

    def forward(self, x):
        return F.relu(self.norm(self.linear(x)))
