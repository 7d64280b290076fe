"""The measured part of the model card in Markdown: what was asked and what is reached, and every figure behind it.

In: an `Evaluation`, and a second one to stand beside it. Out: tables, put between two marks of a card's file. The words
around the marks are written by hand.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crawlers.layout import whole_file
from nlp import corpus
from nlp.agreement import ENOUGH, LEAST, Abstention, Confusion, Track, quietly
from nlp.encoder import READER
from nlp.evaluate import Evaluation, evaluate
from nlp.evasion import KINDS
from nlp.figures import DRAWS, Figure
from nlp.labels import read_labels
from nlp.read import Reader

BEGIN: Final = "<!-- figures: begin -->"
END: Final = "<!-- figures: end -->"

Table = list[list[str]]
Key = tuple[str, str, str, str]

_OWN_WORK: Final = "Apache-2.0, written for the project"
# By source of an example. A source that is not here must not go into weights: the card could not say whose it is.
LICENCES: Final = {
    "telegram": "declared CC BY 4.0",
    "kaznerd": "CC BY 4.0, IS2AI",
    "rusentne": "MIT",
    "rusentne_stance": "MIT",
    "ruethnohate": "published for research, HSE",
    "ruethnohate_stance": "published for research, HSE",
    "snlp_topics": "CC BY-NC-SA 4.0, Skoltech",
    "mlma": "MIT, HKUST",
    "foxnews": "MIT, Gao and Huang",
}


class CardError(ValueError):
    """A card without the two marks, or a text set without a licence; the message says where and the way out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One measure of the reader's aims: the figure, and what it shall be at least (`least`) or at most."""

    what: str
    key: Key
    bound: float
    least: bool = True

    def holds(self, value: float) -> bool:
        return value >= self.bound if self.least else value <= self.bound


def asked() -> list[Asked]:
    """All measures in the order of the aims."""
    acts = [
        Asked(f"act {code}, real and written: F1", ("validation", "all", f"acts.{code}", "F1"), 0.65)
        for code in read_labels()["acts"].codes
    ]
    errors = [
        Asked(f"calibration error of {head}", ("validation", "all", head, "calibration error"), 0.04, least=False)
        for head in read_labels()
    ]
    languages = [
        Asked(f"functional suite, {x}", ("functional", f"language {x}", "all", "share right"), 0.92)
        for x in ("kk", "ru", "en")
    ]
    disguises = [
        Asked(f"evasion by {kind}: same label", ("evasion", kind, "mean", "same label"), 0.92) for kind in KINDS
    ]
    spread = "largest score difference"
    alarms = [
        Asked(
            f"false alarms, worst group ÷ mean, {x}", ("harmless", x, "hostility", "worst group to mean"), 1.25, False
        )
        for x in ("real and written texts", "functional suite")
    ]
    return [
        Asked("relevance, real: macro-F1", ("validation", "real", "rel", "macro-F1"), 0.80),
        Asked("relevance, real: F1 of domestic", ("validation", "real", "rel", "F1 of domestic"), 0.88),
        Asked("acts, real and written: micro-F1", ("validation", "all", "acts", "micro-F1"), 0.80),
        *acts,
        Asked("stance, RuEthnoHate, end to end: macro-F1", ("ruethnohate", "end to end", "st", "macro-F1"), 0.75),
        Asked("stance, RuEthnoHate, given the slot", ("ruethnohate", "given the slot", "st", "macro-F1"), 0.75),
        Asked("severity, real and written: weighted κ", ("validation", "all", "sev", "weighted kappa"), 0.75),
        Asked(
            "severity 3 or more: recall at precision .8",
            ("validation", "all", "sev", "recall of 3 or more at precision .8"),
            0.85,
        ),
        Asked(
            "functional suite, harmless functions", ("functional", "harmless functions", "all", "share right"), 0.97
        ),
        *languages,
        Asked("Russian less Kazakh on matched functions", ("matched", "ru less kk", "all", "gap"), 0.03, least=False),
        Asked("swapped peoples: same labels", ("swap", "templates", "all", "same labels"), 0.995),
        Asked("swapped: largest score difference", ("swap", "templates", "all", spread), 0.01, least=False),
        *alarms,
        Asked("evasions, all kinds: same label", ("evasion", "all kinds", "mean", "same label"), 0.92),
        *disguises,
        Asked("gate: recall of relevant texts", ("gate", "validation", "rel", "recall of relevant"), 0.995),
        Asked("places: region right when given", ("word lists", "validation", "places", "right when given"), 0.95),
        Asked("places: region given", ("word lists", "validation", "places", "region given"), 0.90),
        Asked("names of peoples: F1", ("word lists", "written", "groups", "F1 of names"), 0.97),
        *errors,
    ]  # fmt: skip


