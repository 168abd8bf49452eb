"""Sentences as means of word vectors, judged by similarity and by retrieval, beside BM25.

    python sentences.py VECTORS TEXT [--binaries FOLDER] [--kinds average sif usif documents]

`VECTORS` were learned from `TEXT` (see prepare.py), by which words are also counted. `PITH_DATA` names
the folder of the data.

- STS-B, test: Spearman's correlation of the cosines with what people said.
- 20 newsgroups: a post of the test part asks for posts of the training part; those of its own group
  are relevant. nDCG@10 and mean average precision over the whole ranking. Posts are taken with their
  headers, for all methods alike. `documents` (PV-DBOW) learns from all posts, not from their labels.
"""

import argparse
import csv
import io
import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy
import scipy.sparse
import zstandard
from scipy.stats import spearmanr

from prepare import WORD

KINDS = ["average", "sif", "usif", "documents"]
K1, B = 0.9, 0.4


def words(text):
    return WORD.findall(text.lower())


def pairs(path):
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) == 3]
    return [sentence for row in rows for sentence in row[:2]], [float(row[2]) for row in rows]


def posts(path):
    stream = zstandard.ZstdDecompressor(max_window_size=1 << 31).stream_reader(path.open("rb"))
    rows = [json.loads(line) for line in io.TextIOWrapper(stream, encoding="utf-8")]
    return [row["text"] for row in rows], [row["label"] for row in rows]


def encode(kind, texts, vectors, counted, binaries, folder):
    """Rows of length one; zeros where no word is known."""
    lines, out = folder / "lines.txt", folder / f"{kind}.npy"
    lines.write_text("".join(" ".join(words(text)) + "\n" for text in texts), encoding="utf-8")
    subprocess.run([binaries / "sentences", kind, vectors, counted, lines, out], check=True)
    found = numpy.load(out)
    return found / numpy.maximum(numpy.linalg.norm(found, axis=1, keepdims=True), 1e-12)


def counts(texts, vocabulary, grow):
    rows, columns = [], []
    for row, text in enumerate(texts):
        for word in words(text):
            place = vocabulary.setdefault(word, len(vocabulary)) if grow else vocabulary.get(word)
            if place is not None:
                rows.append(row)
                columns.append(place)
    shape = (len(texts), len(vocabulary))
    table = scipy.sparse.coo_matrix((numpy.ones(len(rows), numpy.float32), (rows, columns)), shape)
    return table.tocsr()


def bm25(documents, queries):
    """A matrix of weights [document, word], and one of counts [query, word]."""
    vocabulary = {}
    table = counts(documents, vocabulary, True).tocoo()
    lengths = numpy.asarray(table.sum(axis=1)).ravel()
    frequency = numpy.bincount(table.col, minlength=table.shape[1])
    rarity = numpy.log1p((len(documents) - frequency + 0.5) / (frequency + 0.5))
    norm = K1 * (1 - B + B * lengths / lengths.mean())
    weights = rarity[table.col] * table.data * (K1 + 1) / (table.data + norm[table.row])
    weights = scipy.sparse.csr_matrix((weights, (table.row, table.col)), table.shape)
    return weights, counts(queries, vocabulary, False)


def retrieval(scores, asked, labels):
    """Mean nDCG@10 and average precision; `scores(start, end)` gives the rows of some queries."""
    discounts = 1 / numpy.log2(numpy.arange(2, 12))
    gains, precisions = [], []
    for start in range(0, len(asked), 500):
        part = scores(start, min(start + 500, len(asked)))
        order = numpy.argsort(-part, axis=1, kind="stable")
        for query, ranking in enumerate(order, start):
            relevant = labels[ranking] == asked[query]
            ideal = discounts[: min(10, int(relevant.sum()))].sum()
            gains.append((relevant[:10] * discounts).sum() / ideal)
            places = numpy.flatnonzero(relevant) + 1
            precisions.append((numpy.arange(1, len(places) + 1) / places).mean())
    return float(numpy.mean(gains)), float(numpy.mean(precisions))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("vectors")
    parser.add_argument("text")
    parser.add_argument("--binaries", type=Path, default=Path("target/release/examples"))
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=KINDS)
    asked_for = parser.parse_args()

    def rows_of(kind, texts):
        return encode(kind, texts, asked_for.vectors, asked_for.text, asked_for.binaries, folder)

    data = Path(os.environ["PITH_DATA"])
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        texts, truths = pairs(data / "sentences" / "stsb" / "stsb-en-test.csv")
        for kind in [kind for kind in asked_for.kinds if kind != "documents"]:
            rows = rows_of(kind, texts)
            cosines = (rows[::2] * rows[1::2]).sum(axis=1)
            print(f"STS-B test {kind}: Spearman {spearmanr(cosines, truths).statistic:.4f}", flush=True)

        documents, labels = posts(data / "text" / "20news_train.jsonl.zst")
        queries, asked = posts(data / "text" / "20news_test.jsonl.zst")
        labels, asked = numpy.array(labels), numpy.array(asked)
        weights, wanted = bm25(documents, queries)
        found = {"BM25": lambda start, end: (wanted[start:end] @ weights.T).toarray()}
        for kind in asked_for.kinds:
            rows = rows_of(kind, documents + queries)
            kept, new = rows[: len(documents)], rows[len(documents) :]
            found[kind] = lambda start, end, kept=kept, new=new: new[start:end] @ kept.T
        for name, scores in found.items():
            gain, precision = retrieval(scores, asked, labels)
            print(f"20 newsgroups {name}: nDCG@10 {gain:.4f}, MAP {precision:.4f}", flush=True)


if __name__ == "__main__":
    main()
