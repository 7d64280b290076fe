"""How well `nlp.places` finds the region of a text: `python bench/places.py DATA [--sample DIR] [--show]`.

DATA holds `place_regions.csv` (surface → region, read by hand for the written and annotated sets), the text sets it
names and `written_valid_ids.txt`. A text's regions are compared as a set: those of its event and dateline places against
those of the table. Development texts were read while the rules were made; validation texts were not.
The sample's items carry one `region` each; it is compared with the text's own places (title not read).
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nlp.places import Gazetteer, locate
from nlp.reading import Place, Text

_MARKED_GROUP = re.compile(r"\[\[(.*?)\|[^\]]*\]\]")


def labelled_texts(data: Path) -> Iterator[tuple[str, str, Text, set[str], bool]]:
    """(split, language, text, gold regions, whether the gold has any place) for the texts of the sets."""
    valid = set((data / "written_valid_ids.txt").read_text(encoding="utf-8").split())
    regions: dict[tuple[str, str], set[str]] = defaultdict(set)
    named: set[tuple[str, str]] = set()
    with (data / "place_regions.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            named.add((row["file"], row["id"]))
            if row["region"]:
                regions[row["file"], row["id"]].add(row["region"])
    for file in sorted([*data.glob("written_*.jsonl"), *data.glob("annotated_*.jsonl")]):
        for line in file.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            key = (file.name, record["id"])
            split = "valid" if record["id"] in valid or file.stem == "annotated_valid" else "dev"
            text = Text(
                id=record["id"],
                text=_MARKED_GROUP.sub(r"\1", record["text"]),
                title=record.get("title"),
                genre=record.get("genre", "post"),
                site=record.get("site") or "Kazakhstan",
                context=record.get("context"),
            )
            yield split, record["lang"], text, regions[key], key in named


def told(places: tuple[Place, ...]) -> set[str]:
    return {place.region for place in places if place.region and place.role in ("event", "dateline")}


def main_region(places: tuple[Place, ...]) -> str | None:
    """The region most event places lie in, else most datelines: what a story is counted under."""
    for role in ("event", "dateline"):
        counted = Counter(place.region for place in places if place.region and place.role == role)
        if counted:
            return counted.most_common(1)[0][0]
    return None


def measure(data: Path, gazetteer: Gazetteer, show: str | None) -> None:
    cells: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    missed: Counter[str] = Counter()
    for split, language, text, gold, named in labelled_texts(data):
        places = locate(text, gazetteer)
        found = told(places)
        for key in ((split, "all"), (split, language)):
            cell = cells[key]
            if not gold:
                cell["silent"] += 1
                cell["silent_named"] += bool(found)
                continue
            cell["texts"] += 1
            cell["exact"] += found == gold
            cell["right"] += len(found & gold)
            cell["found"] += len(found)
            cell["gold"] += len(gold)
        if gold and found != gold:
            missed[f"{'+'.join(sorted(gold))} read as {'+'.join(sorted(found)) or 'none'}"] += 1
        if show == split and (found != gold):
            listed = ", ".join(f"{p.name}:{p.region}:{p.role}" for p in places)
            print(
                f"{text.id} gold {sorted(gold)} {'' if named else '(no place labelled)'} | {listed} | {text.text[:220]}"
            )
    print(
        f"{'split':6} {'lang':6} {'texts':>5} {'exact':>6} {'prec.':>6} {'recall':>6} {'F1':>6}   silent texts with a region"
    )
    for (split, language), cell in sorted(cells.items()):
        if cell["texts"]:
            precision, recall = cell["right"] / max(1, cell["found"]), cell["right"] / cell["gold"]
            f1 = 2 * precision * recall / max(1e-9, precision + recall)
            print(
                f"{split:6} {language:6} {cell['texts']:5} {cell['exact'] / cell['texts']:6.3f} {precision:6.3f} {recall:6.3f} "
                f"{f1:6.3f}   {cell['silent_named']} of {cell['silent']}"
            )
    print("most frequent confusions:", *(f"  {n} × {what}" for what, n in missed.most_common(12)), sep="\n")


def measure_sample(sample: Path, overlay: Path | None, show: bool) -> None:
    gazetteer = Gazetteer.load(overlay)
    outlets = {o["id"]: o.get("region") for o in json.loads((sample / "outlets.json").read_text(encoding="utf-8"))}
    tally: dict[str, Counter[str]] = defaultdict(Counter)
    for file in sorted(sample.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            item: dict[str, Any] = json.loads(line)
            if not item["region"]:
                continue
            text = Text(
                item["id"],
                item["text"],
                item["title"],
                item["published_at"],
                item["genre"],
                home_region=outlets.get(item["outlet"]),
            )
            places = locate(text, gazetteer)
            region = main_region(places)
            verdict = "none" if region is None else "right" if region == item["region"] else "wrong"
            tally[file.stem][verdict] += 1
            headline = main_region(locate(Text(item["id"], item["title"] or ""), gazetteer))
            if region is None and headline:
                tally[file.stem]["headline right" if headline == item["region"] else "headline wrong"] += 1
            if show and verdict == "wrong":
                print(
                    item["id"],
                    item["region"],
                    [(p.name, p.region, p.role) for p in places],
                    item["title"],
                    "|",
                    item["text"][:200],
                )
    for name, counted in tally.items():
        print(f"{name:14}", dict(counted))


def measure_speed(data: Path, gazetteer: Gazetteer) -> None:
    texts = [text for _, _, text, _, _ in labelled_texts(data)]
    words = sum(len(text.text.split()) for text in texts)
    start = time.process_time()
    for text in texts:
        locate(text, gazetteer)
    seconds = time.process_time() - start
    print(
        f"speed on one core: {len(texts) / seconds:,.0f} texts/s, {words / seconds:,.0f} words/s ({words / len(texts):.0f} words a text)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/nlp/data"))
    parser.add_argument("--sample", type=Path)
    parser.add_argument("--overlay", type=Path, help="the sample's invented villages")
    parser.add_argument("--show", choices=("dev", "sample"), help="print the development or sample texts read wrongly")
    options = parser.parse_args()
    start = time.perf_counter()
    gazetteer = Gazetteer.load()
    print(f"load: {time.perf_counter() - start:.2f} s, {len(gazetteer.exact):,} forms, {len(gazetteer.stems):,} stems")
    measure(options.data, gazetteer, options.show)
    if options.sample:
        measure_sample(options.sample, options.overlay, options.show == "sample")
    measure_speed(options.data, gazetteer)


if __name__ == "__main__":
    main()
