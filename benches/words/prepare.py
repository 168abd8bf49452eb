"""Text that every trainer reads alike: lower case, a space between words, a paragraph a line.

    python prepare.py DATA wikinews.txt english.txt

`DATA` holds the folder `text`. The first file is the news; the second has the news, the newsgroups'
training part and the novels.
"""

import io
import json
import re
import sys
import tarfile
from pathlib import Path

import zstandard

WORD = re.compile(r"[^\W_]+(?:['’.,][^\W_]+)*")


def opened(path):
    return zstandard.ZstdDecompressor(max_window_size=1 << 31).stream_reader(path.open("rb"))


def rows(path):
    for line in io.TextIOWrapper(opened(path), encoding="utf-8"):
        yield from json.loads(line)["text"].split("\n")


def novels(path):
    with tarfile.open(fileobj=opened(path), mode="r|") as archive:
        for member in archive:
            if member.isfile():
                text = archive.extractfile(member).read().decode("utf-8", "replace")
                for paragraph in re.split(r"\n\s*\n", text.replace("\r", "")):
                    yield paragraph.replace("\n", " ")


def write(path, *sources):
    count = 0
    with open(path, "w", encoding="utf-8") as file:
        for source in sources:
            for line in source:
                words = WORD.findall(line.lower())
                if words:
                    file.write(" ".join(words) + "\n")
                    count += len(words)
    print(path, count, "words")


def main():
    text = Path(sys.argv[1]) / "text"
    news = text / "wikinews.jsonl.zst"
    write(sys.argv[2], rows(news))
    everything = [rows(news), rows(text / "20news_train.jsonl.zst"), novels(text / "novels.tar.zst")]
    write(sys.argv[3], *everything)


if __name__ == "__main__":
    main()
