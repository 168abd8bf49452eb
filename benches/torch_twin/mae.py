"""The masked autoencoder of He et al. 2022: the latent and the visible patches go through the
decoder, with mask tokens in the places of the hidden patches; the loss is on the hidden patches of
normalized pixels."""

import torch
from torch import nn

from vit import DEVIATION, Linear, Transformer, positions, take


class Decoder(nn.Module):
    def __init__(self, encoder, width: int, depth: int, heads: int):
        super().__init__()
        self.width, self.grid = width, encoder.grid
        self.embed = Linear(encoder.width, width)
        self.token = nn.Parameter(DEVIATION * torch.randn(1, width))
        self.transformer = Transformer(width, depth, heads)
        self.output = Linear(width, encoder.channels * encoder.patch**2)

    def forward(self, latent, visible, order):
        """Pixels of all patches, `[n, patches, values]`; `order` has the visible ones first."""
        x = self.embed(torch.cat([latent[:, None], visible], 1))
        hidden = order.shape[1] - visible.shape[1]
        missing = self.token.expand(len(x), hidden, -1)
        patches = take(torch.cat([x[:, 1:], missing], 1), order.argsort(1))
        x = torch.cat([x[:, :1], patches + positions(self.grid, self.width)], 1)
        return self.output(self.transformer(x))[:, 1:]


class MaskedAutoencoder(nn.Module):
    views = 1

    def __init__(self, encoder, ratio=0.75, decoder_width=128, decoder_depth=2, decoder_heads=4):
        super().__init__()
        self.encoder = encoder
        decoder = Decoder(encoder, decoder_width, decoder_depth, decoder_heads)
        self.objective = nn.ModuleDict({"decoder": decoder})
        self.hidden = round(ratio * encoder.grid**2)

    def loss(self, views, _moment):
        return self.compare(views[0], torch.rand(len(views[0]), self.encoder.grid**2).argsort(1))

    def compare(self, pictures, order):
        """The loss where the first patches of `order`, `[n, patches]`, are visible."""
        visible = order[:, : order.shape[1] - self.hidden]
        drawn = self.objective["decoder"](*self.encoder.look(pictures, visible), order)
        hidden = torch.ones(order.shape).scatter_(1, visible, 0.0)
        each = (drawn - targets(pictures, self.encoder.patch)).square().mean(2)
        return (each * hidden).sum() / hidden.sum()


def targets(pictures, patch: int):
    """Normalized pixels of all patches; rows, pixels, channels."""
    n, channels, side, _ = pictures.shape
    grid = side // patch
    x = pictures.reshape(n, channels, grid, patch, grid, patch)
    x = torch.einsum("nchpwq->nhwpqc", x).reshape(n, grid * grid, patch * patch * channels)
    return (x - x.mean(2, keepdim=True)) / (x.var(2, keepdim=True) + 1e-6).sqrt()
