"""Every objective on the same pictures for the same minutes: a small CNN, a small ViT for those of patches.

    cargo build --release -p pith-cli
    PITH_DATA=... python benches/methods/run.py --sets cifar10,mnist --minutes 6 --seeds 0,1,2
    PITH_DATA=... python benches/methods/run.py --methods simclr,byol --minutes 2 --threads 1 --fine-tune

Each run trains on 10 000 training pictures, without their labels but for the supervised methods; the
weights of the last step are its encoder, so labels choose nothing. `pith train` itself proves it: kNN, a
linear probe and the rank, on 2000 of the official test pictures. With `--fine-tune` the encoder then
learns 1000 labels (`pith train --from`; 5 % of all choose the weights), beside a twin from scratch. How
many steps fit into the minutes is measured by a short run of the same recipe first. One JSON line a run
is appended to `--out`; runs that are there already are not repeated, so the bench can be stopped and
goes on. A run that `pith train` ends because its space collapsed is run again to its last step, and marked.
`--table` prints those of these `--minutes`. `--study` tells how well measures without labels, and kNN
beside them, foretell the linear probe: Spearman's correlation over the runs of a set, with a 95 %
interval of 2000 resamples of the runs.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

SETS = {
    "cifar10": {
        "data": {
            "path": "${PITH_DATA}/images/cifar10/train.tar.zst",
            "test": "${PITH_DATA}/images/cifar10/test.tar.zst",
        },
        "views": """[
            { crop-resize = { scale = [0.2, 1.0] } },
            { flip = {} },
            { colour-jitter = { brightness = 0.4, contrast = 0.4, saturation = 0.4, hue = 0.1, probability = 0.8 } },
            { grey = { probability = 0.2 } },
        ]""",
        "weak": "[{ crop-resize = { scale = [0.5, 1.0] } }, { flip = {} }]",
    },
    "mnist": {
        "data": {"path": "${PITH_DATA}/images/mnist"},
        "views": """[
            { affine = { rotation = 12.0, translation = 0.1, scale = [0.8, 1.2], shear = 10.0, fill = 0.0 } },
            { crop-resize = { scale = [0.6, 1.0] } },
        ]""",
        "weak": "[{ affine = { rotation = 8.0, translation = 0.08, fill = 0.0 } }]",
    },
}
# Small, so that a method sees the pictures many times in its minutes.
CNN = "[encoder.cnn]\nwidths = [32, 64, 128]\ndepth = 2\n"
VIT = "[encoder.vit]\nwidth = 96\ndepth = 4\nheads = 3\npool = \"mean\"\n"
# What compares views of a sample, what needs patches, what draws the sample again, what has labels.
VIEWS, PATCHES, DRAWS, LABELS = "views", "patches", "draws", "labels"
METHODS = {
    "simclr": VIEWS, "moco-v3": VIEWS, "byol": VIEWS, "simsiam": VIEWS, "barlow-twins": VIEWS,
    "vicreg": VIEWS, "swav": VIEWS, "dino": VIEWS,
    "ibot": PATCHES, "mae": PATCHES, "simmim": PATCHES, "data2vec": PATCHES, "i-jepa": PATCHES,
    "autoencoder": DRAWS, "denoising": DRAWS, "contractive": DRAWS, "sparse": DRAWS, "top-k": DRAWS, "vae": DRAWS,
    "beta-tcvae": DRAWS, "factor-vae": DRAWS, "wae-mmd": DRAWS, "vq-vae": DRAWS,
    "supcon": LABELS, "triplet": LABELS, "proxy-anchor": LABELS, "cross-entropy": LABELS,
}
BATCH = 128
# Steps of the short run, and those at its beginning that are not timed.
PILOT, WARM = 16, 4


def recipe(name, method):
    """The recipe of a method as text."""
    place, kind = SETS[name], METHODS[method]
    views = {VIEWS: place["views"], DRAWS: "[]"}.get(kind, place["weak"])
    if kind == LABELS or method == "ibot":
        views = place["views"]
    lidar = "" if views == "[]" else "lidar-views = 10\n"  # one view of a sample has no scatter
    data = "".join(f'{key} = "{value}"\n' for key, value in place["data"].items())
    return (
        f"views = {views}\n[data]\n{data}validation = 0.05\nlimit = 10000\n"
        f"{VIT if kind == PATCHES else CNN}[objective.{method}]\n"
        f"[optimizer.adamw]\nlearning-rate = {1e-3 if kind != PATCHES else 5e-4}\n"
        f"[train]\nbatch-size = {BATCH}\nmonitor = \"last\"\n{lidar}[proof]\ntest-limit = 2000\n"
    )


def train(options, arguments):
    words = [options.binary, "train", *map(str, arguments), "--json", "-q", "--force"]
    if options.threads:
        words += ["--threads", str(options.threads)]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip()[-1000:])
    return json.loads(done.stdout)


def measures(told, who):
    found = told["measures"].get(who, {})
    names = ("knn", "linear", "rank", "effective-rank", "alpha-req")
    return {name: found[name]["value"] for name in names if name in found}


def metrics(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def lidar(run, method):
    """LiDAR of the last reading; none where a sample has one view only."""
    readings = [line for line in metrics(run) if "health/lidar" in line]
    if METHODS[method] == DRAWS or not readings:
        return {}
    return {"lidar": readings[-1]["health/lidar"]}


def one(options, name, method, seed):
    """Trains and measures one method; what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        file = folder / "recipe.toml"
        file.write_text(recipe(name, method))
        seeded = [file, "--seed", seed]
        train(options, [*seeded, "--out", folder / "pilot", "--no-proof", "--set",
                        f"train.steps={PILOT}"])
        clock = [line["seconds"] for line in metrics(folder / "pilot") if "loss" in line]
        step = (clock[-1] - clock[WARM - 1]) / (len(clock) - WARM)
        steps = max(int(60 * options.minutes / step), PILOT)
        whole = [*seeded, "--out", folder / "run", "--set", f"train.steps={steps}"]
        try:
            told, collapsed = train(options, whole), None
        except RuntimeError as error:
            if "the representation collapsed" not in str(error):
                raise
            collapsed = str(error)
            told = train(options, [*whole, "--set", "train.collapse-after=1000000"])
        result = {
            "set": name, "method": method, "seed": seed, "minutes": options.minutes,
            "threads": options.threads, "steps": steps, "seconds": told["seconds"],
            "collapsed": collapsed,
            "encoder": measures(told, "encoder") | lidar(folder / "run", method),
            "baselines": {who: measures(told, who)
                          for who in ("raw input", "PCA", "untrained encoder")},
        }
        if options.fine_tune:
            fine = folder / "fine.toml"
            fine.write_text(recipe(name, "cross-entropy").replace("limit = 10000", "limit = 1000"))
            told = train(options, [fine, "--from", folder / "run", "--seed", seed,
                                   "--out", folder / "fine", "--set", "train.epochs=15",
                                   "--set", "train.monitor=accuracy"])
            result["fine-tune"] = {figure["name"]: figure["accuracy"]
                                   for figure in told["transfer"]["figures"]}
        return result


