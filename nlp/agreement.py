"""How far the reader's answers agree with gold labels, end to end: heads, groups, calibration, word lists, abstention.

In: gold examples with their readings (each text is read once). Out: figures by slice of the texts. Nothing here learns.
"""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import numpy as np

from nlp import corpus, figures, groups
from nlp.corpus import Example
from nlp.features import Case
from nlp.figures import Figure, Measure, measured
from nlp.labels import Head, read_labels
from nlp.normalise import fold
from nlp.read import Reader, lead_of, prepare, where_of
from nlp.reading import GroupMention, GroupReading, Reading, Span, Text

LEAST: Final = 20  # a cell with fewer cases gets no figure: it would be noise
ENOUGH: Final = 50  # below it a figure is told with its interval, and no threshold is held against it
MISSING: Final = -1  # told index where the reader says nothing about a group that the gold names
# A card states the lowest confidence from which the rest is right this often (relevance: as often as two coders agree).
SURE: Final = 0.90
_SHARES: Final = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4)
_MARK: Final = re.compile(r"\[\[([^\]|]+)\|([^\]]+)\]\]")

T = TypeVar("T")
Judged = tuple[Example, Reading]
Keep = Callable[[Judged], bool]
Into = Callable[[str, str, int, Measure], Figure]  # head, measure, cases, how → the figure in some part and cell


class Track(Protocol):
    """Shows how far a pass over texts is; gives the items on unchanged."""

    def __call__(self, items: Iterable[T], what: str, total: int) -> Iterable[T]: ...


def quietly(items: Iterable[T], what: str, total: int) -> Iterable[T]:
    """No progress is shown."""
    return items


