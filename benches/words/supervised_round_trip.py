"""Does fastText say the same with classifiers that Pith writes, and Pith with those of fastText?

    python supervised_round_trip.py TRAIN TEST [BINARIES]

`TRAIN` and `TEST` hold lines with `__label__`. Every loss, with n-grams of words and characters,
as `.bin` and as `.ftz`, with and without codes for lengths and outputs, whole and pruned.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import fasttext

LOSSES = {"softmax": "softmax", "hierarchical-softmax": "hs", "negative-sampling": "ns",
          "one-vs-all": "ova"}
# fastText looks σ up in a table of steps of 1/32, and adds 1e-5 to every probability.
TOLERANCE = {"softmax": 1e-4, "hierarchical-softmax": 1e-3, "negative-sampling": 1e-2,
             "one-vs-all": 1e-2}
LABELS = 5


def asked_of_pith(classify, model, test):
    command = [classify, "predict", model, test, str(LABELS)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for line in printed.split("\n")[:-1]:
        columns = line.split()
        yield dict(zip(columns[::2], map(float, columns[1::2])))


def compare(classify, model, test, lines, loss):
    labels, chances = fasttext.load_model(str(model)).predict(lines, k=LABELS)
    worst, other = 0.0, 0
    for ours, names, values in zip(asked_of_pith(classify, model, test), labels, chances):
        theirs = dict(zip(names, map(float, values)))
        common = ours.keys() & theirs.keys()
        worst = max([worst, *(abs(ours[name] - theirs[name]) for name in common)])
        if names:
            # Neighbours in fastText's table of σ are equal there.
            ahead = theirs[names[0]] - theirs.get(max(ours, key=ours.get), 0.0)
            other += ahead > TOLERANCE[loss]
    fine = worst < TOLERANCE[loss]
    print(f"{model.name:36} largest difference {worst:.1e}, another first label {other} of "
          f"{len(lines)}", "" if fine else "FAILED", flush=True)
    return fine


def main():
    train, test = sys.argv[1:3]
    binaries = Path(sys.argv[3] if len(sys.argv) > 3 else "target/release/examples")
    classify = str(binaries / "classify")
    lines = Path(test).read_text(encoding="utf-8").splitlines()
    fine = []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for loss, short in LOSSES.items():
            ours = folder / f"pith {loss}.bin"
            settings = ["word-ngrams=2", "shortest=2", "longest=4", "buckets=3000", "epochs=5",
                        "rate=0.3", "dimensions=21", "threads=1", f'loss="{loss}"']
            run = [classify, "train", train, *settings, "--out", str(ours)]
            subprocess.run(run, check=True, capture_output=True)
            fine.append(compare(classify, ours, test, lines, loss))
            for name, kind in {"codes": [], "lengths": ["norms=true"],
                               "outputs": ["outputs=true", "norms=true"],
                               "pruned": ["keep=2000", "part=3"]}.items():
                small = folder / f"pith {loss} {name}.ftz"
                run = [classify, "quantize", str(ours), *kind, "--out", str(small)]
                subprocess.run(run, check=True, capture_output=True)
                fine.append(compare(classify, small, test, lines, loss))
            for name, kind in {"codes": {}, "lengths": dict(qnorm=True),
                               "pruned": dict(cutoff=2000)}.items():
                model = fasttext.train_supervised(
                    train, loss=short, wordNgrams=2, minn=2, maxn=4, bucket=3000, epoch=5, lr=0.3,
                    dim=20, thread=10, verbose=0)
                theirs = folder / f"fastText {loss}.bin"
                if name == "codes":
                    model.save_model(str(theirs))
                    fine.append(compare(classify, theirs, test, lines, loss))
                model.quantize(**kind)
                theirs = folder / f"fastText {loss} {name}.ftz"
                model.save_model(str(theirs))
                fine.append(compare(classify, theirs, test, lines, loss))
    sys.exit(int(not all(fine)))


if __name__ == "__main__":
    main()
