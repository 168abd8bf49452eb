"""CIFAR-10 as shipped in `$PITH_DATA`: tar archives of `<class>/<number>.jpg`."""

import functools
import hashlib
import io
import os
import sys
import tarfile
from pathlib import Path

import numpy as np
import torch
import zstandard
from PIL import Image

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
WINDOW = 1 << 27  # the archives were written with a window of 16 MiB, above zstd's default limit


@functools.cache
def read(part: str, limit: int | None = None, ids: frozenset[str] | None = None):
    """Images `[n, 3, 32, 32]` uint8 and labels `[n]` of `part` ("train" or "test"), sorted by id.

    `limit` keeps the same number of every class: those whose id has the smallest SHA-256.
    `ids` keeps exactly the images named, as `<class>/<number>.jpg`.
    """
    root = os.environ.get("PITH_DATA")
    if root is None:
        sys.exit("PITH_DATA is not set: it must name the folder that holds images/cifar10")
    archive = Path(root) / "images" / "cifar10" / f"{part}.tar.zst"
    found = {}
    decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW)
    with open(archive, "rb") as file, decompressor.stream_reader(file) as stream:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                if member.isfile() and (ids is None or member.name in ids):
                    found[member.name] = tar.extractfile(member).read()
    if ids is not None and len(found) != len(ids):
        sys.exit(f"{archive} holds {len(found)} of the {len(ids)} images that were asked for")
    names = sorted(found) if limit is None else sorted(smallest(found, limit))
    images = np.stack([np.asarray(Image.open(io.BytesIO(found[name]))) for name in names])
    labels = torch.tensor([CLASSES.index(name.split("/")[0]) for name in names])
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), labels


def smallest(names, limit: int) -> list[str]:
    """`limit / 10` names of every class, by the SHA-256 of the name."""
    by_hash = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    per_class = limit // len(CLASSES)
    return [
        name
        for kind in CLASSES
        for name in [name for name in by_hash if name.startswith(kind + "/")][:per_class]
    ]
