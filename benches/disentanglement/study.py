"""Trains every method with every seed on the drawn shapes and scores the models.

    cargo build --release && cargo build --release -p pith-learn --example disentangle
    python benches/disentanglement/study.py runs/disentanglement --seeds 5

A run that is there is not trained again. Writes scores.jsonl into the folder and prints the median,
the smallest and the largest of each score, and how many of the seeds each method beats the VAE on.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMON = "latents = 10, likelihood = 'bernoulli', decoder = { convolutional = { widths = [64, 32, 32] } }"
METHODS = {
    "vae": f"objective = {{ vae = {{ {COMMON} }} }}",
    "beta-tcvae": f"objective = {{ beta-tcvae = {{ {COMMON}, beta = 6.0 }} }}",
    "factor-vae": f"objective = {{ factor-vae = {{ {COMMON}, gamma = 10.0 }} }}",
}
SCORES = ["mig", "dci-trees-disentanglement", "sap", "factor-vae", "beta-vae"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--seeds", type=int, default=5)
    arguments.add_argument("--steps", type=int, default=3000)
    arguments.add_argument("--methods", nargs="*", default=list(METHODS))
    arguments.add_argument("--binaries", type=Path, default=ROOT / "target" / "release")
    options = arguments.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    record = options.folder / "scores.jsonl"
    known = [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []
    # Seed by seed, so that methods can be compared whenever it is stopped.
    for seed in range(options.seeds):
        for method in options.methods:
            run = options.folder / f"{method}-{seed}"
            if any(Path(scores["run"]) == run for scores in known):
                continue
            train(options, run, METHODS[method], seed)
            asked = [options.binaries / "examples" / "disentangle", run]
            line = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
            known.append(json.loads(line))
            with record.open("a") as file:
                file.write(line)
            print(line, end="", flush=True)
    table(known, options.methods)


def train(options, run, objective, seed):
    settings = [objective, f"train.seed={seed}", f"train.steps={options.steps}"]
    command = [options.binaries / "pith", "train", ROOT / "recipes" / "shapes.toml"]
    command += ["--out", run, "--force", "--no-proof"]
    for setting in settings:
        command += ["--set", setting]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def table(known, methods):
    print("\n| score | " + " | ".join(methods) + " |\n|---|" + "---|" * len(methods))
    by = lambda method, score: {s["seed"]: s[score] for s in known if s["objective"] == method}
    for score in SCORES:
        cells = []
        for method in methods:
            values = by(method, score)
            if not values:
                cells.append("not run")
                continue
            spread = f"{min(values.values()):.3f} to {max(values.values()):.3f}"
            cell = f"{statistics.median(values.values()):.3f} ({spread})"
            base = by("vae", score)
            shared = [seed for seed in values if seed in base]
            if method != "vae" and shared:
                wins = sum(values[seed] > base[seed] for seed in shared)
                cell += f", beats vae on {wins} of {len(shared)}"
            cells.append(cell)
        print(f"| {score} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
