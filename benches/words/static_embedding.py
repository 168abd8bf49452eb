"""Do model2vec and sentence-transformers load the folder that Pith writes, and does Pith read theirs?

    python static_embedding.py VECTORS [BINARIES]

Where sentence-transformers is not installed, model2vec alone is asked.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
from model2vec import StaticModel

SENTENCES = ["The president of the republic", "economy and energy", "the zzyzxq of china"]


def vectors(path):
    """Words and rows of word2vec's text."""
    with open(path, encoding="utf-8") as file:
        next(file)
        rows = [line.rstrip("\n").split(" ") for line in file]
    return {row[0]: numpy.array(row[1:], numpy.float32) for row in rows}


def means(words):
    """By the definition: the mean of the known words, to length one."""
    for sentence in SENTENCES:
        known = [words[word] for word in sentence.lower().split() if word in words]
        mean = numpy.mean(known, axis=0)
        yield mean / numpy.linalg.norm(mean)


def report(name, found, expected):
    worst = float(numpy.abs(found - expected).max())
    print(f"{name}: largest difference {worst:.2e}")
    return worst > 1e-5


def main():
    binaries = Path(sys.argv[2] if len(sys.argv) > 2 else "target/release/examples")

    def convert(source, target):
        subprocess.run([binaries / "convert", source, target], check=True)

    ours = vectors(sys.argv[1])
    expected = numpy.stack(list(means(ours)))
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        convert(sys.argv[1], folder / "static")
        model = StaticModel.from_pretrained(folder / "static")
        wrong = report("model2vec reads Pith", model.encode(SENTENCES), expected)
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError:
            print("sentence-transformers is not installed")
        else:
            found = SentenceTransformer(str(folder / "static"), device="cpu").encode(SENTENCES)
            wrong |= report("sentence-transformers reads Pith", found, expected)
        model.save_pretrained(folder / "theirs")
        for source in ["static", "theirs"]:
            for ending in ["npy", "safetensors"]:
                # Through a second format, so that both are read as well as written.
                convert(folder / source, folder / f"{source}.{ending}")
                convert(folder / f"{source}.{ending}", folder / f"{source}.vec")
                back = vectors(folder / f"{source}.vec")
                rows = numpy.stack([back[word] for word in ours])
                name = f"Pith reads {source} by .{ending}"
                wrong |= report(name, rows, numpy.stack(list(ours.values())))
        array = numpy.load(folder / "static.npy")
        wrong |= report("NumPy reads Pith", array, numpy.stack(list(ours.values())))
    sys.exit(int(wrong))


if __name__ == "__main__":
    main()
