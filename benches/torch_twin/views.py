"""Views of square pictures, a whole batch at a time, every picture with its own draw.

The semantics are torchvision's (`RandomResizedCrop`, `RandomHorizontalFlip`, `ColorJitter`,
`RandomGrayscale`) on float pictures in [0, 1]; a resize is two small matrix products.
"""

import math

import torch

SIDE = 32
LUMA = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
# As recipes write them.
SIMCLR = [
    {"crop-resize": {"scale": [0.2, 1.0]}},
    {"flip": {}},
    {"colour-jitter": {}},
    {"grey": {}},
]


def render(pictures: torch.Tensor, views: list, random, size=SIDE) -> torch.Tensor:
    """One view of every picture, made by the changes that a recipe lists: uint8 `[n, 3, 32, 32]` to
    float in [0, 1], `[n, 3, size, size]`."""
    pictures = pictures.float() / 255
    for view in views:
        ((name, settings),) = view.items()
        if name == "crop-resize":
            settings = settings | {"size": size}
        pictures = CHANGES[name](pictures, random, **settings)
    return pictures


def uniform(random, n: int, low: float, high: float) -> torch.Tensor:
    return low + (high - low) * torch.rand(n, generator=random)


def chance(random, n: int, probability: float) -> torch.Tensor:
    return torch.rand(n, generator=random) < probability


def crop_resize(pictures, random, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), size=SIDE):
    """Random resized crop: the first of ten draws that fits, else the whole (square) picture."""
    n, side = len(pictures), pictures.shape[-1]
    height, width = torch.full((n,), side), torch.full((n,), side)
    fits = torch.zeros(n, dtype=torch.bool)
    for _ in range(10):
        area = side * side * uniform(random, n, *scale)
        aspect = torch.exp(uniform(random, n, math.log(ratio[0]), math.log(ratio[1])))
        w, h = (area * aspect).sqrt().round().long(), (area / aspect).sqrt().round().long()
        new = ~fits & (1 <= w) & (w <= side) & (1 <= h) & (h <= side)
        height, width = torch.where(new, h, height), torch.where(new, w, width)
        fits |= new
    top = (torch.rand(n, generator=random) * (side - height + 1)).long()
    left = (torch.rand(n, generator=random) * (side - width + 1)).long()
    rows, columns = (resample(*part, side, size) for part in ((top, height), (left, width)))
    return rows @ (pictures @ columns.transpose(-1, -2))


def resample(start, length, side: int, size: int) -> torch.Tensor:
    """Weights `[n, 1, size, side]` from the part `[start, start + length)` of a side to all of
    `size`: bilinear where it grows, a triangle as wide as the step (antialiasing) where it shrinks.
    """
    position, step = torch.arange(side), (length / size)[:, None]
    centre = (torch.arange(size) + 0.5) * step + start[:, None]  # [n, size]
    distance = (position + 0.5 - centre[..., None]).abs() / step.clamp(min=1)[..., None]
    inside = (position >= start[:, None]) & (position < (start + length)[:, None])
    weights = (1 - distance).clamp(min=0) * inside[:, None, :]  # [n, size, side]
    return (weights / weights.sum(-1, keepdim=True))[:, None]


def flip(pictures, random, probability=0.5):
    chosen = chance(random, len(pictures), probability)[:, None, None, None]
    return torch.where(chosen, pictures.flip(-1), pictures)


def grey(pictures, random, probability=0.2):
    chosen = chance(random, len(pictures), probability)[:, None, None, None]
    return torch.where(chosen, luma(pictures), pictures)


def luma(pictures):
    return (pictures * LUMA).sum(1, keepdim=True)


def colour_jitter(
    pictures, random, brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1, probability=0.8
):
    """Brightness, contrast, saturation and hue, for every picture in an order of its own."""
    n = len(pictures)
    order = torch.rand(n, 4, generator=random).argsort(1)
    order[~chance(random, n, probability)] = -1
    strengths = (brightness, contrast, saturation)
    factors = [uniform(random, n, max(0, 1 - s), 1 + s) for s in strengths]
    factors.append(uniform(random, n, -hue, hue))
    pictures = pictures.clone()
    for place in range(4):
        for kind, change in enumerate(JITTER):
            rows = (order[:, place] == kind).nonzero()[:, 0]
            pictures[rows] = change(pictures[rows], factors[kind][rows, None, None, None])
    return pictures


def change_brightness(pictures, factor):
    return (pictures * factor).clamp(0, 1)


def change_contrast(pictures, factor):
    mean = luma(pictures).mean((2, 3), keepdim=True)
    return (factor * pictures + (1 - factor) * mean).clamp(0, 1)


def change_saturation(pictures, factor):
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


JITTER = (change_brightness, change_contrast, change_saturation, turn_hue)
CHANGES = {"crop-resize": crop_resize, "flip": flip, "colour-jitter": colour_jitter, "grey": grey}
