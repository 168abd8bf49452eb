"""What `cargo run -p pith-kernels --example step_speed` measures, in PyTorch: the least of many
repetitions in milliseconds, on two threads.

    MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_TOP_PAD_=268435456 \
        python benches/training/steps.py

The variables keep glibc from giving large results back to the system after every use.
"""

import time

import torch
import torch.nn.functional as F

torch.set_num_threads(2)
WEIGHTS = 8_400_000


def least(repetitions, body):
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        body()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


def report(name, milliseconds):
    print(f"{name:44} {milliseconds:9.3f}", flush=True)


def optimizers():
    weights = torch.nn.Parameter(torch.randn(WEIGHTS))
    weights.grad = torch.randn(WEIGHTS)
    adamw = torch.optim.AdamW([weights], lr=1e-3, weight_decay=1e-4, fused=True)
    report("AdamW, 8.4 M weights", least(40, adamw.step))
    sgd = torch.optim.SGD([weights], lr=0.1, momentum=0.9, weight_decay=1e-4, fused=True)
    report("SGD with momentum, 8.4 M weights", least(40, sgd.step))
    mean = torch.randn(WEIGHTS)
    values = weights.detach()
    report("moving average, 8.4 M weights", least(40, lambda: mean.lerp_(values, 0.01)))
    report("norm, 8.4 M weights", least(40, lambda: weights.grad.norm()))


def train(shape, function):
    leaf = torch.randn(shape, requires_grad=True)

    def step():
        leaf.grad = None
        output = function(leaf)
        output.backward(torch.ones_like(output))

    return least(25, step)


def nt_xent(rows):
    views = len(rows)
    similarity = (rows @ rows.T / 0.2).fill_diagonal_(float("-inf"))
    return F.cross_entropy(similarity, (torch.arange(views) + views // 2) % views)


def operations():
    for views in (512, 4096):
        unit = lambda rows: nt_xent(F.normalize(rows))
        report(f"NT-Xent, {views} views of 128, training", train((views, 128), unit))
    pool = lambda x: F.max_pool2d(x, 3, 2, 1)
    report("max pooling 3x3, 128x64x32x32, training", train((128, 64, 32, 32), pool))
    mean = lambda x: x.mean((2, 3))
    report("global average, 128x64x32x32, training", train((128, 64, 32, 32), mean))
    for mode in ("nearest", "bilinear"):
        resize = lambda x: F.interpolate(x, size=(32, 32), mode=mode)
        report(f"{mode} 16x16 to 32x32, 128x64, training", train((128, 64, 16, 16), resize))
    ids = (torch.arange(8192) ** 2 * 7919 % 30_000).reshape(64, 128)
    gather = lambda table: F.embedding(ids, table)
    report("embedding 30000x384, 8192 tokens, training", train((30_000, 384), gather))


if __name__ == "__main__":
    optimizers()
    operations()