def finished(options):
    """Runs that took as long as asked for."""
    runs = [json.loads(line) for line in options.out.read_text().splitlines()]
    return [run for run in runs if "encoder" in run and run["minutes"] == options.minutes]


def table(runs):
    """What is there, as Markdown: means over the seeds."""
    for name in dict.fromkeys(run["set"] for run in runs):
        print(f"\n{name}\n\n| method | seeds | steps | seconds | kNN | linear | rank | fine-tune |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|")
        here = [run for run in runs if run["set"] == name]

        def line(method, found, steps="", seconds="", fine=()):
            def mean(key, scale):
                values = [scale * run[key] for run in found if key in run]
                return f"{statistics.mean(values):.1f}" if values else ""
            tuned = f"{100 * statistics.mean(fine):.1f}" if fine else ""
            print(f"| {method} | {len(found)} | {steps} | {seconds} | {mean('knn', 100)} | "
                  f"{mean('linear', 100)} | {mean('rank', 1)} | {tuned} |")

        for method in dict.fromkeys(run["method"] for run in here):
            of = [run for run in here if run["method"] == method]
            fine = [run["fine-tune"]["fine-tuned"] for run in of if "fine-tune" in run]
            steps, seconds = (round(statistics.mean(run[key] for run in of))
                              for key in ("steps", "seconds"))
            sick = sum(run["collapsed"] is not None for run in of)
            mark = f" (collapsed, {sick} of {len(of)})" if sick else ""
            line(method + mark, [run["encoder"] for run in of], steps, seconds, fine)
        for who in ("raw input", "PCA"):
            line(who, [run["baselines"][who] for run in here if who in run["baselines"]])
        for encoder, patches in [("CNN", False), ("ViT", True)]:
            of = [run for run in here if (METHODS[run["method"]] == PATCHES) == patches]
            scratch = [run["fine-tune"]["from scratch"] for run in of if "fine-tune" in run]
            if of:
                line(f"untrained {encoder}", [run["baselines"]["untrained encoder"] for run in of],
                     fine=scratch)


def ranks(values):
    """Ranks from 1, equal values sharing their mean rank."""
    return [sum(v < value for v in values) + (values.count(value) + 1) / 2 for value in values]


def spearman(pairs):
    a, b = (ranks([pair[side] for pair in pairs]) for side in (0, 1))
    if len(set(a)) < 2 or len(set(b)) < 2:
        return 0.0
    return statistics.correlation(a, b)


def study(runs):
    """How well each measure without labels orders the runs of methods without labels."""
    runs = [run for run in runs if METHODS[run["method"]] != LABELS]
    print("| set | measure | runs | Spearman with the linear probe | 95 % interval |")
    print("|---|---|---:|---:|---|")
    for name in dict.fromkeys(run["set"] for run in runs):
        for key in ("rank", "effective-rank", "alpha-req", "lidar", "knn"):
            pairs = [(run["encoder"][key], run["encoder"]["linear"])
                     for run in runs if run["set"] == name and key in run["encoder"]]
            if len(pairs) < 5:
                continue
            draw = random.Random(0)
            found = sorted(spearman(draw.choices(pairs, k=len(pairs))) for _ in range(2000))
            low, high = found[50], found[-51]
            print(f"| {name} | {key} | {len(pairs)} | {spearman(pairs):.2f} "
                  f"| [{low:.2f}, {high:.2f}] |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", default="cifar10")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--threads", type=int, help="as many as the machine has where left out")
    parser.add_argument("--fine-tune", action="store_true")
    parser.add_argument("--binary", default="target/release/pith")
    parser.add_argument("--out", type=Path, default=Path("methods.jsonl"))
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--study", action="store_true")
    options = parser.parse_args()
    if options.table:
        return table(finished(options))
    if options.study:
        return study(finished(options))
    known = finished(options) if options.out.exists() else []
    known = {(run["set"], run["method"], run["seed"]) for run in known}
    for seed in map(int, options.seeds.split(",")):
        for name in options.sets.split(","):
            for method in options.methods.split(","):
                if (name, method, seed) in known:
                    continue
                try:
                    result = one(options, name, method, seed)
                except RuntimeError as error:
                    result = {"set": name, "method": method, "seed": seed,
                              "minutes": options.minutes, "failed": str(error)}
                print(json.dumps(result), flush=True)
                with options.out.open("a") as file:
                    file.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    sys.exit(main())
