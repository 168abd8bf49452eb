"""Writes a folder of small images, one sub-folder a class, for measuring memory at scale.

    python3 make_folder.py /tmp/scale-10000 --images 10000
    python3 make_folder.py /tmp/scale-100000 --images 100000

Only the standard library is needed. A class is a pair of waves, an image is its class's waves
with a phase of its own and noise, written as an RGB PNG; the same arguments give the same bytes.
One tenth of the images is 48 pixels wide instead of 32, so that resizing is exercised too.
"""

import argparse
import math
import os
import random
import struct
import sys
import zlib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HEIGHT = 32


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, rows: list[bytes]) -> bytes:
    """An RGB PNG of 8 bits a channel; `rows` hold `3 * width` bytes each."""
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 1)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def wave(length: int, frequency: float, phase: float) -> list[float]:
    return [math.sin(frequency * at + phase) for at in range(length)]


def image(kind: int, number: int) -> bytes:
    """Image `number` of class `kind`."""
    style = random.Random(f"class {kind}")
    across, down = style.uniform(0.1, 0.9), style.uniform(0.1, 0.9)
    colour = [style.uniform(30, 60) for _ in range(3)]
    draw = random.Random(f"class {kind} image {number}")
    width = 48 if number % 10 == 0 else 32
    columns = wave(width, across, draw.uniform(0, 2 * math.pi))
    lines = wave(HEIGHT, down, draw.uniform(0, 2 * math.pi))
    noise = draw.randbytes(3 * width * HEIGHT)
    rows = []
    for y, line in enumerate(lines):
        smooth = [int(128 + part * (line + column)) for column in columns for part in colour]
        grain = noise[3 * width * y :]
        rows.append(bytes(value + (step & 7) for value, step in zip(smooth, grain)))
    return png(width, rows)


def write_class(folder: Path, kind: int, images: int) -> int:
    into = folder / f"class{kind:03}"
    into.mkdir()
    for number in range(images):
        (into / f"{number:06}.png").write_bytes(image(kind, number))
    return images


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--classes", type=int, default=100)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    settings = parser.parse_args()
    if settings.folder.exists():
        sys.exit(f"{settings.folder} exists; remove it or name another folder")
    if settings.images % settings.classes:
        sys.exit(f"{settings.images} images cannot be shared evenly by {settings.classes} classes")
    settings.folder.mkdir(parents=True)
    each = settings.images // settings.classes
    with ProcessPoolExecutor(settings.workers) as pool:
        jobs = [
            pool.submit(write_class, settings.folder, kind, each)
            for kind in range(settings.classes)
        ]
        print(sum(job.result() for job in jobs), "images in", settings.folder)


if __name__ == "__main__":
    main()