def evaluate_to(
    data: Path,
    suite: Path,
    model: Path = READER,
    against: Path | None = None,
    card: Path | None = None,
    record: Path | None = None,
    track: Track = quietly,
    *,
    test: bool = False,
) -> str:
    """Measure the model in a folder, and another to stand beside it; write card and JSON, if asked; give the tables."""
    if card:
        split_card(card)  # a card that cannot be written is told before minutes of reading
    folders = [model, *([against] if against else [])]
    found = [evaluate(data, suite, Reader.load(folder), folder, track, test=test) for folder in folders]
    tables = figures_of(*found) + f"\n\n### What each recipe learns from\n\n{learnt_from(data)}"
    if record:
        with whole_file(record) as handle:
            json.dump({"models": [e.to_record() for e in found]}, handle, ensure_ascii=False, indent=1)
            handle.write("\n")
    if card:
        write_card(card, tables)
    return tables


def write_card(card: Path, figures: str) -> None:
    """Replace what stands between the marks of `card`."""
    before, after = split_card(card)
    with whole_file(card) as handle:
        handle.write(f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}")


def split_card(card: Path) -> tuple[str, str]:
    """What stands before and after the figures."""
    before, found, rest = card.read_text("utf-8").partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (found and ended):
        raise CardError(f"{card} has no {BEGIN} … {END}; add the two lines where the figures belong")
    return before, after


def learnt_from(data: Path) -> str:
    """Table of the texts that each recipe learns from, by source, with licences."""
    counts = {recipe: Counter(e.source for e in corpus.training(data, recipe)) for recipe in ("open", "research")}
    rows = [
        [source, str(counts["open"].get(source, 0) or "—"), str(counts["research"][source]), _licence(source)]
        for source in sorted(counts["research"])
    ]
    rows.append(["all", *(str(counts[recipe].total()) for recipe in ("open", "research")), ""])
    return markdown(["source", "recipe open", "recipe research", "licence"], rows)


def _licence(source: str) -> str:
    if source.startswith("written"):
        return _OWN_WORK
    if source not in LICENCES:
        raise CardError(f"texts of {source!r} have no licence in nlp/model_card.py; add it or leave the texts out")
    return LICENCES[source]


def figures_of(main: Evaluation, against: Evaluation | None = None) -> str:
    """All tables; with `against` each value of `main` has the other model's value beside it."""
    both = [main, *([against] if against else [])]
    names = [evaluation.model for evaluation in both]
    said = " against ".join(f"`{e.model}` ({e.megabytes:.1f} MB)" for e in both)
    functions = [cell for cell in _cells(main, "functional") if cell.startswith("function ")]
    parts = [
        f"{said}. Brackets: 95 % interval over {DRAWS} draws of texts.",
        "### Asked and reached",
        markdown(["what", "asked", "cases", *_pairs(names, ("reached", "held"))], _asked_rows(both)),
        f"A figure on fewer than {ENOUGH} cases is told with its interval and held against nothing. Speed and the "
        "agreement of int8 with fp32 are measured by `bench/serving.py` and told by `python -m nlp train`.",
        "### Heads",
        markdown(["head", "measure", *_pairs(names, list(_head_columns(main)))], _head_rows(both)),
        "### By source, language and genre (validation)",
        *_slice_tables(both),
        "### Acts and themes (validation, F1)",
        markdown(["label", "cases", *names], _label_rows(both)),
        "### Stance by readers of RuEthnoHate",
        markdown(["", "measure", "cases", *names], _plain_rows(both, "ruethnohate")),
        "### By group",
        "Hostile pairs missed, harmless pairs flagged (validation and RuEthnoHate), macro-F1 of stance; a cell below "
        f"{LEAST} pairs is left out.",
        markdown(_group_header(names), _group_rows(both)),
        "### Calibration error",
        "One-of heads, stance and severity: of the likeliest label; acts and themes: of every label. Chance alone adds "
        "to it, so intervals lean upward, and small cells look worse than they are.",
        markdown(["head", *_pairs(names, ("all", "real", "written"))], _calibration_rows(both)),
        "### Confusion",
        *(_confusion(confusion) for confusion in main.confusions),
        "### Functional suite (nothing is learnt or tuned on it)",
        markdown(["", "measure", "templates", *names], _plain_rows(both, "functional", but=functions)),
        markdown(["function", "templates", *names], _function_rows(both, functions)),
        markdown(["matched functions", "measure", "templates", *names], _plain_rows(both, "matched")),
        markdown(["swapped peoples", "measure", "templates", *names], _plain_rows(both, "swap")),
        markdown(["false alarms", "measure", "cases", *names], _plain_rows(both, "harmless")),
        "### Disguised texts: share read alike",
        markdown(["disguise", "what", "cases", *names], _evasion_rows(both)),
        "### Cannot tell",
        "Leaving out what the reader is least sure of, and how often the rest is right. Rows in bold are the rule.",
        markdown(["head", "texts", "confidence from", "left out", "rest right"], _abstention_rows(main.abstentions)),
        "### Word lists and gate",
        markdown(["texts", "measure", "cases", *names], _plain_rows(both, "word lists") + _plain_rows(both, "gate")),
        "### HateCheck, English, targets that could be a people here (extra)",
        markdown(["target", "measure", "cases", *names], _plain_rows(both, "hatecheck")),
    ]
    return "\n\n".join(part for part in parts if part)


