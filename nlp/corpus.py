"""The annotated texts that the classifier learns from and is measured on.

In: the folder of text sets (docs/model-card.md names them). Out: `Example`s, each with the heads somebody labelled.
Texts whose key stands in `exclude_keys.txt` never leave this module for training.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from nlp import groups
from nlp.labels import check_annotation
from nlp.reading import Text

WRITTEN: Final = ("written_kk", "written_kk2", "written_kk3", "written_ru", "written_ru2")
OWN: Final = Path(__file__).parent / "texts"  # written for this project, shipped with it
LABELS: Final = OWN / "labels" / "real.jsonl"  # labels of real texts that may not be shipped, by the text's key
ANNOTATED: Final = ("annotated_train", "annotated_more_train")
# Published for research only, or for non-commercial use: weights that learn from them inherit that.
RESEARCH_SOURCES: Final = ("ruethnohate", "snlp_topics")
_MARK: Final = re.compile(r"\[\[([^\]|]*)\|[^\]]*\]\]")
_TAG: Final = re.compile(r"<[^>]+>")
_KEY_NOISE: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled text. `gold` holds the labelled heads (as in the codebook); `groups` maps group id to st, sev.

    `complete` is False where only the named groups' stance is known and every other head is unlabelled.
    """

    text: Text
    language: str
    source: str
    gold: dict[str, Any]
    groups: dict[str, dict[str, int]] = field(default_factory=dict)
    complete: bool = True

    @property
    def hostile(self) -> bool:
        """The hostility flag of the codebook's last section."""
        flagged = any(g.get("sev", 0) >= 2 or (g.get("sev", 0) >= 1 and g["st"] == -1) for g in self.groups.values())
        return flagged and self.gold.get("voice") != "counter"


def key_of(text: str) -> str:
    """Key by which a text is excluded: md5 of its lower-cased letters and digits, first 120 characters."""
    return hashlib.md5(_KEY_NOISE.sub("", text.lower())[:120].encode(), usedforsecurity=False).hexdigest()


def training(folder: Path, recipe: str) -> list[Example]:
    """Examples to learn from. Recipe `open` leaves out the texts of RESEARCH_SOURCES, `research` takes them in."""
    excluded = set((folder / "exclude_keys.txt").read_text("utf-8").split())
    held_out = set((folder / "written_valid_ids.txt").read_text("utf-8").split())
    examples = [e for name in WRITTEN for e in annotated(folder / f"{name}.jsonl") if e.text.id not in held_out]
    examples += own("train")
    for name in ANNOTATED:
        rows = annotated(folder / f"{name}.jsonl")
        examples += [e for e in rows if recipe == "research" or e.source not in RESEARCH_SOURCES]
    examples += [e for e in labelled_by_key(folder) if recipe == "research" or e.source not in RESEARCH_SOURCES]
    examples += nationalities(folder / "rusentne_train.tsv", folder / "rusentne_valid.tsv")
    if recipe == "research":
        judged = stances(folder / "ruethnohate_train.jsonl")
        examples = _with_stances(examples, judged) + judged
    judged_by = validation(folder) + stances(folder / "ruethnohate_valid.jsonl") + own("valid") + own("test")
    measured = {key_of(e.text.text) for e in judged_by}
    seen: set[str] = set()
    kept = []
    for example in examples:
        key = key_of(example.text.text)
        if key not in excluded and key not in measured and key not in seen:
            seen.add(key)
            kept.append(example)
    return kept


def validation(folder: Path) -> list[Example]:
    """The fixed validation part: never learnt from, used to set temperatures and thresholds."""
    held_out = set((folder / "written_valid_ids.txt").read_text("utf-8").split())
    written = [e for name in WRITTEN for e in annotated(folder / f"{name}.jsonl") if e.text.id in held_out]
    return written + list(annotated(folder / "annotated_valid.jsonl"))


def calibration(folder: Path, recipe: str) -> list[Example]:
    """What temperatures and cuts of the reader are fitted to: both validation parts, and people's stances."""
    judged = stances(folder / "ruethnohate_valid.jsonl") if recipe == "research" else []
    return validation(folder) + own("valid") + judged


def own(part: str) -> list[Example]:
    """The shipped texts of one part: train, valid (cuts and temperatures) or test (looked at only at the end).

    Parts are blocks of twenty neighbours, as twins stand near each other; a row without a part is to learn from.
    """
    return [
        example
        for path in sorted(OWN.glob("*.jsonl"))
        for row, example in zip(_rows(path), annotated(path), strict=True)
        if row.get("part", "train") == part
    ]


def annotated(path: Path) -> Iterator[Example]:
    """Rows of a set annotated by the codebook; a label that the codebook lacks is a `LabelError`."""
    for row in _rows(path):
        yield _example(row, path)


def _example(row: dict[str, Any], path: Path) -> Example:
    check_annotation(row, f"{path.name} {row['id']}")
    text = Text(
        row["id"],
        _MARK.sub(r"\1", row["text"]),
        row.get("title"),
        row.get("date"),
        row["genre"],
        row["site"],
        row.get("context"),
    )
    named = {g["g"]: {"st": g["st"], "sev": g["sev"]} for g in row["groups"]}
    gold = {head: row[head] for head in ("rel", "voice", "time", "acts", "frame", "themes")}
    return Example(text, row["lang"], row.get("source") or path.stem, gold, named)


