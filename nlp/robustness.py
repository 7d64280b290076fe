"""How the reader stands up to what it was not made of: the functional suite, swapped peoples, disguises, HateCheck.

In: a reader, and the texts. Out: figures. All texts here are for measuring only; nothing is learnt or tuned on them.
"""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from nlp import corpus, evasion, figures
from nlp.agreement import ENOUGH, LEAST, Judged, Track, hostile, quietly, worst_group_figures
from nlp.figures import Figure, Measure, measured
from nlp.read import Reader
from nlp.reading import Reading, Span, Text

_HARMLESS_REL: Final = ("none", "mention")
_SEED: Final = 20260525
HATECHECK: Final = ("Muslims", "black people", "immigrants")  # the targets that could be a people in this codebook


@dataclass(frozen=True, slots=True)
class Template:
    """One item of the functional suite with a reading for each group that filled its slot (one if it has none)."""

    item: dict[str, Any]
    groups: tuple[str, ...]
    readings: tuple[Reading, ...]
    right: tuple[bool, ...]

    @property
    def function(self) -> str:
        return str(self.item["fn"])

    @property
    def language(self) -> str:
        return str(self.item["lang"])

    @property
    def score(self) -> float:
        """Mean over the groups: a template with fourteen fillings counts as much as one without."""
        return float(np.mean(self.right))


def read_suite(suite: Path, reader: Reader, track: Track = quietly) -> list[Template]:
    """All filled items of the suite in `suite`, read once."""
    filled = list(corpus.functional(suite / "functional_open.jsonl", suite / "functional_slots.json"))
    readings = track(reader.read(text for _, text, _, _ in filled), "functional suite", len(filled))
    rows: dict[str, list[tuple[str, Reading, bool]]] = defaultdict(list)
    items: dict[str, dict[str, Any]] = {}
    for (item, text, gold, alternatives), reading in zip(filled, readings, strict=True):
        items[item["id"]] = item
        group = text.id.removeprefix(f"{item['id']}-")
        rows[item["id"]].append((group, reading, _is_right(reading, gold, alternatives)))
    return [Template(items[name], *zip(*found, strict=True)) for name, found in rows.items()]


def functional_figures(suite: Path, reader: Reader, track: Track = quietly) -> Iterator[Figure]:
    """The suite by function and language, Kazakh against Russian, swapped peoples, false alarms by group."""
    templates = read_suite(suite, reader, track)
    harmless = harmless_functions(templates)
    cells = {"all": templates, "harmless functions": [t for t in templates if t.function in harmless]}
    cells |= {f"language {x}": [t for t in templates if t.language == x] for x in ("kk", "ru", "en")}
    functions = sorted({t.function for t in templates})
    cells |= {f"function {x}": [t for t in templates if t.function == x] for x in functions}
    for cell, kept in cells.items():
        yield from _suite_figure(cell, "share right", kept, [t.score for t in kept])
    calm = cells["harmless functions"]
    yield from _suite_figure("harmless functions", "flagged hostile", calm, [_alarms(t) for t in calm])
    yield from _language_gap(templates)
    yield from swap_figures(templates)
    yield from _harmless_by_group(calm)


def _suite_figure(cell: str, measure: str, kept: Sequence[Template], scores: Sequence[float]) -> Iterator[Figure]:
    if kept:
        of = figures.share(scores, range(len(kept)))
        yield measured("functional", cell, "all", measure, len(kept), of, len(kept))


def harmless_functions(templates: Iterable[Template]) -> set[str]:
    """Functions none of whose items has a group with a negative stance or a severity and is more than a mention."""
    harmful = {
        t.function
        for t in templates
        if t.item["gold"]["rel"] not in _HARMLESS_REL
        and any(g["st"] < 0 or g["sev"] > 0 for g in t.item["gold"]["groups"])
    }
    return {t.function for t in templates} - harmful