def markdown(header: Sequence[str], rows: Table) -> str:
    """A pipe table; nothing where there are no rows."""
    lines = [list(header), ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) if rows else ""


def said(figure: Figure | None) -> str:
    """A value with its interval."""
    if figure is None or figure.value != figure.value:
        return "—"
    if figure.low == figure.high == figure.value:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ({figure.low:.2f}–{figure.high:.2f})"


def held(aim: Asked, figure: Figure | None) -> str:
    """yes, no, or too few cases to say."""
    if figure is None or figure.value != figure.value:
        return "—"
    if figure.cases < ENOUGH:
        return f"n < {ENOUGH}"
    return "yes" if aim.holds(round(figure.value, 4)) else "**no**"


def _asked_rows(both: Sequence[Evaluation]) -> Table:
    rows = []
    for aim in asked():
        found = [evaluation.figure(*aim.key) for evaluation in both]
        cells = [cell for figure in found for cell in (said(figure), held(aim, figure))]
        sign = "≥" if aim.least else "≤"
        rows.append([aim.what, f"{sign} {aim.bound:g}", _cases(found), *cells])
    sizes = [cell for e in both for cell in (f"{e.megabytes:.1f} MB", "yes" if e.megabytes <= 60 else "**no**")]
    return [*rows, ["size of the model's folder", "≤ 60 MB", "", *sizes]]


def _head_rows(both: Sequence[Evaluation]) -> Table:
    places = _head_columns(both[0]).values()
    return [
        [head, measure, *(said(e.figure(part, cell, head, measure)) for e in both for part, cell in places)]
        for head, measure in _HEADS
    ]


def _head_columns(evaluation: Evaluation) -> dict[str, tuple[str, str]]:
    """Columns of the table of heads: part and cell by name; texts kept for the end only where they were read."""
    columns = {name: ("validation", name) for name in ("all", "written", "real")}
    return columns | {part: (part, "all") for part in ("own valid", "own test") if _cells(evaluation, part)}


_HEADS: Final = (
    ("rel", "macro-F1"), ("rel", "F1 of domestic"), ("voice", "macro-F1"), ("time", "macro-F1"), ("frame", "macro-F1"),
    ("acts", "micro-F1"), ("themes", "micro-F1"), ("st", "macro-F1"), ("sev", "weighted kappa"),
    ("sev", "F1 of 1 or more"), ("sev", "recall of 3 or more at precision .8"), ("hostility", "precision"),
    ("hostility", "recall"), ("hostility", "F1"),
)  # fmt: skip


def _slice_tables(both: Sequence[Evaluation]) -> list[str]:
    """One table a model: slices down, heads across, values only."""
    shown = [pair for pair in _HEADS if pair[1] not in ("precision", "recall", "recall of 3 or more at precision .8")]
    header = ["texts", "n", *(f"{head}, {measure}" for head, measure in shown)]
    tables = []
    for evaluation in both:
        rows = []
        for cell in _cells(evaluation, "validation"):
            found = [evaluation.figure("validation", cell, *pair) for pair in shown]
            rows.append([cell, _cases(found[:1]), *(f"{f.value:.2f}" if f else "—" for f in found)])
        tables += [evaluation.model if len(both) > 1 else "", markdown(header, rows)]
    return tables


