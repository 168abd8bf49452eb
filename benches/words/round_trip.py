"""Do gensim and fastText read what Pith writes, and get the same vectors?

    python round_trip.py TEXT [BINARIES]
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import fasttext
import numpy
from gensim.models import KeyedVectors
from gensim.models.fasttext import load_facebook_model

SUBWORDS = 'subwords={"shortest":3,"longest":6,"buckets":5000}'


def main():
    binaries = Path(sys.argv[2] if len(sys.argv) > 2 else "target/release/examples")
    with tempfile.TemporaryDirectory() as folder:
        for name in ["model.vec", "model.bin"]:
            command = [binaries / "words", sys.argv[1], "epochs=1", "threads=1", SUBWORDS]
            subprocess.run([*command, "--out", f"{folder}/{name}"], check=True)
        ours = KeyedVectors.load_word2vec_format(f"{folder}/model.vec")
        gensim = load_facebook_model(f"{folder}/model.bin").wv
        peer = fasttext.load_model(f"{folder}/model.bin")
    worst = {
        name: max(numpy.abs(vector(word) - ours[word]).max() for word in ours.index_to_key)
        for name, vector in [("gensim", gensim.__getitem__), ("fasttext", peer.get_word_vector)]
    }
    print(len(ours), "words; largest difference:", worst)
    sys.exit(int(max(worst.values()) > 1e-6))


if __name__ == "__main__":
    main()