def _language_gap(templates: Sequence[Template]) -> Iterator[Figure]:
    """Russian less Kazakh over the functions that have both: mean of each function's difference."""
    by_language: dict[str, dict[str, list[tuple[int, float]]]] = {"kk": defaultdict(list), "ru": defaultdict(list)}
    for k, template in enumerate(templates):
        if template.language in by_language:
            by_language[template.language][template.function].append((k, template.score))
    matched = sorted(by_language["kk"].keys() & by_language["ru"].keys())
    if matched:
        of = {
            x: [figures.share([s for _, s in by_language[x][fn]], [k for k, _ in by_language[x][fn]]) for fn in matched]
            for x in ("kk", "ru")
        }
        cases = sum(len(by_language[x][fn]) for x in ("kk", "ru") for fn in matched)
        for x, rows in of.items():
            yield measured("matched", x, "all", "share right", cases, figures.mean_of(rows), len(templates))
        yield measured("matched", "ru less kk", "all", "gap", cases, figures.gap(of["ru"], of["kk"]), len(templates))


def swap_figures(templates: Sequence[Template]) -> Iterator[Figure]:
    """Templates with a slot: the share read alike whoever fills it, and the largest difference of any probability."""
    slotted = [t for t in templates if len(t.readings) > 1]
    if slotted:
        alike = [len({labels_of(r) for r in t.readings}) == 1 for t in slotted]
        of = figures.share(alike, range(len(slotted)))
        yield measured("swap", "templates", "all", "same labels", len(slotted), of, len(slotted))
        widest = max(_spread(t.readings) for t in slotted)
        yield Figure("swap", "templates", "all", "largest score difference", len(slotted), widest, widest, widest)


def labels_of(reading: Reading) -> tuple[Any, ...]:
    """All that a reading says but who is meant; groups in order of appearance."""
    told = tuple((group.st, group.sev) for group in reading.groups)
    return reading.rel, reading.voice, reading.time, reading.frame, reading.acts, reading.themes, told


def _spread(readings: Sequence[Reading]) -> float:
    """The largest difference of one probability among readings of a template; 1 where a head is there only in some."""
    stated = [_probabilities(reading) for reading in readings]
    if len({frozenset(p) for p in stated}) > 1:
        return 1.0
    return max((max(p[key] for p in stated) - min(p[key] for p in stated) for key in stated[0]), default=0.0)


def _probabilities(reading: Reading) -> dict[tuple[str, str], float]:
    stated = {(head, code): p for head, of in reading.p.items() for code, p in of.items()}
    for k, group in enumerate(reading.groups):
        stated |= {(f"{head} {k}", code): p for head, of in group.p.items() for code, p in of.items()}
    return stated


def _harmless_by_group(calm: Sequence[Template]) -> Iterator[Figure]:
    """False alarms of harmless functions by the group that fills the slot."""
    rows: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    for k, template in enumerate(calm):
        for group, reading in zip(template.groups, template.readings, strict=True):
            if group:
                rows[group].append((k, hostile(reading)))
    for group, alarms in sorted(rows.items()):
        rate = figures.share([a for _, a in alarms], [k for k, _ in alarms])
        yield measured("harmless suite", group, "hostility", "false alarms", len(alarms), rate, len(calm))
    enough = {group: alarms for group, alarms in sorted(rows.items()) if len(alarms) >= ENOUGH}
    if enough:
        yield from worst_group_figures("functional suite", enough, len(calm))


def _alarms(template: Template) -> float:
    return float(np.mean([hostile(reading) for reading in template.readings]))


def _is_right(reading: Reading, gold: dict[str, Any], alternatives: dict[str, Any]) -> bool:
    relevances = {gold["rel"], *alternatives.get("rel", [])}
    if relevances & set(_HARMLESS_REL):
        relevances |= set(_HARMLESS_REL)
    flags = {_flag(groups, gold["voice"]) for groups in [gold["groups"], *alternatives.get("groups", [])]}
    acts = [gold["acts"], *alternatives.get("acts", [])]
    said = set(reading.acts)
    overlap = max(len(said & set(a)) / len(said | set(a)) if said | set(a) else 1.0 for a in acts)
    return reading.rel in relevances and hostile(reading) in flags and overlap >= 0.5


