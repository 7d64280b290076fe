"""Gold labels stand in step with the case; what nobody labelled is unknown, never a zero."""

from __future__ import annotations

from typing import Any

import pytest

from nlp.corpus import Example
from nlp.features import Case
from nlp.gold import UNKNOWN, labelled
from nlp.labels import LabelError
from nlp.reading import Text

GOLD = {
    "rel": "abroad",
    "voice": "quote",
    "time": "unreal",
    "acts": ["rumour", "clash"],
    "frame": "denied",
    "themes": [],
}


def example(gold: dict[str, Any], complete: bool = True, **groups: dict[str, int]) -> Example:
    return Example(Text("1", "текст"), "ru", "written_ru", gold, groups, complete)


def test_every_head_as_an_index_or_a_row_of_ones_and_zeros() -> None:
    item = labelled(example(GOLD, kazakh={"st": -1, "sev": 3}), Case("[G1]", ("kazakh",)))
    assert item.one == {"rel": 3, "voice": 2, "time": 3, "frame": 2}
    assert item.many == {"acts": [1, 0, 0, 0, 0, 1, 0, 0], "themes": [0] * 10}
    assert item.groups == [{"st": 0, "sev": 3}]
    assert (item.language, item.complete) == ("ru", True)


def test_what_nobody_labelled_is_unknown() -> None:
    item = labelled(example({}, complete=False, uzbek={"st": 1}), Case("[G1] [G2]", ("kazakh", "uzbek")))
    assert item.one == dict.fromkeys(("rel", "voice", "time", "frame"), UNKNOWN)
    assert item.many == {"acts": None, "themes": None}
    assert item.groups == [{"st": UNKNOWN, "sev": UNKNOWN}, {"st": 2, "sev": UNKNOWN}]


@pytest.mark.parametrize(
    ("order", "groups", "complete", "told"),
    [
        (("uzbek", "kazakh"), {"kazakh": {"st": -1, "sev": 2}, "uzbek": {"st": 1, "sev": 0}}, True, [(2, 0), (0, 2)]),
        (("uzbek", "kazakh"), {"kazakh": {"st": -1, "sev": 2}}, True, [(1, 0), (0, 2)]),  # named, nothing said about it
        ((), {}, True, [(1, 0)]),
        ((), {"unspecified": {"st": -1, "sev": 4}}, True, [(0, 4)]),
        ((), {"dungan": {"st": -1, "sev": 1}}, True, [(0, 1)]),  # heard by the annotator, in no word list
        ((), {"dungan": {"st": -1, "sev": 1}, "uzbek": {"st": 0, "sev": 0}}, True, [(1, 0)]),
        (("uzbek",), {"dungan": {"st": -1, "sev": 1}}, False, [(UNKNOWN, UNKNOWN)]),
    ],
)
def test_groups_in_the_order_of_the_slots(
    order: tuple[str, ...], groups: dict[str, dict[str, int]], complete: bool, told: list[tuple[int, int]]
) -> None:
    item = labelled(example(GOLD, complete, **groups), Case("", order))
    assert [(g["st"], g["sev"]) for g in item.groups] == told
    assert len(item.groups) == len(item.case.targets)


@pytest.mark.parametrize("gold", [{**GOLD, "rel": "local"}, {**GOLD, "time": None, "voice": "shout"}])
def test_an_unknown_label_is_a_crash(gold: dict[str, Any]) -> None:
    with pytest.raises(LabelError, match="unknown label"):
        labelled(example(gold), Case(""))
