"""The same classifiers by Pith and fastText: precision at 1 and time, on TREC, SST-2 and 20 newsgroups.

    cargo build --release -p pith-tables --examples
    python supervised.py [DATA] [--sets trec,sst2,20news] [--seeds 5] [--threads 2] [--epochs 25]

`DATA` is the folder of `text` and `sentences`; by default the environment's PITH_DATA. Settings are
fastText's defaults but for word n-grams of 2, 25 epochs and a rate of 0.5. The trainers take turns.
Lines are shuffled once for both. `wall` is the clock on the wall while the text is read and learned
from, `cpu` the processor time of all threads, the test included; on a machine that others use as well
only the second compares.
"""

import argparse
import io
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BINARIES = Path("target/release/examples")


def words(text):
    return " ".join(re.sub(r"([.!?,'/()\"])", r" \1 ", text.lower()).split())


def labelled(path):
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        label, text = line.split(" ", 1)
        yield f"__label__{label} {words(text)}"


def news(path):
    import zstandard

    reader = zstandard.ZstdDecompressor(max_window_size=1 << 31).stream_reader(path.open("rb"))
    for line in io.TextIOWrapper(reader, encoding="utf-8"):
        row = json.loads(line)
        label = row.get("label_text", row.get("label"))
        yield f"__label__{label} {words(row['text'])}"


def sources(data):
    sentences, text = data / "sentences" / "classification", data / "text"
    return {
        "trec": (labelled, sentences / "TREC.train.all", sentences / "TREC.test.all"),
        "sst2": (labelled, sentences / "stsa.binary.train", sentences / "stsa.binary.test"),
        "20news": (news, text / "20news_train.jsonl.zst", text / "20news_test.jsonl.zst"),
    }


def pith(train, test, options, seed):
    command = [str(BINARIES / "classify"), "train", train, "word-ngrams=2", "rate=0.5",
               f"epochs={options.epochs}", f"threads={options.threads}", f"seed={seed}",
               "--test", test]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (float(re.search(r"precision at 1 ([\d.]+)", printed)[1]),
            float(re.search(r"trained in ([\d.]+)", printed)[1]), cpu)


def peer(train, test, options, seed):
    """In a process of its own, so that none leaves memory or threads to the next."""
    command = [sys.executable, __file__, "--peer", train, test, str(options.epochs),
               str(options.threads), str(seed)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    precision, wall = json.loads(printed.splitlines()[-1])
    return precision, wall, cpu


def one_peer(train, test, epochs, threads, seed):
    import fasttext

    start = time.perf_counter()
    model = fasttext.train_supervised(train, wordNgrams=2, lr=0.5, epoch=int(epochs),
                                      thread=int(threads), seed=int(seed), verbose=0)
    wall = time.perf_counter() - start
    print(json.dumps([model.test(test)[1], wall]))


def main():
    global BINARIES
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="?", default=os.environ.get("PITH_DATA"))
    parser.add_argument("--sets", default="trec,sst2,20news")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--binaries", default=str(BINARIES))
    options = parser.parse_args()
    BINARIES = Path(options.binaries)
    known = sources(Path(options.data))
    with tempfile.TemporaryDirectory() as folder:
        for name in options.sets.split(","):
            read, *paths = known[name]
            files = [Path(folder) / f"{name}.{part}" for part in ("train", "test")]
            for path, file in zip(paths, files):
                lines = list(read(path))
                # fastText learns in the order of the file, and the newsgroups stand one by one.
                random.Random(1).shuffle(lines)
                file.write_text("\n".join(lines) + "\n", encoding="utf-8")
            results = {"pith": [], "fasttext": []}
            for seed in range(1, options.seeds + 1):
                for trainer, run in (("pith", pith), ("fasttext", peer)):
                    results[trainer].append(run(*map(str, files), options, seed))
                    print(name, trainer, seed, *(f"{value:.4f}" for value in results[trainer][-1]),
                          flush=True)
            for trainer, rows in results.items():
                precision, wall, cpu = zip(*rows)
                spread = statistics.stdev(precision) if len(rows) > 1 else float("nan")
                print(f"{name:7} {trainer:9} precision at 1 {100 * statistics.mean(precision):.2f} "
                      f"± {100 * spread:.2f}, median wall {statistics.median(wall):.2f} s, "
                      f"cpu {statistics.median(cpu):.2f} s", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        one_peer(*sys.argv[2:])
    else:
        main()
