"""The same training by Pith, gensim and fastText: speed, and what the vectors are worth.

    cargo build --release -p pith-tables --examples
    python compare.py TEXT [--judge FOLDER] [--kinds skip-gram,cbow,subword] [--repeats 3] [--epochs 1]

The trainers take turns. Speed is words of the text a second, epochs counted, of training alone:
the vocabulary is built before the clock starts, except by fastText, whose binding does both at once.
`wall` is the clock on the wall, `cpu` the processor time of all threads; on a machine that others use
as well only the second compares. Where `--judge` names a folder, the vectors are kept and judged by
the example `judge`.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SETTINGS = {"dimensions": 100, "window": 5, "negatives": 5, "subsample": 1e-3}
BUCKETS = 2_000_000


def gensim(text, kind, epochs, threads, seed, out):
    from gensim.models import FastText, Word2Vec

    shared = dict(
        vector_size=SETTINGS["dimensions"], window=SETTINGS["window"], min_count=5, seed=seed,
        negative=SETTINGS["negatives"], sample=SETTINGS["subsample"], workers=threads, epochs=epochs,
    )
    if kind == "subword":
        model = FastText(sg=1, min_n=3, max_n=6, bucket=BUCKETS, **shared)
    else:
        model = Word2Vec(sg=int(kind == "skip-gram"), **shared)
    model.build_vocab(corpus_file=text)
    start, used = time.perf_counter(), time.process_time()
    model.train(
        corpus_file=text, total_examples=model.corpus_count, total_words=model.corpus_total_words,
        epochs=epochs,
    )
    wall, cpu = time.perf_counter() - start, time.process_time() - used
    if out:
        model.wv.save_word2vec_format(out)
    return wall, cpu


def fasttext(text, kind, epochs, threads, seed, out):
    import fasttext as peer

    grams = dict(minn=3, maxn=6, bucket=BUCKETS) if kind == "subword" else dict(minn=0, maxn=0)
    start, used = time.perf_counter(), time.process_time()
    model = peer.train_unsupervised(
        text, model="cbow" if kind == "cbow" else "skipgram", dim=SETTINGS["dimensions"],
        ws=SETTINGS["window"], neg=SETTINGS["negatives"], t=SETTINGS["subsample"], epoch=epochs,
        thread=threads, minCount=5, lr=0.025 if kind != "subword" else 0.05, verbose=0, **grams,
    )
    wall, cpu = time.perf_counter() - start, time.process_time() - used
    if out:
        words = model.get_words()
        with open(out, "w", encoding="utf-8") as file:
            file.write(f"{len(words)} {SETTINGS['dimensions']}\n")
            for word in words:
                values = " ".join(f"{value:.6g}" for value in model.get_word_vector(word))
                file.write(f"{word} {values}\n")
    return wall, cpu


def pith(text, kind, epochs, threads, seed, out):
    settings = dict(SETTINGS, epochs=epochs, threads=threads, seed=seed)
    if kind == "cbow":
        settings["method"] = "cbow"
    if kind == "subword":
        settings["subwords"] = {"shortest": 3, "longest": 6, "buckets": BUCKETS}
        settings["rate"] = 0.05
    command = [str(BINARIES / "words"), text]
    command += [f"{key}={json.dumps(value)}" for key, value in settings.items()]
    command += ["--out", out] if out else []
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    wall, cpu = re.search(r"trained in ([\d.]+) s, ([\d.]+) s of processors", printed).groups()
    return float(wall), float(cpu)


TRAINERS = {"pith": pith, "gensim": gensim, "fasttext": fasttext}
BINARIES = Path("target/release/examples")


def one(arguments):
    """A child process of its own, so that none leaves memory or threads to the next."""
    trainer, text, kind, epochs, threads, seed, out = json.loads(arguments)
    print(json.dumps(TRAINERS[trainer](text, kind, epochs, threads, seed, out)))


def main():
    global BINARIES
    parser = argparse.ArgumentParser()
    parser.add_argument("text")
    parser.add_argument("--judge")
    parser.add_argument("--kinds", default="skip-gram,cbow,subword")
    parser.add_argument("--trainers", default="pith,gensim,fasttext")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--binaries", default=str(BINARIES))
    options = parser.parse_args()
    BINARIES = Path(options.binaries)
    words = sum(len(line.split()) for line in open(options.text, encoding="utf-8"))
    print(f"{words} words, {options.epochs} epochs, {options.threads} threads", flush=True)
    folder = tempfile.TemporaryDirectory()
    for kind in options.kinds.split(","):
        speeds = {}
        for seed in range(1, options.repeats + 1):
            for trainer in options.trainers.split(","):
                out = str(Path(folder.name) / "vectors.vec") if options.judge else None
                task = [trainer, options.text, kind, options.epochs, options.threads, seed, out]
                command = [sys.executable, __file__, "--one", json.dumps(task), options.binaries]
                printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                wall, cpu = json.loads(printed.splitlines()[-1])
                speeds.setdefault(trainer, []).append((wall, cpu))
                print(kind, trainer, f"seed {seed}: {wall:.1f} s, cpu {cpu:.1f} s", flush=True)
                if options.judge:
                    judge = [str(BINARIES / "judge"), out, options.judge]
                    print(subprocess.run(judge, check=True, capture_output=True, text=True).stdout)
        for trainer, times in speeds.items():
            wall, cpu = (statistics.median(column) for column in zip(*times))
            rate = words * options.epochs
            print(f"{kind:10} {trainer:9} {rate / wall / 1e6:6.3f} M words/s on the wall, "
                  f"{rate / cpu / 1e6:6.3f} M words per processor second", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        BINARIES = Path(sys.argv[3])
        one(sys.argv[2])
    else:
        main()
