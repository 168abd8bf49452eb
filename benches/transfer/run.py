"""What an encoder that was trained without labels is worth where labels are few.

    cargo build --release -p pith-cli
    PITH_DATA=... python benches/transfer/run.py omniglot-mnist --seeds 0,1,2,3,4
    PITH_DATA=... python benches/transfer/run.py mae-cifar10 --seeds 0,1,2

`omniglot-mnist` learns handwritten characters of other alphabets without labels (SimCLR, a small CNN),
then digits from 1 % and 10 % of their labels. `mae-cifar10` hides patches from a vision transformer, which
then learns classes. For every seed the encoder is trained once; `pith train --from` then measures it
fine-tuned, frozen below a linear probe, and beside a twin that starts from scratch and takes the same
steps, all on the official test pictures. Labels are counted for the gradient: 2 % (digits) or 5 % of the
training pictures come on top, by whose labels the weights of both sides and the probe's strength are
chosen, and an encoder's own weights by kNN on labels of its data. Encoders are kept in `--runs`, one
JSON line for each seed and number of labels is appended to `--out`; what is there is not run again.
`--table` prints means over the seeds, and of the gain over the twin the 95 % interval of Student's t.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
from pathlib import Path

OMNIGLOT = """
views = [
    { affine = { rotation = 20.0, translation = 0.1, scale = [0.7, 1.4], shear = 20.0, fill = 1.0 } },
    { crop-resize = { scale = [0.4, 1.0] } },
    { solarize = { threshold = 0.0, probability = 0.5 } },
]
[data]
path = "data/omniglot"
[input]
size = 32
[encoder.cnn]
[objective.simclr]
temperature = 0.2
[optimizer.adamw]
learning-rate = 2e-3
[train]
steps = 480
batch-size = 256
probe-every = 240
"""
MNIST = """
views = [{ affine = { rotation = 12.0, translation = 0.1, scale = [0.8, 1.2], shear = 10.0, fill = 0.0 } }]
[data]
path = "${PITH_DATA}/images/mnist"
validation = 0.02
[encoder.cnn]
[objective.cross-entropy]
[optimizer.adamw]
learning-rate = 1e-3
[train]
steps = 200
batch-size = 64
probe-every = 100
monitor = "accuracy"
"""
CIFAR10 = """
views = [{ crop-resize = { scale = [0.5, 1.0] } }, { flip = {} }]
[data]
path = "${PITH_DATA}/images/cifar10/train.tar.zst"
test = "${PITH_DATA}/images/cifar10/test.tar.zst"
validation = 0.05
limit = LIMIT
[encoder.vit]
width = 192
depth = 6
heads = 3
patch = 4
pool = "mean"
"""
MAE = CIFAR10 + """
[objective.mae]
[optimizer.adamw]
learning-rate = 1e-3
weight-decay = 0.05
[train]
epochs = 12
batch-size = 64
probe-every = 1000
"""
CLASSES = CIFAR10 + """
[objective.cross-entropy]
[optimizer.adamw]
learning-rate = 1e-3
weight-decay = 0.05
[train]
epochs = 10
batch-size = 128
probe-every = 150
monitor = "accuracy"
[transfer]
from = "an encoder"
layer-decay = 0.85
"""
# How the encoder learns, how its classes are learned, and from how many labels.
STUDIES = {
    "omniglot-mnist": (OMNIGLOT, MNIST, [600, 6000]),
    "mae-cifar10": (MAE.replace("LIMIT", "20000"), CLASSES.replace("LIMIT", "4000"), [4000]),
}
# Half the width of a 95 % interval of a mean of so many values, in standard errors.
STUDENT = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}


def pith(options, *arguments):
    """A training by the program; what it tells."""
    words = [options.binary, "train", *map(str, arguments), "--json", "-q", "--force"]
    if options.threads:
        words += ["--threads", str(options.threads)]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr.strip())
    return json.loads(done.stdout)


def one(options, seed, wanted):
    """Trains an encoder with this seed and measures it on each number of labels."""
    encoder, classes, _ = STUDIES[options.study]
    folder = options.runs / f"{options.study}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in [("encoder.toml", encoder), ("classes.toml", classes)]:
        (folder / name).write_text(text)
    # An encoder of another recipe or other settings is not taken for this one.
    run, done, asked = folder / "run", folder / "encoder.json", [encoder, *options.set]
    if not done.exists() or json.loads(done.read_text()).get("asked") != asked:
        told = pith(options, folder / "encoder.toml", "--out", run, "--seed", seed, "--no-proof", *options.set)
        done.write_text(json.dumps(told | {"asked": asked}))
    for labels in wanted:
        told = pith(options, folder / "classes.toml", "--from", run, "--out", folder / "fine",
                    "--seed", seed, "--set", f"data.limit={labels}", "--set", f"data.split-seed={seed}")
        figures = {figure["name"]: figure["accuracy"] for figure in told["transfer"]["figures"]}
        yield {"study": options.study, "seed": seed, "labels": labels, "figures": figures}


def table(lines):
    names = ["fine-tuned", "frozen, linear", "from scratch", "difference"]
    print("| study | labels | seeds | " + " | ".join(names) + " | 95 % interval of the difference |")
    print("|---|---:|---:|" + "---:|" * (len(names) + 1))
    for study, labels in dict.fromkeys((line["study"], line["labels"]) for line in lines):
        here = [l["figures"] for l in lines if (l["study"], l["labels"]) == (study, labels)]
        cells = [f"{100 * statistics.mean(found[name] for found in here):.1f}" for name in names]
        gains = [100 * found["difference"] for found in here]
        reach = math.nan
        if len(gains) in STUDENT:
            reach = STUDENT[len(gains)] * statistics.stdev(gains) / math.sqrt(len(gains))
        middle = statistics.mean(gains)
        print(f"| {study} | {labels} | {len(here)} | " + " | ".join(cells)
              + f" | [{middle - reach:.1f}, {middle + reach:.1f}] |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", choices=STUDIES)
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--binary", default="target/release/pith")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--set", action="append", default=[], help="a setting of the encoder's training")
    parser.add_argument("--runs", type=Path, default=Path("runs/transfer"))
    parser.add_argument("--out", type=Path, default=Path("transfer.jsonl"))
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    options.set = [word for setting in options.set for word in ("--set", setting)]
    lines = options.out.read_text().splitlines() if options.out.exists() else []
    lines = [json.loads(line) for line in lines]
    if options.table:
        return table(lines)
    known = {(line["study"], line["seed"], line["labels"]) for line in lines}
    for seed in map(int, options.seeds.split(",")):
        wanted = [n for n in STUDIES[options.study][2] if (options.study, seed, n) not in known]
        for line in one(options, seed, wanted) if wanted else []:
            print(json.dumps(line), flush=True)
            with options.out.open("a") as file:
                file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    sys.exit(main())