def _label_rows(both: Sequence[Evaluation]) -> Table:
    labels = [f"{head}.{code}" for head in ("acts", "themes") for code in read_labels()[head].codes]
    rows = []
    for label in labels:
        found = [evaluation.figure("validation", "all", label, "F1") for evaluation in both]
        if any(found):
            rows.append([label.replace(".", " "), _cases(found), *map(said, found)])
    return rows


def _plain_rows(both: Sequence[Evaluation], part: str, but: Iterable[str] = ()) -> Table:
    """Every figure of a part."""
    left_out = set(but)
    rows = []
    for figure in both[0].figures:
        if figure.part == part and figure.cell not in left_out:
            found = [figure, *(other.figure(*figure.key) for other in both[1:])]
            what = figure.measure if figure.head == "all" else f"{figure.head}, {figure.measure}"
            rows.append([figure.cell, what, str(figure.cases), *map(said, found)])
    return rows


def _function_rows(both: Sequence[Evaluation], functions: Sequence[str]) -> Table:
    rows = []
    for function in functions:
        found = [evaluation.figure("functional", function, "all", "share right") for evaluation in both]
        values = [f"{f.value:.2f}" if f else "—" for f in found]
        rows.append([function.removeprefix("function "), _cases(found), *values])
    return rows


def _group_rows(both: Sequence[Evaluation]) -> Table:
    """One row a group; for each measure the number of pairs, then each model's value."""
    rows = []
    for group in sorted({cell for e in both for cell in _cells(e, "groups")}):
        row = [group]
        for head, measure in _GROUP_MEASURES.values():
            found = [e.figure("groups", group, head, measure) for e in both]
            row += [_cases(found) or "—", *map(said, found)]
        rows.append(row)
    return rows


_GROUP_MEASURES: Final = {
    "hostile pairs": ("hostility", "missed"),
    "harmless pairs": ("hostility", "false alarms"),
    "stance pairs": ("st", "macro-F1"),
}


def _group_header(names: Sequence[str]) -> list[str]:
    columns = ["group"]
    for cases, (_, measure) in _GROUP_MEASURES.items():
        columns += [cases, *_pairs(names, (measure,))]
    return columns


def _calibration_rows(both: Sequence[Evaluation]) -> Table:
    cells = ("all", "real", "written")
    return [
        [head, *(said(e.figure("validation", cell, head, "calibration error")) for e in both for cell in cells)]
        for head in read_labels()
    ]


def _evasion_rows(both: Sequence[Evaluation]) -> Table:
    rows = []
    for figure in (f for f in both[0].figures if f.part == "evasion"):
        found = [figure, *(other.figure(*figure.key) for other in both[1:])]
        what = "hostile ones still flagged" if figure.measure == "flag kept" else figure.head
        rows.append([figure.cell, what, str(figure.cases), *map(said, found)])
    return rows


def _abstention_rows(abstentions: Iterable[Abstention]) -> Table:
    rows = []
    for row in abstentions:
        cells = [row.head, row.part, f"{row.floor:.3f}", f"{100 * row.abstained:.0f} %", f"{row.accuracy:.3f}"]
        rows.append([f"**{cell}**" for cell in cells] if row.stated else cells)
    return rows


def _confusion(confusion: Confusion) -> str:
    missing = any(row[-1] for row in confusion.counts)
    header = [f"{confusion.head}, {confusion.part}: gold ↓ told →", *confusion.labels, *(["not named"] * missing)]
    rows = [
        [label, *map(str, row if missing else row[:-1])]
        for label, row in zip(confusion.labels, confusion.counts, strict=True)
    ]
    return markdown(header, rows)


def _cells(evaluation: Evaluation, part: str) -> list[str]:
    return list(dict.fromkeys(figure.cell for figure in evaluation.figures if figure.part == part))


def _cases(found: Sequence[Figure | None]) -> str:
    return next((str(figure.cases) for figure in found if figure), "")


def _pairs(names: Sequence[str], columns: Sequence[str]) -> list[str]:
    return [f"{column}, {name}" for name in names for column in columns] if len(names) > 1 else list(columns)
