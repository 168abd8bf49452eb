"""The vision transformer and its blocks, as in Pith: weights by Glorot's rule, positions of sines
and cosines."""

import math

import torch
import torch.nn.functional as F
from torch import nn

DEVIATION = 0.02  # of tokens without a place


def uniform(shape, fan: int):
    """Glorot, Bengio 2010, equation 16, with `fan` the sum of inputs and outputs."""
    bound = math.sqrt(6 / fan)
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))


class Norm(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))
        self.beta = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        return F.layer_norm(x, self.gamma.shape, self.gamma, self.beta, 1e-6)


class Linear(nn.Module):
    """Weights as `[inputs, outputs]`: `parts` maps side by side, biases zero."""

    def __init__(self, inputs: int, outputs: int, parts=1):
        super().__init__()
        self.weight = uniform([inputs, parts * outputs], inputs + outputs)
        self.bias = nn.Parameter(torch.zeros(parts * outputs))

    def forward(self, x):
        return x @ self.weight + self.bias


class Attention(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.qkv = Linear(width, width, parts=3)
        self.projection = Linear(width, width)
        self.heads = heads

    def forward(self, x):
        n, length, width = x.shape
        parts = self.qkv(x).reshape(n, length, 3, self.heads, width // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.projection(mixed.transpose(1, 2).reshape(n, length, width))


class Block(nn.Module):
    def __init__(self, width: int, heads: int, ratio: int):
        super().__init__()
        self.norm1, self.attention = Norm(width), Attention(width, heads)
        self.norm2 = Norm(width)
        self.up, self.down = Linear(width, ratio * width), Linear(ratio * width, width)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Transformer(nn.Module):
    def __init__(self, width: int, depth: int, heads: int, ratio=4):
        super().__init__()
        self.blocks = nn.Sequential(*(Block(width, heads, ratio) for _ in range(depth)))
        self.norm = Norm(width)

    def forward(self, x):
        return self.norm(self.blocks(x))


class Vit(nn.Module):
    """Class token and patches through the blocks; the latent is the class token, or the mean of the
    patches that are seen."""

    def __init__(
        self, patch=4, width=192, depth=6, heads=3, mlp_ratio=4, pool="class", side=32, channels=3
    ):
        super().__init__()
        self.patch, self.width, self.pool, self.grid = patch, width, pool, side // patch
        self.channels = channels
        values = channels * patch * patch
        self.embed = uniform([width, channels, patch, patch], values + width)
        self.bias = nn.Parameter(torch.zeros(width))
        setattr(self, "class", nn.Parameter(DEVIATION * torch.randn(1, width)))
        self.transformer = Transformer(width, depth, heads, mlp_ratio)

    def look(self, pictures, visible=None):
        """Latent `[n, width]` and tokens of the visible patches `[n, visible, width]`."""
        x = F.conv2d(pictures, self.embed, self.bias, self.patch).flatten(2).transpose(1, 2)
        x = x + positions(self.grid, self.width)
        x = x if visible is None else take(x, visible)
        x = self.transformer(torch.cat([getattr(self, "class").expand(len(x), 1, -1), x], 1))
        patches = x[:, 1:]
        return (patches.mean(1) if self.pool == "mean" else x[:, 0]), patches

    def forward(self, pictures):
        return self.look(pictures)[0]


def take(x, places):
    return x.gather(1, places[:, :, None].expand(-1, -1, x.shape[2]))


def positions(grid: int, width: int):
    """Sines and cosines of the row, then of the column, `[patches, width]`."""
    quarter = width // 4
    frequency = 10000.0 ** (-torch.arange(quarter, dtype=torch.float64) / quarter)
    angle = torch.arange(grid, dtype=torch.float64)[:, None] * frequency
    axis = torch.cat([angle.sin(), angle.cos()], 1)  # [grid, width / 2]
    rows = axis[:, None].expand(-1, grid, -1)
    columns = axis[None].expand(grid, -1, -1)
    return torch.cat([rows, columns], 2).reshape(grid * grid, width).float()
