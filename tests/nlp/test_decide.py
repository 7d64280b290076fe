"""Scores become labels the same way every time, and a card that lacks a cut is refused."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.decide import Decisions, degree, predictions
from nlp.labels import heads_of, read_labels

HEADS = read_labels()
WIDE = {scope: sum(len(head.codes) for head in heads_of(scope)) for scope in ("text", "group")}


def plain() -> dict[str, Any]:
    """Decisions that change nothing: every label as likely as its score says, cuts at a half."""
    return {
        "temperature": dict.fromkeys(HEADS, 1.0),
        "shift": {name: [0.0] * len(head.codes) for name, head in HEADS.items()},
        "factor": {n: [1.0] * len(h.codes) for n, h in HEADS.items() if h.kind == "one" and n != "sev"},
        "cut": {**{n: [0.5] * len(h.codes) for n, h in HEADS.items() if h.kind == "many"}, "sev": [0.5] * 4},
    }


def scores(scope: str, *wanted: dict[str, tuple[str, ...]]) -> npt.NDArray[np.float32]:
    """One row for each `wanted`: six for the labels it names, minus six for the others."""
    rows = [
        [6.0 if code in row.get(h.head, ()) else -6.0 for h in heads_of(scope) for code in h.codes] for row in wanted
    ]
    return np.array(rows, dtype=np.float32)


def test_a_record_comes_back_as_it_was() -> None:
    assert Decisions.from_record(plain()).to_record() == plain()


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("damage", ["no temperature", "no shift", "short shift", "no choice", "short choice"])
def test_a_card_that_lacks_what_a_head_needs_is_refused(head: str, damage: str) -> None:
    record = copy.deepcopy(plain())
    choice = record["cut"] if head in record["cut"] else record["factor"]
    fields = {"temperature": record["temperature"], "shift": record["shift"], "choice": choice}
    kind, name = damage.split()
    if kind == "no":
        del fields[name][head]
    else:
        fields[name][head].pop()
    with pytest.raises(ValueError, match=f" for {head} with "):
        Decisions.from_record(record)


@pytest.mark.parametrize("field", ["temperature", "shift", "factor", "cut"])
def test_a_card_without_one_of_the_tables_is_refused(field: str) -> None:
    record = plain()
    del record[field]
    with pytest.raises((ValueError, KeyError), match=field):
        Decisions.from_record(record)


def test_temperature_flattens_and_shift_moves_one_label() -> None:
    record = plain()
    record["temperature"]["time"] = record["temperature"]["acts"] = 2.0
    record["shift"]["time"][3] = record["shift"]["acts"][3] = float(np.log(3))
    decisions = Decisions.from_record(record)
    row = np.log(np.array([[4.0, 1.0, 1.0, 1.0]], dtype=np.float32))
    assert decisions.probabilities(HEADS["time"], row)[0] == pytest.approx([2 / 7, 1 / 7, 1 / 7, 3 / 7])
    acts = decisions.probabilities(HEADS["acts"], np.log(np.full((1, 8), 4.0, dtype=np.float32)))[0]
    assert acts == pytest.approx([2 / 3] * 3 + [6 / 7] + [2 / 3] * 4)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=10, max_size=10), st.sampled_from(sorted(HEADS)))
def test_probabilities_are_probabilities_whatever_the_scores(row: list[float], name: str) -> None:
    head = HEADS[name]
    p = Decisions.from_record(plain()).probabilities(head, np.array([row[: len(head.codes)]], np.float32))
    assert np.isfinite(p).all() and (p >= 0).all() and (p <= 1).all()
    if head.kind == "one":
        assert p.sum() == pytest.approx(1, abs=1e-4)


SHARES = st.lists(st.integers(0, 100), min_size=5, max_size=5).filter(any)
CUTS = st.lists(st.floats(0.01, 0.99), min_size=4, max_size=4)


@settings(max_examples=300, deadline=None)
@given(SHARES, CUTS, st.integers(0, 3), st.integers(1, 60), st.floats(0, 0.5))
def test_a_degree_never_falls_as_worse_becomes_likelier_or_a_cut_lower(
    shares: list[int], cuts: list[float], at: int, more: int, lower: float
) -> None:
    def told(weights: list[int], least: list[float]) -> int:
        p = np.array([weights], dtype=np.float64) / sum(weights)
        return int(degree(p, least)[0])

    first = told(shares, cuts)
    moved = min(more, shares[at])
    worse = list(shares)
    worse[at], worse[at + 1] = worse[at] - moved, worse[at + 1] + moved
    assert told(worse, cuts) >= first
    assert told(shares, [cut - lower for cut in cuts]) >= first
    at_least = np.cumsum(shares[::-1])[::-1][1:] / sum(shares)
    assert all(at_least[k] >= np.float32(cuts[k]) - 1e-6 for k in range(first)), "each degree below is reached too"
    assert first == 4 or at_least[first] < np.float32(cuts[first]) + 1e-6


def test_a_high_degree_needs_all_below_it() -> None:
    p = np.array([[0.5, 0.0, 0.0, 0.0, 0.5]], dtype=np.float32)
    assert degree(p, [0.4, 0.4, 0.4, 0.4]) == 4
    assert degree(p, [0.4, 0.6, 0.4, 0.4]) == 1
    assert degree(p, [0.6, 0.1, 0.1, 0.1]) == 0


def test_each_text_gets_its_labels_and_its_own_groups_in_order() -> None:
    text = scores(
        "text",
        {
            "rel": ("domestic",),
            "voice": ("quote",),
            "time": ("past",),
            "acts": ("clash", "rumour"),
            "frame": ("denied",),
        },
        {
            "rel": ("none",),
            "voice": ("report",),
            "time": ("current",),
            "frame": ("none",),
            "themes": ("land", "family"),
        },
    )
    group = scores(
        "group",
        {"st": ("-1",), "sev": ("3",)},
        {"st": ("1",), "sev": ("0",)},
        {"st": ("0",), "sev": ("1",)},
    )
    first, second = predictions(text, group, [2, 1], Decisions.from_record(plain()))
    assert (first.rel, first.voice, first.time, first.acts) == ("domestic", "quote", "past", ("clash", "rumour"))
    assert (first.frame, first.themes) == ("denied", ())
    assert (second.rel, second.acts, second.themes) == ("none", (), ("land", "family"))
    assert [(g.st, g.sev) for g in first.groups + second.groups] == [(-1, 3), (1, 0), (0, 1)]
    assert list(first.p) == [head.head for head in heads_of("text")]
    assert list(first.groups[0].p) == ["st", "sev"]
    assert list(first.p["acts"]) == list(HEADS["acts"].codes)


@pytest.mark.parametrize(("negative", "neutral", "told"), [(2.0, 1.0, -1), (1.0, 2.0, 0)])
def test_hostile_words_never_stand_beside_praise(negative: float, neutral: float, told: int) -> None:
    group = np.array([[negative, neutral, 6.0, -6, -6, 6, -6, -6]], dtype=np.float32)
    text = np.zeros((1, WIDE["text"]), dtype=np.float32)
    (prediction,) = predictions(text, group, [1], Decisions.from_record(plain()))
    assert (prediction.groups[0].st, prediction.groups[0].sev) == (told, 2)


def test_factors_and_cuts_decide_and_probabilities_stay() -> None:
    text = np.zeros((1, WIDE["text"]), dtype=np.float32)
    group = np.zeros((1, WIDE["group"]), dtype=np.float32)
    record = plain()
    record["factor"]["rel"] = [1, 1, 1, 1.1]
    record["cut"]["acts"] = [0.51] * 7 + [0.5]
    record["cut"]["sev"] = [0.79, 0.59, 0.41, 0.1]
    (told,) = predictions(text, group, [1], Decisions.from_record(record))
    assert (told.rel, told.acts, told.groups[0].sev) == ("abroad", ("cooperation",), 2)
    assert told.p["rel"] == dict.fromkeys(HEADS["rel"].codes, 0.25)
