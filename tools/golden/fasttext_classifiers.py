"""Small classifiers written by fastText 0.9.3, and what it predicts with them.

    python fasttext_classifiers.py ../../crates/tables/src/format/fasttext/golden

Writes four `.bin`, one for each loss, two `.ftz`, and `predictions.tsv`: file, text, then labels with
their probabilities, best first.
"""

import random
import sys
import tempfile
from pathlib import Path

import fasttext

BINARIES = {
    "softmax": dict(loss="softmax", wordNgrams=3, minn=2, maxn=3, bucket=23),
    "hierarchical": dict(loss="hs", wordNgrams=2, bucket=11),
    "negative": dict(loss="ns"),
    "one-vs-all": dict(loss="ova", minn=0, maxn=2, bucket=11, minCount=3),
}
# Quantizing needs 256 rows.
QUANTIZED = {
    "norms": (dict(bucket=251), dict(qnorm=True)),
    "pruned": (dict(bucket=401), dict(cutoff=260, dsub=2)),
}
TEXTS = ["a1 b2", "ça va", "b1 unknown c2 été", "", "__label__a a0 __label__none a0 a0", "c1 </s> a1"]


def lines(count):
    generator = random.Random(4)
    for _ in range(count):
        label = generator.choice("aaabbç")
        words = [f"{generator.choice(label * 3 + 'abç')}{generator.randrange(3)}" for _ in range(4)]
        yield f"__label__{label} {' '.join(words)} été"


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as text:
        text.write("\n".join(lines(120)) + "\n")
        text.flush()
        # Ten threads write initial values, each into a tenth of the table; with fewer, or where ten
        # does not divide its size, a part of it keeps what stood in memory.
        shared = dict(epoch=8, lr=0.5, thread=10, verbose=0, seed=1)
        files = []
        for name, settings in BINARIES.items():
            files.append(folder / f"{name}.bin")
            fasttext.train_supervised(text.name, **shared, **settings, dim=10).save_model(str(files[-1]))
        for name, (settings, quantization) in QUANTIZED.items():
            model = fasttext.train_supervised(
                text.name, **shared, wordNgrams=2, minn=2, maxn=3, dim=5, **settings)
            model.quantize(**quantization)
            files.append(folder / f"{name}.ftz")
            model.save_model(str(files[-1]))
    with open(folder / "predictions.tsv", "w", encoding="utf-8") as out:
        for file in files:
            labels, chances = fasttext.load_model(str(file)).predict(TEXTS, k=3)
            for text, names, values in zip(TEXTS, labels, chances):
                pairs = [f"{name} {value:.6f}" for name, value in zip(names, values)]
                print(file.name, text, *pairs, sep="\t", file=out)


if __name__ == "__main__":
    main()