def labelled_by_key(folder: Path, labels: Path | None = None) -> list[Example]:
    """Real texts of other sets, labelled by the codebook for this project: `labels` holds keys, `folder` the texts.

    A key whose text is not in `folder` is a ValueError: training must not lose texts without a word.
    """
    labels = labels or LABELS
    texts = {key_of(text): (text, context) for text, context in _unlabelled(folder)}
    examples = []
    for row in _rows(labels):
        if row["id"] not in texts:
            raise ValueError(f"{labels.name}: no text in {folder} has the key {row['id']}; is a set missing?")
        text, context = texts[row["id"]]
        examples.append(_example({**row, "text": text, "context": context}, labels))
    return examples


def _plain(text: str) -> str:
    return " ".join(_TAG.sub(" ", text).split())


def _unlabelled(folder: Path) -> Iterator[tuple[str, str | None]]:
    """The texts of the sets that carry no labels of the codebook, and the headline over each."""
    for row in _rows(folder / "ruethnohate_train.jsonl"):
        yield row["text"], None
    with (folder / "snlp_topics_train.csv").open(encoding="utf-8", newline="") as lines:
        yield from ((_plain(row["text"]), None) for row in csv.DictReader(lines))
    with (folder / "mlma_en.csv").open(encoding="utf-8", newline="") as lines:
        yield from ((_plain(row["tweet"]), None) for row in csv.DictReader(lines))
    yield from ((_plain(row["text"]), row["title"]) for row in _rows(folder / "foxnews_en.jsonl"))
    yield from ((_plain(row["sentence"]), None) for row in _table(folder / "rusentne_train.tsv"))
    sentences = (folder / "kaznerd_valid.iob2").read_text("utf-8").split("\n\n")
    yield from ((" ".join(line.split()[0] for line in s.splitlines() if line.strip()), None) for s in sentences)


def stances(path: Path) -> list[Example]:
    """RuEthnoHate pairs by text: stance only. A Russian stem that the word list does not know is left out."""
    by_text: dict[str, tuple[str, dict[str, dict[str, int]]]] = {}
    for row in _rows(path):
        mentions = groups.find(row["group"]).mentions
        if mentions:
            _, stance_of = by_text.setdefault(str(row["text_id"]), (row["text"], {}))
            stance_of[mentions[0].group] = {"st": int(row["stance"])}
    return [
        Example(
            Text(f"reh{number}", text, genre="comment", site="Russia"), "ru", "ruethnohate_stance", {}, named, False
        )
        for number, (text, named) in by_text.items()
    ]


def _with_stances(examples: list[Example], judged: list[Example]) -> list[Example]:
    """Texts annotated by the codebook that also stand in RuEthnoHate take its stances: people gave those."""
    by_key = {key_of(e.text.text): e.groups for e in judged}
    merged = []
    for example in examples:
        theirs = by_key.get(key_of(example.text.text), {})
        both = {g: {**example.groups.get(g, {}), **labels} for g, labels in theirs.items()}
        merged.append(replace(example, groups={**example.groups, **both}) if theirs else example)
    return merged


def nationalities(path: Path, measured: Path) -> list[Example]:
    """RuSentNE sentences with a sentiment towards a nationality: stance only. Sentences of `measured` are left out."""
    kept_apart = {key_of(row["sentence"]) for row in _table(measured)}
    named: dict[str, dict[str, dict[str, int]]] = {}
    for row in _table(path):
        if row["entity_tag"] == "NATIONALITY" and key_of(row["sentence"]) not in kept_apart:
            mentions = groups.find(row["entity"]).mentions
            if mentions:
                named.setdefault(row["sentence"], {})[mentions[0].group] = {"st": int(row["label"])}
    return [
        Example(Text(f"rsn{n}", text, genre="news", site="Russia"), "ru", "rusentne_stance", {}, stance_of, False)
        for n, (text, stance_of) in enumerate(named.items())
    ]


def functional(suite: Path, slots: Path) -> Iterator[tuple[dict[str, Any], Text, dict[str, Any], dict[str, Any]]]:
    """Filled items of the functional suite: (item, text, gold, alternatives by head), one for each group of a slot."""
    forms: dict[str, dict[str, dict[str, str]]] = json.loads(slots.read_text("utf-8"))
    for item in _rows(suite):
        fillings: Iterable[tuple[str, dict[str, str]]] = [("", {})]
        if item["slots"]:
            by_group = forms[item["lang"]]
            fillings = [(g, by_group[g]) for g in by_group if g not in item["exclude"]]
        for group, surfaces in fillings:
            filled = json.loads(_filled(json.dumps(item, ensure_ascii=False), group, surfaces))
            text = Text(
                f"{item['id']}-{group}", filled["text"], filled.get("title"), None,
                filled.get("genre", "post"), filled.get("site", "Kazakhstan"), filled.get("context"),
            )  # fmt: skip
            yield item, text, filled["gold"], filled.get("alt", {})


def _filled(template: str, group: str, surfaces: dict[str, str]) -> str:
    for slot, surface in surfaces.items():
        template = template.replace("{" + slot + "}", surface)
    return template.replace("{GROUP}", group)


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
