"""Times every convolution of `crates/kernels/examples/convolution_speed.rs` in PyTorch.

    export MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=1073741824
    export MALLOC_TOP_PAD_=268435456
    python convolution.py --threads 2 --rounds 15

Without these three variables glibc gives the memory of large results back to the system and
every result pays for its pages again. Each time is the shortest of the rounds, in milliseconds, of
the better of two memory layouts: channels first and channels last.
"""

import argparse
import time

import torch

LAYOUTS = {"first": torch.contiguous_format, "last": torch.channels_last}

# name: input [n, ci, h, w], output channels, kernel, stride, padding, groups
LAYERS = {
    "stem 3x3": ([128, 3, 32, 32], 32, 3, 1, 1, 1),
    "3x3": ([128, 32, 32, 32], 32, 3, 1, 1, 1),
    "3x3 / 2": ([128, 32, 32, 32], 64, 3, 2, 1, 1),
    "1x1 / 2": ([128, 32, 32, 32], 64, 1, 2, 0, 1),
    "3x3 ": ([128, 64, 16, 16], 64, 3, 1, 1, 1),
    "3x3 / 2 ": ([128, 64, 16, 16], 128, 3, 2, 1, 1),
    "1x1 / 2 ": ([128, 64, 16, 16], 128, 1, 2, 0, 1),
    "3x3  ": ([128, 128, 8, 8], 128, 3, 1, 1, 1),
    "ResNet-18 stem": ([64, 3, 32, 32], 64, 3, 1, 1, 1),
    "ResNet-18 64": ([64, 64, 32, 32], 64, 3, 1, 1, 1),
    "ResNet-18 128 / 2": ([64, 64, 32, 32], 128, 3, 2, 1, 1),
    "ResNet-18 128": ([64, 128, 16, 16], 128, 3, 1, 1, 1),
    "ResNet-18 256 / 2": ([64, 128, 16, 16], 256, 3, 2, 1, 1),
    "ResNet-18 256": ([64, 256, 8, 8], 256, 3, 1, 1, 1),
    "ResNet-18 512 / 2": ([64, 256, 8, 8], 512, 3, 2, 1, 1),
    "ResNet-18 512": ([64, 512, 4, 4], 512, 3, 1, 1, 1),
    "ResNet-18 1x1 / 2": ([64, 256, 8, 8], 512, 1, 2, 0, 1),
    "patches 4": ([64, 3, 32, 32], 192, 4, 4, 0, 1),
    "patches 16": ([8, 3, 224, 224], 192, 16, 16, 0, 1),
    "depthwise 7x7": ([64, 96, 32, 32], 96, 7, 1, 3, 96),
    "depthwise 3x3": ([64, 96, 32, 32], 96, 3, 1, 1, 96),
    "depthwise 3x3 / 2": ([64, 96, 32, 32], 96, 3, 2, 1, 96),
    "1x1": ([64, 96, 32, 32], 96, 1, 1, 0, 1),
    "24 channels": ([64, 24, 32, 32], 40, 3, 1, 1, 1),
}


def shortest(work, rounds: int) -> float:
    work()
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return 1000 * best


def times(layer, layout, rounds: int) -> list[float]:
    """Forward, input gradient and weight gradient."""
    shape, channels, kernel, stride, padding, groups = layer
    # A new tensor keeps its layout through `to`; a view of it might not.
    image = torch.randn(shape).to(memory_format=layout)
    weight = torch.randn([channels, shape[1] // groups, kernel, kernel]).to(memory_format=layout)

    def forward():
        return torch.nn.functional.conv2d(image, weight, None, stride, padding, 1, groups)

    gradient = torch.randn_like(forward())

    def backward(*mask):
        moves = ([stride] * 2, [padding] * 2, [1, 1], False, [0, 0], groups)
        return torch.ops.aten.convolution_backward(
            gradient, image, weight, [0], *moves, [*mask, False]
        )

    works = [forward, lambda: backward(True, False), lambda: backward(False, True)]
    with torch.no_grad():
        return [shortest(work, rounds) for work in works]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", default="")
    settings = parser.parse_args()
    torch.set_num_threads(settings.threads)
    torch.manual_seed(0)
    print(f"{'':<52}{'forward':>16}{'input gradient':>16}{'weight gradient':>16}")
    for name, layer in LAYERS.items():
        if settings.only not in name:
            continue
        found = [times(layer, layout, settings.rounds) for layout in LAYOUTS.values()]
        cells = []
        for both in zip(*found):
            layout, best = min(zip(LAYOUTS, both), key=lambda pair: pair[1])
            cells.append(f"{best:>9.2f} {layout:<6}")
        label = f"{name.strip():<20}{str(layer[0]):<20}{layer[1]:>6}"
        print(f"{label}      {''.join(cells)}", flush=True)


if __name__ == "__main__":
    main()
