"""Gold labels in step with cases: what a learner learns from and a calibration is fitted to.

A label nobody gave is UNKNOWN: no loss and no count comes from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nlp.corpus import Example
from nlp.features import UNSPECIFIED, Case
from nlp.labels import heads_of, read_labels

UNKNOWN: Final = -100


@dataclass(frozen=True, slots=True)
class Labelled:
    """One case with its labels as indices; UNKNOWN where nobody labelled."""

    case: Case
    language: str
    one: dict[str, int]
    many: dict[str, list[int] | None]
    groups: list[dict[str, int]]  # by target: st, sev
    complete: bool


def labelled(example: Example, case: Case) -> Labelled:
    """The gold labels of an example in step with its case."""
    heads = read_labels()
    one: dict[str, int] = {}
    many: dict[str, list[int] | None] = {}
    for head in heads_of("text"):
        gold = example.gold.get(head.head)
        if head.kind == "one":
            one[head.head] = UNKNOWN if gold is None else head.index(gold)
        else:
            many[head.head] = None if gold is None else [int(code in gold) for code in head.codes]
    groups = []
    for target in case.targets:
        labels = example.groups.get(target, {"st": 0, "sev": 0} if example.complete else {})
        if target == UNSPECIFIED and not case.order and len(example.groups) == 1:
            # The annotator heard a people where the word lists see none: whoever it is, it is what is judged.
            labels = next(iter(example.groups.values()))
        groups.append({h: heads[h].index(labels[h]) if h in labels else UNKNOWN for h in ("st", "sev")})
    return Labelled(case, example.language, one, many, groups, example.complete)
