"""Texts read a second on one process, by part of the pipeline: python bench/reading.py TEXTS.jsonl [N]

TEXTS holds one JSON object a line with a key `text`, gzipped or not. Loading the model is shown apart; words met before
are remembered, so the first thousand texts are slower than the rest.
"""

from __future__ import annotations

import gzip
import itertools
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from nlp import gate, groups
from nlp.language import identify
from nlp.places import locate
from nlp.read import Reader
from nlp.reading import Text
from nlp.stories import StoryInput, cluster


def texts_of(path: Path, limit: int) -> Iterator[Text]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(itertools.islice(lines, limit)):
            row = json.loads(line)
            yield Text(str(number), row["text"], published_at=row.get("date") or row.get("published_at"))


def main(path: str, limit: str = "4000") -> None:
    texts = list(texts_of(Path(path), int(limit)))
    start = time.perf_counter()
    reader = Reader.load()
    print(
        f"load {time.perf_counter() - start:.2f} s; {len(texts)} texts of {sum(len(t.text) for t in texts) / len(texts):.0f} letters"
    )
    found = [groups.find(text.text) for text in texts[:500]]
    parts = {
        "groups": lambda: [groups.find(text.text) for text in texts],
        "gate": lambda: [gate.passes(text.text, one) for text, one in zip(texts[:500], found, strict=True)],
        "language": lambda: [identify(text.text) for text in texts],
        "places": lambda: [locate(text, reader.gazetteer) for text in texts],
        "whole reading": lambda: list(reader.read(texts)),
        "stories": lambda: cluster([StoryInput(text.id, text.text, text.published_at) for text in texts]),
    }
    for name, run in parts.items():
        start = time.perf_counter()
        rows = len(run())
        print(f"{name:14} {rows / (time.perf_counter() - start):10,.0f} texts/s")


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["../shared/stream/telegram_ru_2024.jsonl.gz", "2000"]))