@dataclass(frozen=True, slots=True)
class Abstention:
    """Cost of "cannot tell": below `floor` of confidence the reader is not asked; `accuracy` is that of the rest."""

    part: str
    head: str
    abstained: float
    floor: float
    accuracy: float
    stated: bool = False  # the row that the card states as the rule


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts, gold label × told label; where a head has `missing`, the last column is what the reader did not name."""

    part: str
    head: str
    labels: tuple[str, ...]
    counts: list[list[int]]


def read_all(examples: Sequence[Example], reader: Reader, track: Track, what: str) -> list[Judged]:
    """The examples with their readings."""
    readings = reader.read(example.text for example in examples)
    return list(track(zip(examples, readings, strict=True), what, len(examples)))


# -- flags ------------------------------------------------------------------------------------------------------------


def flagged(group: GroupReading) -> bool:
    """Severity ≥ 2, or ≥ 1 with stance −1: the hostility flag of one group."""
    return group.sev >= 2 or (group.sev >= 1 and group.st == -1)


def hostile(reading: Reading) -> bool:
    """The hostility flag of a text: one group has it, and the voice does not counter."""
    return reading.voice != "counter" and any(flagged(group) for group in reading.groups)


def hostility_score(reading: Reading) -> float:
    """How hostile the model finds a text, 0 to 1: highest over groups of √(P(severity ≥ 1) · P(stance −1))."""
    scores = [np.sqrt((1 - g.p["sev"]["0"]) * g.p["st"]["-1"]) for g in reading.groups if g.p]
    return float(max(scores, default=0.0))


# -- texts ------------------------------------------------------------------------------------------------------------


def cells(judged: Sequence[Judged]) -> Iterator[tuple[str, list[Judged]]]:
    """All texts, then each slice by source kind, language, genre and (real texts) site that holds enough of them."""
    written: Keep = lambda row: row[0].source.startswith("written")  # noqa: E731
    keeps: list[tuple[str, Keep]] = [("all", lambda _: True), ("written", written), ("real", lambda r: not written(r))]
    examples = [example for example, _ in judged]
    keeps += [(f"language {x}", _language_is(x)) for x in sorted({e.language for e in examples})]
    keeps += [(f"genre {x}", _genre_is(x)) for x in sorted({e.text.genre for e in examples})]
    keeps += [(f"real, {x}", _real_from(x)) for x in sorted({e.text.site for e in examples})]
    for name, keep in keeps:
        kept = [row for row in judged if keep(row)]
        if len(kept) >= LEAST:
            yield name, kept


def text_figures(part: str, cell: str, judged: Sequence[Judged]) -> Iterator[Figure]:
    """Every head, the hostility flag and the calibration of one slice of texts with all heads labelled."""
    count = len(judged)
    figure = partial(measured_in, part, cell, count)
    own = np.arange(count)
    for head in _text_heads("one"):
        gold, said = _indices(head, judged)
        yield figure(head.head, "macro-F1", count, figures.macro_f1(gold, said, own))
    domestic = np.array([e.gold["rel"] == "domestic" for e, _ in judged])
    told = np.array([r.rel == "domestic" for _, r in judged])
    yield figure("rel", "F1 of domestic", int(domestic.sum()), figures.f1(domestic, told, own))
    for head in _text_heads("many"):
        gold, said = _members(head, judged)
        of = np.repeat(own, len(head.codes))
        yield figure(head.head, "micro-F1", int(gold.sum()), figures.f1(gold.ravel(), said.ravel(), of))
        for k, code in enumerate(head.codes):
            if gold[:, k].any():
                one = figures.f1(gold[:, k], said[:, k], own)
                yield figure(f"{head.head}.{code}", "F1", int(gold[:, k].sum()), one)
    yield from _pair_figures(judged, figure)
    gold = np.array([e.hostile for e, _ in judged])
    said = np.array([hostile(r) for _, r in judged])
    for name, measure in (("F1", figures.f1), ("precision", figures.precision), ("recall", figures.recall)):
        yield figure("hostility", name, int(gold.sum()), measure(gold, said, own))
    yield from calibration_figures(judged, figure)


def measured_in(part: str, cell: str, texts: int, head: str, measure: str, cases: int, of: Measure) -> Figure:
    """`measured`, with what stays the same within a cell first."""
    return measured(part, cell, head, measure, cases, of, texts)


def _pair_figures(judged: Sequence[Judged], figure: Into) -> Iterator[Figure]:
    """Stance and severity of the (text, group) pairs that the gold names; a group not found has severity none."""
    pairs = [(k, gold, _group_of(r, g)) for k, (e, r) in enumerate(judged) for g, gold in e.groups.items()]
    if len(pairs) < LEAST:
        return
    stance, severity = read_labels()["st"], read_labels()["sev"]
    of = np.array([k for k, _, _ in pairs])
    gold = np.array([stance.index(g["st"]) for _, g, _ in pairs])
    said = np.array([stance.index(r.st) if r else MISSING for _, _, r in pairs])
    yield figure("st", "macro-F1", len(pairs), figures.macro_f1(gold, said, of))
    yield figure("st", "groups found", len(pairs), figures.share(said != MISSING, of))
    gold = np.array([g["sev"] for _, g, _ in pairs])
    said = np.array([r.sev if r else 0 for _, _, r in pairs])
    yield figure("sev", "weighted kappa", len(pairs), figures.weighted_kappa(gold, said, of, len(severity.codes)))
    yield figure("sev", "F1 of 1 or more", int((gold > 0).sum()), figures.f1(gold > 0, said > 0, of))
    grave = gold >= 3
    score = np.array([r.p["sev"]["3"] + r.p["sev"]["4"] if r and r.p else 0.0 for _, _, r in pairs])
    if grave.any():
        reached = figures.recall_at(0.8, score, grave, of)
        yield figure("sev", "recall of 3 or more at precision .8", int(grave.sum()), reached)


def calibration_figures(judged: Sequence[Judged], figure: Into) -> Iterator[Figure]:
    """Expected calibration error by head: of the likeliest label (one-of heads), of each label (any-of heads).

    Texts that the gate stopped have no probabilities and do not count.
    """
    open_rows = [(k, e, r) for k, (e, r) in enumerate(judged) if r.p]
    for head in _text_heads("one"):
        best = [(k, *_likeliest(r.p[head.head]), e.gold[head.head]) for k, e, r in open_rows]
        yield from _calibration(head.head, best, figure)
    for head in _text_heads("many"):
        stated = [(k, p, code in e.gold[head.head]) for k, e, r in open_rows for code, p in r.p[head.head].items()]
        if len(open_rows) >= LEAST:
            of, confidence, right = (np.array(column) for column in zip(*stated, strict=True))
            error = figures.calibration_error(confidence, right, of)
            yield figure(head.head, "calibration error", len(open_rows), error)
    for name in ("st", "sev"):
        best = [
            (k, *_likeliest(r.p[name]), str(gold[name]))
            for k, (e, reading) in enumerate(judged)
            for g, gold in e.groups.items()
            if (r := _group_of(reading, g)) and r.p
        ]
        yield from _calibration(name, best, figure)


def _calibration(head: str, best: Sequence[tuple[int, str, float, str]], figure: Into) -> Iterator[Figure]:
    if len(best) >= LEAST:
        of, confidence = np.array([k for k, *_ in best]), np.array([p for _, _, p, _ in best])
        right = np.array([code == gold for _, code, _, gold in best])
        yield figure(head, "calibration error", len(best), figures.calibration_error(confidence, right, of))


def gate_figures(judged: Sequence[Judged]) -> Iterator[Figure]:
    """How many of the relevant texts the gate lets through, and how many of all."""
    relevant = np.array([e.gold["rel"] in ("domestic", "abroad") for e, _ in judged])
    passed = np.array([bool(r.p) for _, r in judged])
    count = len(judged)
    found, through = figures.recall(relevant, passed, range(count)), figures.share(passed, range(count))
    yield measured("gate", "validation", "rel", "recall of relevant", int(relevant.sum()), found, count)
    yield measured("gate", "validation", "all", "share passed", count, through, count)


def confusions(judged: Sequence[Judged], stances: Stances) -> tuple[Confusion, ...]:
    """Relevance, stance and severity on validation, stance on RuEthnoHate."""
    rel, stance, severity = (read_labels()[name] for name in ("rel", "st", "sev"))
    pairs = [(gold, _group_of(r, g)) for e, r in judged for g, gold in e.groups.items()]
    told: dict[str, list[int]] = {"st": [], "sev": []}
    gold: dict[str, list[int]] = {"st": [], "sev": []}
    for labels, reading in pairs:
        for head in (stance, severity):
            gold[head.head].append(head.index(labels[head.head]))
            told[head.head].append(head.index(getattr(reading, head.head)) if reading else MISSING)
    of_rel, said_rel = _indices(rel, judged)
    table = figures.confusion
    return (
        Confusion("validation", "rel", rel.codes, table(list(of_rel), list(said_rel), len(rel.codes))),
        Confusion("validation", "st", stance.codes, table(gold["st"], told["st"], len(stance.codes))),
        Confusion("validation", "sev", severity.codes, table(gold["sev"], told["sev"], len(severity.codes))),
        Confusion("ruethnohate", "st", stance.codes, table(
            [p.gold for p in stances.pairs], [p.end_to_end for p in stances.pairs], len(stance.codes)
        )),
    )  # fmt: skip


# -- stance by people (RuEthnoHate) -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StancePair:
    """One annotated (text, group) pair as indices of the stance head; `group` None: a stem no word list knows."""

    text: int
    group: str | None
    gold: int
    end_to_end: int  # MISSING where the reader did not find the group
    given: int  # the same, but with the group's name put into a slot where the annotators' stem stands
    reading: GroupReading | None


@dataclass(frozen=True, slots=True)
class Stances:
    texts: int
    readings: list[Reading]
    pairs: list[StancePair]


def read_stances(path: Path, reader: Reader, track: Track = quietly) -> Stances:
    """Read the texts of RuEthnoHate once, and again only those where a given group was not found."""
    rows: dict[str, list[tuple[str, int]]] = {}
    texts: dict[str, Text] = {}
    for row in _rows(path):
        key = str(row["text_id"])
        rows.setdefault(key, []).append((row["group"], int(row["stance"])))
        texts[key] = Text(f"reh{key}", row["text"], genre="comment", site="Russia")
    readings = list(track(reader.read(texts.values()), "RuEthnoHate", len(texts)))
    head = read_labels()["st"]
    pairs: list[StancePair] = []
    lost: list[tuple[int, Case, str]] = []
    for k, (key, reading) in enumerate(zip(texts, readings, strict=True)):
        for stem, stance in rows[key]:
            mentions = groups.find(stem).mentions
            group = mentions[0].group if mentions else None
            found = _group_of(reading, group) if group else None
            told = head.index(found.st) if found else MISSING
            if found is None and (case := with_slot(texts[key], stem, group or stem, reader)):
                lost.append((len(pairs), case, group or stem))
            pairs.append(StancePair(k, group, head.index(stance), told, told, found))
    for (at, case, group), prediction in zip(lost, reader.classifier.predict([c for _, c, _ in lost]), strict=True):
        stance = prediction.groups[case.targets.index(group)].st
        pairs[at] = replace(pairs[at], given=head.index(stance))
    return Stances(len(texts), readings, pairs)


def with_slot(text: Text, stem: str, group: str, reader: Reader) -> Case | None:
    """The case of `text` with a slot at every word that begins as `stem` does; None where no word does."""
    beginning = fold(stem).text
    beginning = beginning[: max(3, len(beginning) - 2)]
    found = groups.find(text.text)
    given = [
        GroupMention(group, match.span(), match[0])
        for match in re.finditer(r"[^\W\d_]+", text.text)
        if fold(match[0]).text.startswith(beginning)
        and all(m.span[1] <= match.start() or match.end() <= m.span[0] for m in found.mentions)
    ]
    if not given and all(mention.group != group for mention in found.mentions):
        return None
    homonyms = tuple(
        h for h in found.homonyms if all(h.span[1] <= m.span[0] or m.span[1] <= h.span[0] for m in given)
    )  # fmt: skip
    mentions = tuple(sorted((*found.mentions, *given), key=lambda mention: mention.span))
    slotted = groups.slots(text.text, groups.GroupsFound(mentions, homonyms))
    places = prepare(text, reader.gazetteer).places
    return Case(lead_of(slotted.text), slotted.order, "", "", text.genre, text.site, where_of(places))


def stance_figures(stances: Stances) -> Iterator[Figure]:
    """Macro-F1 end to end (a group not found is never right) and given the slot; calibration of what was found."""
    pairs = stances.pairs
    of = np.array([p.text for p in pairs])
    gold = np.array([p.gold for p in pairs])
    said = {"end to end": [p.end_to_end for p in pairs], "given the slot": [p.given for p in pairs]}
    for cell, told in said.items():
        answers = np.array(told)
        kept = answers != MISSING if cell == "given the slot" else np.ones(len(pairs), dtype=bool)
        macro = figures.macro_f1(gold[kept], answers[kept], of[kept])
        yield measured("ruethnohate", cell, "st", "macro-F1", int(kept.sum()), macro, stances.texts)
        for k, code in enumerate(read_labels()["st"].codes):
            one = figures.f1(gold[kept] == k, answers[kept] == k, of[kept])
            yield measured("ruethnohate", cell, f"st.{code}", "F1", int((gold[kept] == k).sum()), one, stances.texts)
    found = figures.share(np.array(said["end to end"]) != MISSING, of)
    yield measured("ruethnohate", "end to end", "st", "groups found", len(pairs), found, stances.texts)
    codes = read_labels()["st"].codes
    best = [(p.text, *_likeliest(p.reading.p["st"]), codes[p.gold]) for p in pairs if p.reading and p.reading.p]
    yield from _calibration("st", best, partial(measured_in, "ruethnohate", "end to end", stances.texts))


# -- by group ---------------------------------------------------------------------------------------------------------


def group_figures(judged: Sequence[Judged], stances: Stances) -> Iterator[Figure]:
    """By group: hostile pairs missed and harmless ones flagged, stance; and the worst group's false alarms to the mean.

    Harmless pairs: severity none and no negative stance on validation, no negative stance in RuEthnoHate.
    """
    texts = len(judged) + stances.texts
    stance = read_labels()["st"]
    harmful: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    harmless: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    attitude: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for k, (example, reading) in enumerate(judged):
        for g, gold in example.groups.items():
            told = _group_of(reading, g)
            alarm = told is not None and reading.voice != "counter" and flagged(told)
            if gold["sev"] >= 2 or (gold["sev"] >= 1 and gold["st"] == -1):
                harmful[g].append((k, not alarm))
            elif gold["sev"] == 0 and gold["st"] >= 0:
                harmless[g].append((k, alarm))
            attitude[g].append((k, stance.index(gold["st"]), stance.index(told.st) if told else MISSING))
    for pair in stances.pairs:
        if pair.group is not None:
            at = len(judged) + pair.text
            attitude[pair.group].append((at, pair.gold, pair.end_to_end))
            if pair.gold != stance.index(-1):
                voice = stances.readings[pair.text].voice
                alarm = pair.reading is not None and voice != "counter" and flagged(pair.reading)
                harmless[pair.group].append((at, alarm))
    for name, table in (("missed", harmful), ("false alarms", harmless)):
        for g, rows in sorted(table.items()):
            if len(rows) >= LEAST:
                yield measured("groups", g, "hostility", name, len(rows), _rate(rows), texts)
    for g, triples in sorted(attitude.items()):
        if len(triples) >= LEAST:
            of, gold_of, told_of = (np.array(column) for column in zip(*triples, strict=True))
            yield measured("groups", g, "st", "macro-F1", len(triples), figures.macro_f1(gold_of, told_of, of), texts)
    enough = {g: rows for g, rows in harmless.items() if len(rows) >= ENOUGH}
    if enough:
        yield from worst_group_figures("real and written texts", enough, texts)


def worst_group_figures(cell: str, alarms: Mapping[str, Sequence[tuple[int, bool]]], texts: int) -> Iterator[Figure]:
    """False alarms of the worst group to the mean of all, and what that would be if all groups fared alike."""
    cases = min(map(len, alarms.values()))
    rates = [_rate(rows) for rows in alarms.values()]
    key = ("harmless", cell, "hostility")
    mean = measured(*key, "mean false alarms", cases, figures.mean_of(rates), texts)
    yield mean
    yield measured(*key, "worst group to mean", cases, figures.worst_to_mean(rates), texts, rate=False)
    alike = figures.worst_by_chance([len(rows) for rows in alarms.values()], mean.value)
    yield Figure(*key, "the same, were all groups alike", cases, *alike)


def _rate(rows: Sequence[tuple[int, bool]]) -> Measure:
    return figures.share([alarm for _, alarm in rows], [k for k, _ in rows])


# -- word lists -------------------------------------------------------------------------------------------------------


def span_figures(data: Path) -> Iterator[Figure]:
    """Names of peoples in the marked validation texts; one is right if the group fits and the spans meet."""
    held_out = set((data / "written_valid_ids.txt").read_text("utf-8").split())
    rows = [r for name in corpus.WRITTEN for r in _rows(data / f"{name}.jsonl") if r["id"] in held_out]
    marked = []
    for row in rows:
        text, marks = unmarked(row["text"])
        marked.append((marks, [(m.span, m.group) for m in groups.find(text).mentions]))
    if not rows:
        return
    of = range(len(rows))
    people = [([m for m in marks if _is_people(m)], [m for m in found if _is_people(m)]) for marks, found in marked]
    for cell, pairs in (("written", people), ("written, migrants and locals too", marked)):
        gold, said = [len(marks) for marks, _ in pairs], [len(found) for _, found in pairs]
        met = [sum(_meets(m, found) for m in marks) for marks, found in pairs]
        fit = [sum(_meets(m, marks) for m in found) for marks, found in pairs]
        exact = [2 * len(set(marks) & set(found)) for marks, found in pairs]
        both = np.add(gold, said)
        measures = {
            "F1 of names": figures.ratio(np.add(met, fit), both, of),
            "recall": figures.ratio(met, gold, of),
            "precision": figures.ratio(fit, said, of),
            "F1 of exact spans": figures.ratio(exact, both, of),
        }
        for name, measure in measures.items():
            yield measured("word lists", cell, "groups", name, sum(gold), measure, len(rows))


def unmarked(text: str) -> tuple[str, list[tuple[Span, str]]]:
    """The text without `[[surface|group]]` marks, and span and group of each."""
    pieces, marks, position, length = [], [], 0, 0
    for match in _MARK.finditer(text):
        pieces += [text[position : match.start()], match[1]]
        length += match.start() - position
        marks.append(((length, length + len(match[1])), match[2]))
        length += len(match[1])
        position = match.end()
    return "".join([*pieces, text[position:]]), marks


def _is_people(name: tuple[Span, str]) -> bool:
    return name[1] not in groups.GENERIC_GROUPS


def _meets(name: tuple[Span, str], others: Iterable[tuple[Span, str]]) -> bool:
    (first, last), group = name
    return any(group == g and first < e and s < last for (s, e), g in others)


def place_figures(data: Path, judged: Sequence[Judged]) -> Iterator[Figure]:
    """Regions of the places in validation texts against `place_regions.csv`: how many got one, how many a right one."""
    number = {example.text.id: k for k, (example, _) in enumerate(judged)}
    given: list[tuple[int, bool, bool]] = []
    with (data / "place_regions.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            k = number.get(row["id"])
            if k is None or not row["region"] or row["certain"] != "yes":
                continue
            example, reading = judged[k]
            start = example.text.text.find(row["surface"])
            if start >= 0:
                end = start + len(row["surface"])
                regions = [p.region for p in reading.places if p.region and p.span[0] < end and start < p.span[1]]
                given.append((k, bool(regions), row["region"] in regions))
    if given:
        of, told, right = (np.array(column) for column in zip(*given, strict=True))
        answered, fits = figures.share(told, of), figures.ratio(right, told, of)
        yield measured("word lists", "validation", "places", "region given", len(of), answered, len(judged))
        yield measured("word lists", "validation", "places", "right when given", int(told.sum()), fits, len(judged))


# -- cannot tell ------------------------------------------------------------------------------------------------------


def abstention(judged: Sequence[Judged], others: Sequence[Judged]) -> tuple[Abstention, ...]:
    """What the rule "cannot tell below this confidence" costs, and the floor that makes the rest right `SURE` often.

    Confidence: the highest calibrated probability of relevance; for the hostility flag the score of its group, or what
    is left to one where nothing is flagged. The stated floor is chosen on `judged` and told again for `others`.
    """
    rows: list[Abstention] = []
    for head, sure in (("rel", _sure_of_rel), ("hostility", _sure_of_flag)):
        confidence, right = (np.array(column) for column in zip(*map(sure, judged), strict=True))
        ranked = np.sort(confidence)
        floors = {share: float(ranked[int(share * len(ranked))]) for share in _SHARES}
        stated = next((float(c) for c in np.unique(ranked) if right[confidence >= c].mean() >= SURE), None)
        rows += [_cost("validation", head, floor, confidence, right, stated=False) for floor in floors.values()]
        if stated is not None:
            rows.append(_cost("validation", head, stated, confidence, right, stated=True))
            if len(others) >= LEAST:
                confidence, right = (np.array(column) for column in zip(*map(sure, others), strict=True))
                rows.append(_cost("own valid", head, stated, confidence, right, stated=True))
    return tuple(rows)


def _cost(part: str, head: str, floor: float, confidence: Any, right: Any, *, stated: bool) -> Abstention:
    kept = confidence >= floor
    accuracy = float(right[kept].mean()) if kept.any() else float("nan")
    return Abstention(part, head, float(1 - kept.mean()), floor, accuracy, stated)


def _sure_of_rel(row: Judged) -> tuple[float, bool]:
    example, reading = row
    return max(reading.p["rel"].values()) if reading.p else 1.0, reading.rel == example.gold["rel"]


def _sure_of_flag(row: Judged) -> tuple[float, bool]:
    example, reading = row
    score, said = hostility_score(reading), hostile(reading)
    return score if said else 1 - score, said == example.hostile


# -- small ------------------------------------------------------------------------------------------------------------


def _text_heads(kind: str) -> list[Head]:
    return [head for head in read_labels().values() if head.scope == "text" and head.kind == kind]


def _indices(head: Head, judged: Sequence[Judged]) -> tuple[Any, Any]:
    gold = np.array([head.index(e.gold[head.head]) for e, _ in judged])
    return gold, np.array([head.index(getattr(r, head.head)) for _, r in judged])


def _members(head: Head, judged: Sequence[Judged]) -> tuple[Any, Any]:
    gold = np.array([[code in e.gold[head.head] for code in head.codes] for e, _ in judged])
    return gold, np.array([[code in getattr(r, head.head) for code in head.codes] for _, r in judged])


def _group_of(reading: Reading, group: str) -> GroupReading | None:
    return next((told for told in reading.groups if told.g == group), None)


def _likeliest(p: dict[str, float]) -> tuple[str, float]:
    return max(p.items(), key=lambda item: item[1])


def _language_is(language: str) -> Keep:
    return lambda row: row[0].language == language


def _genre_is(genre: str) -> Keep:
    return lambda row: row[0].text.genre == genre


def _real_from(site: str) -> Keep:
    return lambda row: row[0].text.site == site and not row[0].source.startswith("written")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
