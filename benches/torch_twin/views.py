"""SimCLR's views for 32 x 32 pictures, a whole batch at a time, every picture with its own draw.

The semantics are torchvision's (`RandomResizedCrop`, `RandomHorizontalFlip`, `ColorJitter`,
`RandomGrayscale`) on float pictures in [0, 1]. A crop of a 32 x 32 picture is never larger than
the result, so antialiasing changes nothing and the resize is two small matrix products.
"""

import math

import torch

SIZE = 32
LUMA = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)


def view(pictures: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """One view of every picture: uint8 `[n, 3, 32, 32]` to float in [0, 1] of the same shape."""
    changed = crop_resize(pictures.float() / 255, random, scale=(0.2, 1.0))
    changed = flip(changed, random, 0.5)
    changed = colour_jitter(changed, random, probability=0.8)
    return grey(changed, random, 0.2)


def uniform(random, n: int, low: float, high: float) -> torch.Tensor:
    return low + (high - low) * torch.rand(n, generator=random)


def chance(random, n: int, probability: float) -> torch.Tensor:
    return torch.rand(n, generator=random) < probability


def crop_resize(pictures, random, scale, ratio=(3 / 4, 4 / 3)):
    """Random resized crop: the first of ten draws that fits, else the whole (square) picture."""
    n = len(pictures)
    height, width = torch.full((n,), SIZE), torch.full((n,), SIZE)
    fits = torch.zeros(n, dtype=torch.bool)
    for _ in range(10):
        area = SIZE * SIZE * uniform(random, n, *scale)
        aspect = torch.exp(uniform(random, n, math.log(ratio[0]), math.log(ratio[1])))
        w, h = (area * aspect).sqrt().round().long(), (area / aspect).sqrt().round().long()
        new = ~fits & (1 <= w) & (w <= SIZE) & (1 <= h) & (h <= SIZE)
        height, width = torch.where(new, h, height), torch.where(new, w, width)
        fits |= new
    top = (torch.rand(n, generator=random) * (SIZE - height + 1)).long()
    left = (torch.rand(n, generator=random) * (SIZE - width + 1)).long()
    return resample(top, height) @ (pictures @ resample(left, width).transpose(-1, -2))


def resample(start, length) -> torch.Tensor:
    """Bilinear weights `[n, 1, out, in]` from the part `[start, start + length)` to all of SIZE."""
    position = torch.arange(SIZE)
    centre = (position + 0.5) * (length / SIZE)[:, None] + start[:, None]  # [n, out]
    weights = (1 - (position + 0.5 - centre[..., None]).abs()).clamp(min=0)  # [n, out, in]
    inside = (position >= start[:, None]) & (position < (start + length)[:, None])
    weights = weights * inside[:, None, :]
    return (weights / weights.sum(-1, keepdim=True))[:, None]


def flip(pictures, random, probability):
    chosen = chance(random, len(pictures), probability)[:, None, None, None]
    return torch.where(chosen, pictures.flip(-1), pictures)


def grey(pictures, random, probability):
    chosen = chance(random, len(pictures), probability)[:, None, None, None]
    return torch.where(chosen, luma(pictures), pictures)


def luma(pictures):
    return (pictures * LUMA).sum(1, keepdim=True)


def colour_jitter(pictures, random, probability, strength=0.4, hue=0.1):
    """Brightness, contrast, saturation and hue, for every picture in an order of its own."""
    n = len(pictures)
    order = torch.rand(n, 4, generator=random).argsort(1)
    order[~chance(random, n, probability)] = -1
    factors = [uniform(random, n, 1 - strength, 1 + strength) for _ in range(3)]
    factors.append(uniform(random, n, -hue, hue))
    pictures = pictures.clone()
    for place in range(4):
        for kind, change in enumerate((brightness, contrast, saturation, turn_hue)):
            rows = (order[:, place] == kind).nonzero()[:, 0]
            pictures[rows] = change(pictures[rows], factors[kind][rows, None, None, None])
    return pictures


def brightness(pictures, factor):
    return (pictures * factor).clamp(0, 1)


def contrast(pictures, factor):
    mean = luma(pictures).mean((2, 3), keepdim=True)
    return (factor * pictures + (1 - factor) * mean).clamp(0, 1)


def saturation(pictures, factor):
    return (factor * pictures + (1 - factor) * luma(pictures)).clamp(0, 1)


def turn_hue(pictures, turn):
    """Turns the hue by a share of the circle, value and saturation (HSV) kept.

    With value `v` and chroma `c = max - min`, a channel is
    `v - c * clamp(min(k, 4 - k), 0, 1)`, `k = (offset + 6 * hue) mod 6`, offset
    5, 3 and 1 for red, green and blue.
    """
    red, green, blue = pictures.unbind(1)
    value, lowest = pictures.amax(1), pictures.amin(1)
    chroma = value - lowest
    safe = torch.where(chroma > 0, chroma, 1)
    sixth = torch.where(
        value == red,
        (green - blue) / safe,
        torch.where(value == green, 2 + (blue - red) / safe, 4 + (red - green) / safe),
    )
    offset = torch.tensor([5.0, 3.0, 1.0]).view(1, 3, 1, 1)
    k = (offset + sixth[:, None] + 6 * turn).remainder(6)
    return value[:, None] - chroma[:, None] * torch.minimum(k, 4 - k).clamp(0, 1)
