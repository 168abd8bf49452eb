"""A masked autoencoder in PyTorch that must give Pith's losses.

    python same_weights_mae.py golden/mae.json

Weights, pictures and masks are computed by formulas on both sides (`formula.py`, `masks` below), so
the file holds only the loss before each AdamW step of a constant rate, and the sum of squares of
every parameter after the last. `crates/learn/tests/it/twin_mae.rs` asks Pith for the same.

The network is He et al. 2022 as its authors wrote it: class token and visible patches through the
encoder, mask tokens put back in the places of the hidden patches, all tokens through the decoder,
the loss on hidden patches of normalized pixels.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from formula import numbers, parameters
from train import adamw

SIDE, PATCH, CHANNELS = 8, 2, 1
GRID = SIDE // PATCH
PATCHES, VALUES = GRID * GRID, PATCH * PATCH * CHANNELS
WIDTH, DEPTH, HEADS = 8, 2, 2
DECODER_WIDTH, DECODER_DEPTH = 8, 1
HIDDEN, BATCH, STEPS, RATE, DECAY, SCALE = 12, 6, 50, 1e-3, 0.05, 0.3


class Norm(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.gamma = nn.Parameter(torch.empty(width))
        self.beta = nn.Parameter(torch.empty(width))

    def forward(self, x):
        return F.layer_norm(x, self.gamma.shape, self.gamma, self.beta, 1e-6)


class Linear(nn.Module):
    """Weights as `[inputs, outputs]`."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, outputs))
        self.bias = nn.Parameter(torch.empty(outputs))

    def forward(self, x):
        return x @ self.weight + self.bias


class Attention(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.qkv = Linear(width, 3 * width)
        self.projection = Linear(width, width)

    def forward(self, x):
        n, length, width = x.shape
        parts = self.qkv(x).reshape(n, length, 3, HEADS, width // HEADS)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.projection(mixed.transpose(1, 2).reshape(n, length, width))


class Block(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.norm1, self.attention = Norm(width), Attention(width)
        self.norm2 = Norm(width)
        self.up, self.down = Linear(width, 4 * width), Linear(4 * width, width)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Transformer(nn.Module):
    def __init__(self, width: int, depth: int):
        super().__init__()
        self.blocks = nn.Sequential(*(Block(width) for _ in range(depth)))
        self.norm = Norm(width)

    def forward(self, x):
        return self.norm(self.blocks(x))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Parameter(torch.empty(WIDTH, CHANNELS, PATCH, PATCH))
        self.bias = nn.Parameter(torch.empty(WIDTH))
        setattr(self, "class", nn.Parameter(torch.empty(1, WIDTH)))
        self.transformer = Transformer(WIDTH, DEPTH)

    def forward(self, pictures, visible):
        """The class token and the visible patches, `[n, 1 + visible, width]`."""
        x = F.conv2d(pictures, self.embed, self.bias, PATCH).flatten(2).transpose(1, 2)
        x = take(x + positions(WIDTH), visible)
        return self.transformer(torch.cat([getattr(self, "class").expand(len(x), 1, -1), x], 1))


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = Linear(WIDTH, DECODER_WIDTH)
        self.token = nn.Parameter(torch.empty(1, DECODER_WIDTH))
        self.transformer = Transformer(DECODER_WIDTH, DECODER_DEPTH)
        self.output = Linear(DECODER_WIDTH, VALUES)

    def forward(self, x, order):
        """Pixels of all patches, `[n, patches, values]`; `order` has the visible ones first."""
        x = self.embed(x)
        n = len(x)
        missing = self.token.expand(n, HIDDEN, -1)
        patches = take(torch.cat([x[:, 1:], missing], 1), order.argsort(1))
        x = torch.cat([x[:, :1], patches + positions(DECODER_WIDTH)], 1)
        return self.output(self.transformer(x))[:, 1:]


class Objective(nn.Module):
    def __init__(self):
        super().__init__()
        self.decoder = Decoder()


class MaskedAutoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.objective = Objective()

    def loss(self, pictures, order):
        seen = self.encoder(pictures, order[:, : PATCHES - HIDDEN])
        drawn = self.objective.decoder(seen, order)
        hidden = torch.ones(len(order), PATCHES)
        hidden.scatter_(1, order[:, : PATCHES - HIDDEN], 0.0)
        each = (drawn - targets(pictures)).square().mean(2)
        return (each * hidden).sum() / hidden.sum()


def take(x, places):
    return x.gather(1, places[:, :, None].expand(-1, -1, x.shape[2]))


def positions(width: int):
    """Sines and cosines of the row, then of the column, `[patches, width]`."""
    quarter = width // 4
    frequency = 10000.0 ** (-torch.arange(quarter, dtype=torch.float64) / quarter)
    angle = torch.arange(GRID, dtype=torch.float64)[:, None] * frequency
    axis = torch.cat([angle.sin(), angle.cos()], 1)  # [grid, width / 2]
    rows = axis[:, None].expand(-1, GRID, -1)
    columns = axis[None].expand(GRID, -1, -1)
    return torch.cat([rows, columns], 2).reshape(PATCHES, width).float()


def targets(pictures):
    """Normalized pixels of all patches; rows, pixels, channels."""
    x = pictures.reshape(-1, CHANNELS, GRID, PATCH, GRID, PATCH)
    x = torch.einsum("nchpwq->nhwpqc", x).reshape(-1, PATCHES, VALUES)
    return (x - x.mean(2, keepdim=True)) / (x.var(2, keepdim=True) + 1e-6).sqrt()


def masks(step: int):
    """The patches of each picture, the visible ones first: by a key of whole numbers."""
    picture, patch = torch.meshgrid(torch.arange(BATCH), torch.arange(PATCHES), indexing="ij")
    seed = (step * 131 + picture * 17 + 7) * 7919 + patch * 104729
    return ((seed * 2654435761) % 2**32).argsort(1)


def main():
    torch.set_num_threads(1)
    model = MaskedAutoencoder()
    state = dict(model.named_parameters())
    for name, value in parameters({name: p.shape for name, p in state.items()}, SCALE).items():
        state[name].data.copy_(value)
    optimizer = adamw(model, DECAY)
    for group in optimizer.param_groups:
        group["lr"] = RATE
    losses = []
    for step in range(STEPS):
        loss = model.loss(numbers([BATCH, CHANNELS, SIDE, SIDE], step % 4, 1.0), masks(step))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    squares = {name: p.double().square().sum().item() for name, p in sorted(state.items())}
    found = {"losses": losses, "sum-of-squares": squares}
    Path(sys.argv[1]).write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
