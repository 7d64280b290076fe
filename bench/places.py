"""How well `nlp.places` finds places and regions: `python bench/places.py DATA [--sample DIR] [--kato FILE] [--show …]`.

DATA holds `place_regions.csv` (surface → region, read by hand for the written and annotated sets), the text sets it
names and `written_valid_ids.txt`. A text's regions are compared as a set: those of its event and dateline places against
those of the table. Development texts were read while the rules were made; validation texts were not.
The sample's items carry one `region` each; it is compared with the text's own places (title not read).

For each labelled surface: is a place given that overlaps one of its occurrences (or, as each place is told once, has
another form of the name for its span), and is its region right? Three in ten lemmas, by a hash, are kept apart
(`held`): they were not looked at while rules were made. Surfaces not in the text itself, and those without one region
(a country's half), are counted as such. `--kato` (state classifier of settlements) measures names which the table may
not have: 600 villages drawn by seed, in six frames.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nlp.places import Gazetteer, locate
from nlp.reading import Place, Text

_MARKED_GROUP = re.compile(r"\[\[(.*?)\|[^\]]*\]\]")


def _texts(data: Path) -> Iterator[tuple[str, str, str, Text]]:
    """(file, split, language, text) of the written and annotated sets."""
    valid = set((data / "written_valid_ids.txt").read_text(encoding="utf-8").split())
    for file in sorted([*data.glob("written_*.jsonl"), *data.glob("annotated_*.jsonl")]):
        for line in file.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            split = "valid" if record["id"] in valid or file.stem == "annotated_valid" else "dev"
            text = Text(
                id=record["id"],
                text=_MARKED_GROUP.sub(r"\1", record["text"]),
                title=record.get("title"),
                genre=record.get("genre", "post"),
                site=record.get("site") or "Kazakhstan",
                context=record.get("context"),
            )
            yield file.name, split, record["lang"], text


def labelled_texts(data: Path) -> Iterator[tuple[str, str, Text, set[str], bool]]:
    """(split, language, text, gold regions, whether the gold has any place) for the texts of the sets."""
    regions: dict[tuple[str, str], set[str]] = defaultdict(set)
    named: set[tuple[str, str]] = set()
    with (data / "place_regions.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            named.add((row["file"], row["id"]))
            if row["region"]:
                regions[row["file"], row["id"]].add(row["region"])
    for file, split, language, text in _texts(data):
        yield split, language, text, regions[file, text.id], (file, text.id) in named


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


def surface_verdict(row: dict[str, str], text: Text, gazetteer: Gazetteer) -> str:
    """right, wrong, open (given without a region), missed; or elsewhere (not in the text), vague (has no one region)."""
    start = re.compile(re.escape(row["surface"][: max(4, len(row["surface"]) - 2)]), re.I)
    spans = [match.span() for match in start.finditer(text.text)]
    if not spans:
        return "elsewhere"
    if not row["region"]:
        return "vague"
    places = locate(text, gazetteer)
    given = [p for p in places if any(p.span[0] < end and begin < p.span[1] for begin, end in spans)]
    regions = {place.region for place in given}
    if not given:
        return "missed"
    if regions == {None}:
        return "open"
    return "right" if regions - {None} == {row["region"]} else "wrong"


def measure_surfaces(data: Path, gazetteer: Gazetteer, show: bool) -> None:
    texts: dict[tuple[str, str], tuple[str, str, Text]] = {}
    for file, split, language, text in _texts(data):
        texts[file, text.id] = (split, language, text)
    cells: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    with (data / "place_regions.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            split, language, text = texts[row["file"], row["id"]]
            held = hashlib.sha256(row["lemma"].lower().encode()).digest()[0] % 10 < 3
            verdict = surface_verdict(row, text, gazetteer)
            kind = f"{split} real" if row["file"].startswith("annotated") else f"{split} {'held' if held else 'train'}"
            for key in ((kind, "all"), (kind, language)):
                cells[key][verdict] += 1
            if show and split == "dev" and not held and verdict in ("missed", "wrong", "open"):
                print(f"{text.id} {row['surface']} {row['region']} {verdict} | {text.text[:200]}")
    print(f"{'surfaces':12} {'lang':5} {'n':>5} {'given':>6} {'right when given':>17}   elsewhere, vague")
    for (kind, language), cell in sorted(cells.items()):
        given = cell["right"] + cell["wrong"]
        count = given + cell["open"] + cell["missed"]
        print(
            f"{kind:12} {language:5} {count:5} {given / max(1, count):6.3f} {cell['right'] / max(1, given):17.3f}"
            f"   {cell['elsewhere']}, {cell['vague']}"
        )


_FRAMES = {
    "ru village, district, region": "Драка произошла в селе {name} {district} района {region}, пострадали двое.",
    "ru village, district": "В селе {name} {district} района прошёл сход.",
    "ru village, region": "Жители аула {name} {region} собрались у мечети.",
    "ru village; region in title": "Драка случилась вечером в селе {name}.",
    "kk region, district, village": "{region_kk}ның {district_kk} ауданы {name} ауылында төбелес болды.",
    "kk district, village": "Кеше {district_kk} ауданының {name} ауылында жиын өтті.",
}


def measure_villages(kato: Path, gazetteer: Gazetteer) -> None:
    """Region of villages drawn from the state classifier, most of which the table does not have."""
    geo = kato.parent
    districts = {r["kato"]: r for r in _csv(geo / "districts_2024_en_kk_ru.csv") if r["adm2_ru"].endswith("ий")}
    regions = {r["iso_3166_2"]: r for r in _csv(geo / "regions.csv")}
    rows = [
        r
        for r in _csv(kato)
        if r["type"] == "village" and r["district_kato"] in districts and re.fullmatch(r"[\w -]{3,}", r["name_ru_bare"])
    ]
    cells: dict[str, Counter[str]] = defaultdict(Counter)
    for row in random.Random(5).sample(rows, 600):
        district, region = districts[row["district_kato"]], regions[row["iso_3166_2"]]
        word, second = region["name_ru"].split()
        genitive = f"области {second}" if word == "область" else f"{word[:-2]}ой области"
        fields = {
            "name": row["name_ru_bare"],
            "district": district["adm2_ru"].replace("A", "А")[:-2] + "ого",
            "region": genitive,
            "district_kk": district["adm2_kk"],
            "region_kk": region["name_kk"],
        }
        for frame, pattern in _FRAMES.items():
            title = f"Драка в {genitive}" if "title" in frame else None
            text = Text("x", pattern.format_map(fields), title=title)
            gold = {"surface": row["name_ru_bare"], "region": row["iso_3166_2"]}
            cells[frame][surface_verdict(gold, text, gazetteer)] += 1
    for frame, cell in cells.items():
        given = cell["right"] + cell["wrong"]
        print(f"{frame:30} given {given / cell.total():.3f}, right when given {cell['right'] / max(1, given):.3f}")


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


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
    parser.add_argument("--show", choices=("dev", "sample", "surfaces"), help="print what was read wrongly there")
    parser.add_argument("--kato", type=Path, help="state classifier of settlements, beside districts and regions")
    options = parser.parse_args()
    start = time.perf_counter()
    gazetteer = Gazetteer.load()
    print(f"load: {time.perf_counter() - start:.2f} s, {len(gazetteer.exact):,} forms, {len(gazetteer.stems):,} stems")
    measure(options.data, gazetteer, options.show)
    measure_surfaces(options.data, gazetteer, options.show == "surfaces")
    if options.kato:
        measure_villages(options.kato, gazetteer)
    if options.sample:
        measure_sample(options.sample, options.overlay, options.show == "sample")
    measure_speed(options.data, gazetteer)


if __name__ == "__main__":
    main()
