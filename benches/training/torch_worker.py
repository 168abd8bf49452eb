"""The PyTorch side of the comparison: the same commands as src/main.rs, line by line.

    python torch_worker.py CASE FOLDER THREADS [channels-last]

Waits for `FOLDER/weights.safetensors`, writes `FOLDER/inputs.safetensors`.
"""

import json
import re
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from models import CASES

# Where Pith's names differ from PyTorch's.
RENAMES = [
    (r"(norm\d?)\.weight$", r"\1.gamma"),
    (r"(norm\d?)\.bias$", r"\1.beta"),
    (r"\.running_var$", ".running_variance"),
]
# Pith keeps these as [inputs, outputs].
TRANSPOSED = re.compile(r"(linear|output|qkv|projection|up|down|head)\.weight$")


def pith_name(name):
    for pattern, replacement in RENAMES:
        name = re.sub(pattern, replacement, name)
    return name


def take_weights(model, weights):
    """Every name must find its place."""
    state = model.state_dict()
    names = {pith_name(n): n for n in state if "num_batches_tracked" not in n}
    if names.keys() != weights.keys():
        sys.exit(f"names that only one side has: {sorted(names.keys() ^ weights.keys())}")
    for name, value in weights.items():
        state[names[name]] = value.T.contiguous() if TRANSPOSED.search(name) else value
    model.load_state_dict(state)


def memory(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024


def groups(model):
    """Biases, norms and single vectors are not decayed."""
    decayed = [p for p in model.parameters() if p.dim() > 1]
    kept = [p for p in model.parameters() if p.dim() <= 1]
    return [{"params": decayed, "weight_decay": 1e-4}, {"params": kept, "weight_decay": 0.0}]


def main():
    name, folder, threads, *layout = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    folder = Path(folder)
    model, inputs = CASES[name]()
    take_weights(model, load_file(folder / "weights.safetensors"))
    save_file({k: v.flatten().contiguous() for k, v in inputs.items()}, folder / "inputs.safetensors")
    if layout:
        model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(groups(model), lr=1e-3, fused=True)

    def train():
        optimizer.zero_grad(set_to_none=True)
        loss = model.loss(inputs)
        loss.backward()
        optimizer.step()
        return loss.item()

    def forward():
        model.eval()
        with torch.inference_mode():
            model.output(inputs)
        model.train()

    def seconds(count, body):
        start = time.perf_counter()
        for _ in range(count):
            body()
        return time.perf_counter() - start

    print('"ready"', flush=True)
    start = 0.0
    for line in sys.stdin:
        verb, *count = line.split()
        count = int(count[0]) if count else 1
        if verb == "load":
            Path("/proc/self/clear_refs").write_text("5")
            answer = start = memory("VmRSS:")
        elif verb == "losses":
            answer = [train() for _ in range(count)]
        elif verb == "train":
            answer = seconds(count, train)
        elif verb == "forward":
            answer = seconds(count, forward)
        elif verb == "memory":
            answer = memory("VmHWM:") - start
        else:
            sys.exit(f"unknown command {verb!r}")
        print(json.dumps(answer), flush=True)


main()
