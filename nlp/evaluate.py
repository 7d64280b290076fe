"""How good the reader is, end to end (gate included): by head, language, genre and group, and on the functional suite.

In: gold examples and readings in step. Out: figures, and tables in Markdown for the model card. Nothing here learns.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from nlp import corpus
from nlp.calibrate import expected_calibration_error, f1_of, macro_f1
from nlp.corpus import Example
from nlp.labels import read_labels
from nlp.read import Reader
from nlp.reading import Reading

_HARMLESS_REL: Final = ("none", "mention")
_LEAST: Final = 20  # a cell with fewer cases is not shown: its figure would be noise

Table = list[list[str]]


@dataclass(frozen=True, slots=True)
class Scores:
    """Figures between 0 and 1 over `texts` texts; `ece` by head. `acts` is F1 over all (text, act) decisions."""

    texts: int
    rel: float
    domestic: float
    voice: float
    time: float
    frame: float
    acts: float
    themes: float
    stance: float
    severe: float
    hostility: float


@dataclass(frozen=True, slots=True)
class FunctionalScore:
    """Means over templates; `by_function` and `by_language` give score and number of templates."""

    score: float
    by_function: dict[str, tuple[float, int]]
    by_language: dict[str, tuple[float, int]]
    false_hostility: float  # share flagged hostile, mean over templates of harmless functions
    swap_changes: float  # share of templates whose answer depends on which group fills the slot


def hostile(reading: Reading) -> bool:
    """The hostility flag: severity ≥ 2, or ≥ 1 with stance −1, and the voice does not counter."""
    return reading.voice != "counter" and any(g.sev >= 2 or (g.sev >= 1 and g.st == -1) for g in reading.groups)


def scores_of(examples: Sequence[Example], readings: Sequence[Reading]) -> Scores:
    """All figures of one set of texts."""
    pairs = list(zip(examples, readings, strict=True))

    def one(head: str) -> float:
        spec = read_labels()[head]
        gold = np.array([spec.index(e.gold[head]) for e, _ in pairs])
        said = np.array([spec.index(getattr(r, head)) for _, r in pairs])
        return macro_f1(gold, said, sorted({int(k) for k in gold}))

    def many(head: str) -> float:
        gold = np.array([[c in e.gold[head] for c in read_labels()[head].codes] for e, _ in pairs], dtype=np.int64)
        said = np.array([[c in getattr(r, head) for c in read_labels()[head].codes] for _, r in pairs], dtype=np.int64)
        return f1_of(gold.ravel(), said.ravel())

    def flag(gold: Callable[[Example], bool], said: Callable[[Reading], bool]) -> float:
        return f1_of(np.array([int(gold(e)) for e, _ in pairs]), np.array([int(said(r)) for _, r in pairs]))

    stances = [(e.groups[g.g]["st"], g.st) for e, r in pairs for g in r.groups if g.g in e.groups]
    severities = [(e.groups[g.g]["sev"] > 0, g.sev > 0) for e, r in pairs for g in r.groups if g.g in e.groups]
    stance_gold, stance_said = (np.array(column) for column in zip(*stances, strict=True)) if stances else ([0], [0])
    return Scores(
        len(pairs),
        one("rel"),
        flag(lambda e: e.gold["rel"] == "domestic", lambda r: r.rel == "domestic"),
        one("voice"),
        one("time"),
        one("frame"),
        many("acts"),
        many("themes"),
        macro_f1(np.asarray(stance_gold), np.asarray(stance_said), sorted({int(k) for k in stance_gold})),
        f1_of(np.array([int(a) for a, _ in severities]), np.array([int(b) for _, b in severities])),
        flag(lambda e: e.hostile, hostile),
    )


def act_scores(examples: Sequence[Example], readings: Sequence[Reading]) -> dict[str, tuple[int, float, float]]:
    """For each act: number of gold texts, precision, recall."""
    result = {}
    for act in read_labels()["acts"].codes:
        hits = sum(act in e.gold["acts"] and act in r.acts for e, r in zip(examples, readings, strict=True))
        gold = sum(act in e.gold["acts"] for e in examples)
        said = sum(act in r.acts for r in readings)
        result[act] = (gold, hits / said if said else 0.0, hits / gold if gold else 0.0)
    return result


def group_errors(examples: Sequence[Example], readings: Sequence[Reading]) -> dict[str, tuple[int, int, float, float]]:
    """For each group: hostile and harmless (text, group) pairs, miss rate, false-alarm rate.

    A pair counts as flagged if the reading gives the group severity ≥ 2, or ≥ 1 with stance −1.
    """
    cells: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for example, reading in zip(examples, readings, strict=True):
        said = {g.g: g.sev >= 2 or (g.sev >= 1 and g.st == -1) for g in reading.groups}
        for group, gold in example.groups.items():
            cells[group].append((gold["sev"] >= 2 or (gold["sev"] >= 1 and gold["st"] == -1), said.get(group, False)))
    result = {}
    for group, pairs in cells.items():
        bad, good = [s for g, s in pairs if g], [s for g, s in pairs if not g]
        miss = 1 - sum(bad) / len(bad) if bad else float("nan")
        result[group] = (len(bad), len(good), miss, sum(good) / len(good) if good else float("nan"))
    return result


def calibration_errors(examples: Sequence[Example], readings: Sequence[Reading]) -> dict[str, float]:
    """Expected calibration error by text head over the texts the gate let through."""
    open_pairs = [(e, r) for e, r in zip(examples, readings, strict=True) if r.p]
    errors = {}
    for head in ("rel", "voice", "time", "frame"):
        best = [max(r.p[head].items(), key=lambda item: item[1]) for _, r in open_pairs]
        right = np.array([code == e.gold[head] for (code, _), (e, _) in zip(best, open_pairs, strict=True)])
        errors[head] = expected_calibration_error(np.array([p for _, p in best], dtype=np.float32), right)
    for head in ("acts", "themes"):
        stated = [(p, code in e.gold[head]) for e, r in open_pairs for code, p in r.p[head].items()]
        confidence = np.array([p for p, _ in stated], dtype=np.float32)
        errors[head] = expected_calibration_error(confidence, np.array([is_gold for _, is_gold in stated]))
    return errors


def functional_score(suite: Path, slots: Path, reader: Reader) -> FunctionalScore:
    """The functional suite: right relevance, hostility flag and acts, averaged within a template first."""
    filled = list(corpus.functional(suite, slots))
    readings = list(reader.read(text for _, text, _, _ in filled))
    right: dict[str, list[bool]] = defaultdict(list)
    answers: dict[str, set[tuple[Any, ...]]] = defaultdict(set)
    flagged: dict[str, list[bool]] = defaultdict(list)
    harmful: set[str] = set()
    items: dict[str, dict[str, Any]] = {}
    for (item, _, gold, alternatives), reading in zip(filled, readings, strict=True):
        items[item["id"]] = item
        right[item["id"]].append(_is_right(reading, gold, alternatives))
        answers[item["id"]].add((reading.rel, reading.acts, hostile(reading)))
        flagged[item["id"]].append(hostile(reading))
        if gold["rel"] not in _HARMLESS_REL and any(g["st"] < 0 or g["sev"] > 0 for g in gold["groups"]):
            harmful.add(item["fn"])
    means = {item: float(np.mean(values)) for item, values in right.items()}
    harmless = [float(np.mean(values)) for item, values in flagged.items() if items[item]["fn"] not in harmful]
    return FunctionalScore(
        float(np.mean(list(means.values()))),
        _mean_by(means, items, "fn"),
        _mean_by(means, items, "lang"),
        float(np.mean(harmless)),
        float(np.mean([len(values) > 1 for values in answers.values()])),
    )


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


def _mean_by(means: dict[str, float], items: dict[str, dict[str, Any]], key: str) -> dict[str, tuple[float, int]]:
    cells: dict[str, list[float]] = defaultdict(list)
    for item, mean in means.items():
        cells[items[item][key]].append(mean)
    return {name: (float(np.mean(values)), len(values)) for name, values in sorted(cells.items())}


def report(data: Path, functional_folder: Path, reader: Reader) -> str:
    """The measured part of the model card, in Markdown."""
    examples = corpus.validation(data)
    readings = list(reader.read(e.text for e in examples))
    columns = list(Scores.__dataclass_fields__)
    rows: Table = []
    for name, keep in _slices(examples):
        index = [i for i, e in enumerate(examples) if keep(e)]
        if len(index) >= _LEAST:
            rows.append([name, *_cells(scores_of([examples[i] for i in index], [readings[i] for i in index]))])
    functional = functional_score(
        functional_folder / "functional_open.jsonl", functional_folder / "functional_slots.json", reader
    )
    acts = [[a, str(n), f"{p:.2f}", f"{r:.2f}"] for a, (n, p, r) in act_scores(examples, readings).items()]
    errors = [
        [g, str(bad), str(good), f"{miss:.2f}", f"{false:.2f}"]
        for g, (bad, good, miss, false) in sorted(group_errors(examples, readings).items())
        if bad + good >= _LEAST
    ]
    ece = [[head, f"{value:.3f}"] for head, value in calibration_errors(examples, readings).items()]
    by_function = [[fn, str(n), f"{value:.2f}"] for fn, (value, n) in functional.by_function.items()]
    by_language = [[lang, str(n), f"{value:.2f}"] for lang, (value, n) in functional.by_language.items()]
    return "\n\n".join(
        [
            "### Validation texts, whole pipeline",
            markdown(["texts", "n", *columns[1:]], rows),
            "### Acts on the same texts",
            markdown(["act", "gold", "precision", "recall"], acts),
            f"### Errors by group (groups with {_LEAST} or more pairs)",
            markdown(["group", "hostile", "harmless", "missed", "false alarms"], errors),
            "### Expected calibration error",
            markdown(["head", "ECE"], ece),
            "### Functional suite (kept apart: nothing is learnt or tuned on it)",
            f"Score {functional.score:.3f}; templates of harmless functions "
            f"flagged as hostile {functional.false_hostility:.3f}; "
            f"templates whose answer changes with the group in the slot {functional.swap_changes:.3f}.",
            markdown(["language", "templates", "score"], by_language),
            markdown(["function", "templates", "score"], by_function),
        ]
    )


def markdown(header: Sequence[str], rows: Table) -> str:
    """A pipe table."""
    lines = [list(header), ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def summary(examples: Sequence[Example], reader: Reader) -> str:
    """One JSON line of all figures: for comparing two models."""
    readings = list(reader.read(e.text for e in examples))
    scores = scores_of(examples, readings)
    return json.dumps({name: round(getattr(scores, name), 3) for name in Scores.__dataclass_fields__})


def _slices(examples: Sequence[Example]) -> list[tuple[str, Callable[[Example], bool]]]:
    slices: list[tuple[str, Callable[[Example], bool]]] = [("all", lambda _: True)]
    slices += [(f"written {lang}", _written_in(lang)) for lang in ("kk", "ru", "mix", "en")]
    slices += [("real texts", lambda e: not e.source.startswith("written"))]
    slices += [(f"real {site}", _real_on(site)) for site in ("Kazakhstan", "Russia")]
    slices += [(genre, _of_genre(genre)) for genre in sorted({e.text.genre for e in examples})]
    return slices


def _written_in(language: str) -> Callable[[Example], bool]:
    return lambda e: e.source.startswith("written") and e.language == language


def _real_on(site: str) -> Callable[[Example], bool]:
    return lambda e: not e.source.startswith("written") and e.text.site == site


def _of_genre(genre: str) -> Callable[[Example], bool]:
    return lambda e: e.text.genre == genre


def _cells(scores: Scores) -> list[str]:
    values = [getattr(scores, name) for name in Scores.__dataclass_fields__]
    return [str(values[0]), *(f"{value:.2f}" for value in values[1:])]
