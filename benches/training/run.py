"""The same model, weights, batch and optimizer in Pith and in PyTorch, taking turns.

    cargo build --release -p pith-bench-training
    python benches/training/run.py                            # every case, a table
    python benches/training/run.py vit transformer --processes 5 --threads 2
    python benches/training/run.py --avx2                     # as on AVX2, but for Burn's own operations

Both sides start from the same weights and must give the same losses for 20 steps before anything is
timed. PyTorch runs with its allocator as it comes and with glibc's thresholds raised (its large
results are page-faulted anew otherwise), and convolutional networks also with channels last; Pith
is compared with the best of them. A ratio below one means that Pith is faster. Timings are pooled over
fresh processes, because two processes of one program can differ by a third for as long as they live.
"""

import argparse
import atexit
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from models import CASES

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FORWARD = {"transformer", "vit", "mlp-autoencoder", "resnet18"}
CONVOLUTIONAL = {"resnet-contrastive", "resnet18", "depthwise-3", "depthwise-7"}
TUNED = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "4294967296",
    "MALLOC_TOP_PAD_": "268435456",
}
AVX2 = {
    "PITH_SIMD": "avx2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "MKL_CBWR": "AVX2",
}
TOLERANCE = 1e-3


class Worker:
    """A process that answers one line with one line."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )
        atexit.register(self.process.kill)  # a stopped process would outlive this one
        self.read()
        self.pause()

    def pause(self):
        """Stops all its threads: those that wait for work would turn in circles meanwhile."""
        self.process.send_signal(signal.SIGSTOP)

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"a worker ended with code {self.process.wait()}")
        return json.loads(line)

    def ask(self, *words):
        self.process.send_signal(signal.SIGCONT)
        print(*words, file=self.process.stdin, flush=True)
        answer = self.read()
        self.pause()
        return answer

    def cpu(self):
        """Seconds of processor time so far, all threads together."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.close()
        self.process.wait()


def workers(case, folder, settings):
    """Pith first: it draws the weights that the others start from."""
    common = [case, str(folder), str(settings.threads)]
    environment = AVX2 if settings.avx2 else {}
    environment = environment | {"OMP_NUM_THREADS": str(settings.threads)}
    if settings.cpu:
        environment["OMP_WAIT_POLICY"] = "PASSIVE"  # waiting for each other is no work
    yield "pith", Worker([str(settings.binary), *common], environment)
    torch = [sys.executable, str(HERE / "torch_worker.py"), *common]
    yield "torch", Worker(torch, environment)
    yield "torch, malloc tuned", Worker(torch, environment | TUNED)
    if case in CONVOLUTIONAL:
        last = [*torch, "channels-last"]
        yield "torch, channels last", Worker(last, environment)
        yield "torch, channels last, malloc tuned", Worker(last, environment | TUNED)


def agree(case, sides):
    """The largest difference of any side's losses from Pith's, as a share of the first loss."""
    losses = {name: worker.ask("losses", 20) for name, worker in sides.items()}
    ours = losses.pop("pith")
    worst = max(
        abs(a - b) / abs(theirs[0]) for theirs in losses.values() for a, b in zip(ours, theirs)
    )
    if worst > TOLERANCE:
        first = losses["torch"]
        sys.exit(f"{case}: losses differ by {worst:.1e}\n  pith  {ours}\n  torch {first}")
    return worst


def times(sides, verb, repeats, cpu):
    """Milliseconds a step, `repeats` of each side, in turns: wall time, or processor time."""
    steps = {}
    for name, worker in sides.items():
        once = worker.ask(verb, 2) / 2
        steps[name] = max(1, min(200, round(0.4 / once)))
    found = {name: [] for name in sides}
    for turn in range(repeats):
        names = list(sides)
        for name in names if turn % 2 == 0 else reversed(names):
            before = sides[name].cpu()
            seconds = sides[name].ask(verb, steps[name])
            if cpu:
                seconds = sides[name].cpu() - before
            found[name].append(1000 * seconds / steps[name])
    return found


def measure(case, settings):
    """What each verb took, pooled over fresh processes: where their pages lie differs between them."""
    found, memory, difference = {}, {}, 0.0
    for _ in range(settings.processes):
        with tempfile.TemporaryDirectory() as folder:
            sides = dict(workers(case, Path(folder), settings))
            for worker in sides.values():
                worker.ask("load")
            if not found:  # every process starts from the same weights
                difference = agree(case, sides)
            for name, worker in sides.items():
                memory[name] = max(memory.get(name, 0), worker.ask("memory"))
            for verb in ["train"] + ["forward"] * (case in FORWARD):
                of_verb = found.setdefault(verb, {name: [] for name in sides})
                for name, values in times(sides, verb, settings.repeats, settings.cpu).items():
                    of_verb[name] += values
            for worker in sides.values():
                worker.close()
    for verb, of_verb in found.items():
        middle = {name: statistics.median(values) for name, values in of_verb.items()}
        best = min((name for name in middle if name != "pith"), key=middle.get)
        yield {
            "case": case,
            "what": verb,
            "milliseconds": {n: [round(v, 3) for v in sorted(vs)] for n, vs in of_verb.items()},
            "best": best,
            "ratio": middle["pith"] / middle[best],
            "ratio_default": middle["pith"] / middle["torch"],
            "memory_mib": memory,
            "loss_difference": difference,
        }


def line(result):
    spread = lambda name: "{:.2f} [{:.2f}, {:.2f}]".format(
        statistics.median(result["milliseconds"][name]),
        result["milliseconds"][name][0],
        result["milliseconds"][name][-1],
    )
    memory = result["memory_mib"]
    least = min(value for name, value in memory.items() if name != "pith")
    return "| {} | {} | {} | {} ({}) | **{:.2f}** | {:.2f} | {:.0f} / {:.0f} | {:.0e} |".format(
        result["case"],
        result["what"],
        spread("pith"),
        spread(result["best"]),
        result["best"].removeprefix("torch").removeprefix(", ") or "as it comes",
        result["ratio"],
        result["ratio_default"],
        memory["pith"],
        least,
        result["loss_difference"],
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", default=list(CASES), metavar="CASE")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="timings of each process")
    parser.add_argument("--processes", type=int, default=3, help="fresh processes of each side")
    parser.add_argument("--avx2", action="store_true")
    parser.add_argument("--cpu", action="store_true", help="processor time: for a busy machine")
    parser.add_argument("--binary", type=Path)
    parser.add_argument("--json", type=Path, help="every timing, one JSON object a line")
    settings = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if unknown := set(settings.cases) - CASES.keys():
        parser.error(f"no such case: {', '.join(unknown)}; there are {', '.join(CASES)}")
    if settings.binary is None:
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        settings.binary = target / "release" / "pith-bench-training"
    print("| case | what | Pith, ms | PyTorch, best, ms | ratio | to default | MiB | losses |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for case in settings.cases:
        for result in measure(case, settings):
            print(line(result), flush=True)
            if settings.json:
                with settings.json.open("a") as file:
                    file.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