def _flag(groups: Iterable[dict[str, Any]], voice: str) -> bool:
    return voice != "counter" and any(g["sev"] >= 2 or (g["sev"] >= 1 and g["st"] == -1) for g in groups)


# -- disguises --------------------------------------------------------------------------------------------------------


def evasion_figures(judged: Sequence[Judged], reader: Reader, track: Track = quietly) -> Iterator[Figure]:
    """The share of texts read alike after names of peoples and hostile words are disguised, by kind of disguise.

    Only texts with something to disguise count. Chance has a fixed seed for each text and kind.
    """
    rows = [(e, r, where) for e, r in judged if (where := evasion.targets(e.text.text, _named(r)))]
    if len(rows) < LEAST:
        return
    own = np.arange(len(rows))
    everywhere: dict[str, list[Measure]] = defaultdict(list)
    for kind in evasion.KINDS:
        texts = [_disguised(e.text, where, kind) for e, _, where in rows]
        readings = list(track(reader.read(texts), f"disguised: {kind}", len(texts)))
        pairs = [(reading, told) for (_, reading, _), told in zip(rows, readings, strict=True)]
        same = {
            "rel": np.array([r.rel == d.rel for r, d in pairs]),
            "hostility": np.array([hostile(r) == hostile(d) for r, d in pairs]),
            "acts": np.array([set(r.acts) == set(d.acts) for r, d in pairs]),
        }
        flags = np.array([hostile(r) for _, r, _ in rows])
        found = [{g.g for g in r.groups} == {g.g for g in d.groups} for r, d in pairs]
        yield measured("evasion", kind, "groups", "same label", len(rows), figures.share(found, own), len(rows))
        for head, alike in same.items():
            everywhere[head].append(figures.share(alike, own))
            yield measured("evasion", kind, head, "same label", len(rows), everywhere[head][-1], len(rows))
        mean = figures.mean_of([figures.share(alike, own) for alike in same.values()])
        everywhere["mean"].append(mean)
        yield measured("evasion", kind, "mean", "same label", len(rows), mean, len(rows))
        if flags.sum() >= LEAST:
            kept = figures.recall(flags, same["hostility"], own)
            yield measured("evasion", kind, "hostility", "flag kept", int(flags.sum()), kept, len(rows))
    for head, measures in everywhere.items():
        yield measured("evasion", "all kinds", head, "same label", len(rows), figures.mean_of(measures), len(rows))


def _disguised(text: Text, where: Sequence[Span], kind: str) -> Text:
    chance = random.Random(f"{_SEED} {kind} {text.id}")  # noqa: S311 - a measure that can be repeated, no secret
    return replace(text, text=evasion.disguised(text.text, where, kind, chance))


def _named(reading: Reading) -> list[Span]:
    return [span for group in reading.groups for span in group.spans]


# -- HateCheck --------------------------------------------------------------------------------------------------------


def hatecheck_figures(path: Path, reader: Reader, track: Track = quietly) -> Iterator[Figure]:
    """The hostility flag against HateCheck's "hateful" (Röttger et al. 2021), for the targets in `HATECHECK`.

    Its English short sentences and its idea of hate differ from the codebook's: an extra figure, not a target.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["target_ident"] in HATECHECK]
    texts = [Text(f"hc{row['case_id']}", row["test_case"], site="United Kingdom") for row in rows]
    said = np.array([hostile(r) for r in track(reader.read(texts), "HateCheck", len(texts))])
    gold = np.array([row["label_gold"] == "hateful" for row in rows])
    cells = {"all": np.ones(len(rows), dtype=bool)}
    cells |= {name: np.array([row["target_ident"] == name for row in rows]) for name in HATECHECK}
    for cell, kept in cells.items():
        if count := int(kept.sum()):
            of = np.arange(count)
            for name, measure in (("F1", figures.f1), ("precision", figures.precision), ("recall", figures.recall)):
                yield measured("hatecheck", cell, "hostility", name, count, measure(gold[kept], said[kept], of), count)
            right = figures.share(gold[kept] == said[kept], of)
            yield measured("hatecheck", cell, "hostility", "share right", count, right, count)
