"""Audit and triage: what a person judges, what that does to rates and intervals, and what is refused."""

from __future__ import annotations

import csv
import json
import random
import shutil
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hand_world import MODEL_INFO, HandWorld, Item, clash_world, source
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from typer.testing import CliRunner

from bench.coverage import CELLS, QUICK, audit_of
from crawlers.layout import World
from shanyraq.cli import app
from warehouse import audit, triage
from warehouse.build import build, publish_build
from warehouse.prevalence import (
    AUDIT_FLOOR,
    Audit,
    Stratum,
    corrected_rates,
    errors_of,
    prediction_powered,
    rogan_gladen,
)  # fmt: skip
from warehouse.query import open_warehouse

INDICATORS = ("attention", "cohesion", "grievance", "hostility", "incidents", "rumour")
WEEKS = ("2026-W10", "2026-W11", "2026-W12")
RIGHT = 6  # of ten stories the classifier counts a week, six are what it says; of the others, none was missed


def judged_world() -> HandWorld:
    """Three weeks; two outlets with 45 stories each a week in KZ-31, five each of them read as hostile."""
    hand = HandWorld([source("taraz", home="KZ-31"), source("zhambyl", home="KZ-31")], weeks=3)
    for week in range(3):
        for outlet in ("taraz", "zhambyl"):
            for n in range(45):
                told: dict[str, Any] = {"rel": "domestic", "groups": (("uzbek", -1, 2),)} if n < 5 else {}
                hand.items.append(Item(f"{outlet}-{week}-{n:02d}", outlet, week, n % 7, **told))
    return hand


def is_right(article_id: str) -> bool:
    """What the person finds: of the counted ones numbers 0 to 2 of each outlet."""
    return int(article_id[-2:]) < RIGHT // 2


def make(world: World, hand: HandWorld) -> World:
    build(world, sources=hand.sources, model_info=MODEL_INFO)
    publish_build(world)
    return world


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def sheet_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def fill(path: Path, change: Callable[[list[dict[str, str]]], object] = lambda _: None, delimiter: str = ",") -> Path:
    """The sheet as a person fills it in: hostile wording and nothing else, where it truly is."""
    lines = sheet_of(path)
    for line in lines:
        right = is_right(line["article_id"])
        line |= {name: "yes" if right and name in ("attention", "hostility") else "No " for name in INDICATORS}
    change(lines)
    names = list(dict.fromkeys(name for line in lines for name in line))
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.DictWriter(handle, names, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(lines)
    return path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> World:
    hand = judged_world()
    return make(hand.write(World(tmp_path_factory.mktemp("judged"), "hand")), hand)


@pytest.fixture
def world(built: World, tmp_path: Path) -> World:
    copied = World(tmp_path, "hand")
    shutil.copytree(built.folder, copied.folder)
    return copied


CELL = """
    SELECT audit, audit_size, stories, exposure, rate_per_1000, rate_corrected_lo, rate_corrected_per_1000,
        rate_corrected_hi
    FROM out_indicator_week WHERE indicator = 'hostility' AND series = 'news' AND region_code = 'KZ-31' ORDER BY week
"""


def test_an_audit_corrects_the_rates_of_the_weeks_from_its_floor_on(world: World) -> None:
    assert {row[:4] for row in rows(world.warehouse, CELL)} == {("uncorrected", 0, 10, 90)}
    for week in WEEKS:
        loaded = audit.load(world, fill(audit.draw(world, week, 40), delimiter=";"))
        assert loaded == audit.Loaded(week, 40, 0, 40)
    make(world, judged_world())

    weights = """
        SELECT week, count(*), count(*) FILTER (counted), count(*) FILTER (judged), sum(weight) FILTER (counted), round(sum(weight), 9)
        FROM core_audit WHERE indicator = 'hostility' GROUP BY week ORDER BY week
    """
    # 20 of the 10 flagged and 80 passed a stratum: all ten, and thirty of the eighty
    assert rows(world.warehouse, weights) == [(week, 40, 10, RIGHT, 10.0, 90.0) for week in WEEKS]
    first, second, third = rows(world.warehouse, CELL)
    assert first[:2] == ("uncorrected", 40) and second[:2] == ("uncorrected", 80) and first[5] is None
    assert third[:5] == ("corrected", 120, 10, 90, pytest.approx(1000 * 10 / 90))
    lo, corrected, hi = third[5:]
    assert lo < 1000 * RIGHT / 90 < hi
    assert corrected == pytest.approx(1000 * RIGHT / 90, rel=0.15)  # six of ninety, and a little for what may be missed
    assert rows(world.warehouse, "SELECT count(*) FROM out_indicator_week WHERE audit = 'corrected'") == [(2,)]
    [(audited, counted, true, precision)] = rows(
        world.warehouse,
        "SELECT audit_size, audit_counted, audit_true, precision FROM out_audit_week "
        "WHERE indicator = 'hostility' AND week = '2026-W12'",
    )
    assert (audited, counted, true) == (120, 30, 18) and precision == pytest.approx(0.6, abs=0.02)


def test_the_same_audit_gives_the_same_figures_again(world: World) -> None:
    for week in WEEKS:
        audit.load(world, fill(audit.draw(world, week, 40)))
    make(world, judged_world())
    before = rows(world.warehouse, CELL)
    world.build.unlink()
    make(world, judged_world())
    assert rows(world.warehouse, CELL) == before


def test_a_sample_is_random_repeatable_blind_and_names_nobody(world: World) -> None:
    sheet = audit.draw(world, WEEKS[0], 40)
    before = sheet.read_bytes()
    lines = sheet_of(sheet)
    assert audit.draw(world, WEEKS[0], 40).read_bytes() == before
    larger = {line["article_id"] for line in sheet_of(audit.draw(world, WEEKS[0], 60))}
    assert {line["article_id"] for line in lines} < larger
    other = {line["article_id"][-2:] for line in sheet_of(audit.draw(world, WEEKS[1], 40))}
    assert {line["article_id"][-2:] for line in lines} != other
    assert list(lines[0]) == ["article_id", "week", "link", "headline", "text", *INDICATORS]
    assert {line[name] for line in lines for name in INDICATORS} == {""}
    assert stat.S_IMODE(sheet.stat().st_mode) == 0o600
    assert [int(line["article_id"][-2:]) < 5 for line in lines][:10] != [True] * 10  # strata are mixed


def test_a_sheet_holds_no_formula_and_no_link_to_a_post() -> None:
    made = [audit.Candidate(f"{n:04d}", "social", False, None, None, "=HYPERLINK(1)" + "x" * 900) for n in range(3)]
    chosen, drawn = audit.choose("2026-W10", made, 2)
    assert [line.stratum_stories for line in drawn] == [3, 3] and len(chosen) == 2
    answer = audit.sheet("2026-W10", chosen, INDICATORS)
    assert all(row[2] is None and len(row[4]) == audit.TEXT_LENGTH for row in answer.rows)


def test_small_strata_leave_their_share_to_others() -> None:
    assert audit.allocate({"b": 3, "a": 100}, 20) == {"a": 17, "b": 3}
    assert audit.allocate({"a": 2, "b": 3}, 20) == {"a": 2, "b": 3}


BAD: dict[str, tuple[Callable[[list[dict[str, str]]], object], str]] = {
    "code": (lambda lines: lines[4].update(rumour="maybe"), "row 6: rumour says 'maybe'"),
    "stranger": (lambda lines: lines[0].update(article_id="someone"), "row 2: 'someone' is no article of this week"),
    "twice": (lambda lines: lines[3].update(article_id=lines[1]["article_id"]), "stands in row 3 already"),
    "half": (lambda lines: lines[2].update(cohesion=""), "row 4: cohesion is empty"),
    "clash": (
        lambda lines: [x.update(attention="no", grievance="yes") for x in lines[:1]],
        "row 2: grievance says yes",
    ),
    "column": (lambda lines: [line.pop("rumour") for line in lines], "the column rumour is missing"),
    "week": (lambda lines: lines[7].update(week="2026-W11"), "a sheet is of one ISO week"),
    "no week": (lambda lines: [line.update(week="2026-W54") for line in lines], "this one says '2026-W54'"),
    "undrawn": (lambda lines: [line.update(week="2026-W12") for line in lines], "no sample of 2026-W12 was drawn"),
    "nothing": (lambda lines: [line.update(dict.fromkeys(INDICATORS, "")) for line in lines], "no row is filled in"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_sheet_with_a_wrong_row_is_refused_whole(built: World, tmp_path: Path, name: str) -> None:
    change, reason = BAD[name]
    world = World(tmp_path, "hand")
    world.build.parent.mkdir(parents=True)
    world.build.symlink_to(built.build)
    sheet = fill(audit.draw(world, WEEKS[0], 40), change)
    with pytest.raises(audit.AuditError) as refused:
        audit.load(world, sheet)
    assert reason in str(refused.value)
    assert not world.audit_labels.exists()


def test_rows_may_wait_and_a_second_sheet_adds_to_the_first(world: World) -> None:
    sheet = audit.draw(world, WEEKS[0], 40)
    empty = dict.fromkeys(INDICATORS, "")
    assert audit.load(world, fill(sheet, lambda lines: [line.update(empty) for line in lines[10:]])).empty == 30
    unsure = audit.load(world, fill(sheet, lambda lines: lines[0].update(hostility="unsure")))
    assert unsure == audit.Loaded(WEEKS[0], 40, 0, 40)
    make(world, judged_world())
    judged = (
        "SELECT indicator, count(*) FROM core_audit WHERE indicator IN ('hostility', 'rumour') GROUP BY ALL ORDER BY 1"
    )
    assert rows(world.warehouse, judged) == [("hostility", 39), ("rumour", 40)]
    with pytest.raises(audit.AuditError, match="was judged already"):
        audit.draw(world, WEEKS[0], 60)


def test_a_database_of_before_the_audit_takes_it_in(world: World) -> None:
    with duckdb.connect(str(world.build)) as connection:
        connection.execute("DROP TABLE raw_audit; DROP TABLE raw_triage; DROP TABLE raw_fingerprint")
    audit_sheet = audit.draw(world, WEEKS[0], 40)
    audit.load(world, fill(audit_sheet))
    make(world, judged_world())
    assert rows(world.warehouse, "SELECT count(*) FROM core_audit") == [(240,)]


# -- figures ----------------------------------------------------------------------------------------------------------


def test_intervals_cover_what_they_say() -> None:
    """The bench in small: two classifiers, six kinds of region-week, 400 runs; standard error of the mean < .005."""
    covered: list[bool] = []
    check: list[bool] = []
    for number, setting in enumerate(QUICK):
        rng = np.random.default_rng((7, number))
        for _ in range(400):
            made, _ = audit_of(setting, rng)
            if not made.sufficient or not (errors := errors_of(made)).usable:
                continue
            placed = [n for n, _ in CELLS]
            rates = setting.prevalence * np.array([t for _, t in CELLS]) * np.exp(rng.uniform(-0.4, 0.4, len(CELLS)))
            counted = rng.binomial(placed, rates * setting.sensitivity + (1 - rates) * (1 - setting.specificity))
            _, lo, hi = corrected_rates(counted.tolist(), placed, errors)
            covered += list((lo <= rates) & (rates <= hi))
            both = [rogan_gladen(int(x), n, made) for x, n in zip(counted, placed, strict=True)]
            check += [e.lo <= rate <= e.hi for e, rate in zip(both, rates, strict=True)]
    assert len(covered) > 4000
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)
    assert np.mean(check) == pytest.approx(0.95, abs=0.03)  # the check needs no more than to agree


def test_with_a_perfect_classifier_only_the_count_is_uncertain() -> None:
    """10^7 judged stories without an error: the corrected interval is Jeffreys' own."""
    perfect = Audit(Stratum(1e6, 1e6, 1e6), Stratum(1e6, 1e6, 0), Stratum(8e6, 8e6, 0), 10_000_000)
    counted, placed = [0, 3, 40], [60, 60, 60]
    value, lo, hi = corrected_rates(counted, placed, errors_of(perfect))
    jeffreys = stats.beta.ppf([[0.025], [0.5], [0.975]], np.array(counted) + 0.5, np.array(placed) - counted + 0.5)
    jeffreys[0, 0] = 0
    assert np.stack([lo, value, hi]) == pytest.approx(jeffreys, abs=0.002)


def test_rogan_gladen_by_hand() -> None:
    """Half of 30 counted of 100 stories right, 1 of 7 true ones missed: sensitivity 6/7, false positives 15/82.5."""
    large = Audit(Stratum(30e6, 30e6, 15e6), Stratum(0, 0, 0), Stratum(70e6, 70e6, 2.5e6), 10**8)
    assert rogan_gladen(300, 1000, large).value == pytest.approx(0.175, abs=1e-5)
    prevalence, sensitivity = 0.175, 0.15 / 0.175
    false = 0.15 / (1 - prevalence)
    assert rogan_gladen(200, 1000, large).value == pytest.approx((0.2 - false) / (sensitivity - false), abs=1e-5)


def test_prediction_powered_is_the_formula_on_single_stories() -> None:
    """One stratum, so PPI++ as published: l mean(c) + mean(y - l c), l = cov(y, c) / var(c) / (1 + n / N)."""
    rng = np.random.default_rng(3)
    n, stories, counted = 200, 5000, 1000
    c = rng.random(n) < counted / stories
    y = np.where(c, rng.random(n) < 0.7, rng.random(n) < 0.05)
    share = counted / stories
    power = np.cov(y, c, ddof=0)[0, 1] / (c.mean() * (1 - c.mean()) + n / stories * share * (1 - share))
    value = power * share + np.mean(y - power * c)
    half = 1.959963984540054 * np.sqrt(np.var(y - power * c, ddof=1) / n + power**2 * share * (1 - share) / stories)
    made = Audit(
        Stratum(counted, c.sum(), (y & c).sum()), Stratum(stories - counted, (~c).sum(), (y & ~c).sum()),
        Stratum(0, 0, 0), n,
    )  # fmt: skip
    powered = prediction_powered(made)
    assert (powered.value, powered.lo, powered.hi) == pytest.approx((value, value - half, value + half), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    parts=st.tuples(*[st.tuples(st.integers(1, 10_000), st.integers(0, 300), st.floats(0, 1)) for _ in range(3)]),
    placed=st.integers(1, 500),
)
def test_intervals_are_ordered_and_rise_with_the_count(parts: Any, placed: int) -> None:
    strata = [Stratum(stories, audited, audited * true) for stories, audited, true in parts]
    made = Audit(strata[0], strata[1], strata[2], AUDIT_FLOOR)
    errors = errors_of(made)
    counted = sorted({0, placed // 7, placed // 2, placed})
    value, lo, hi = corrected_rates(counted, [placed] * len(counted), errors)
    assert np.all((lo >= 0) & (lo <= value) & (value <= hi) & (hi <= 1))
    if errors.usable:
        assert np.all(np.diff(lo) >= 0) and np.all(np.diff(hi) >= 0) and np.all(np.diff(value) >= 0)


# -- triage -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def alerting(tmp_path_factory: pytest.TempPathFactory) -> World:
    hand = clash_world()
    return make(hand.write(World(tmp_path_factory.mktemp("alerting"), "hand")), hand)


ALERT = "incidents-news-KZ-31-2026-W21"
DAY = date(2026, 5, 25)


def test_verdicts_are_kept_in_order_and_the_last_one_holds(alerting: World, tmp_path: Path) -> None:
    world = World(tmp_path, "hand")
    shutil.copytree(alerting.folder, world.folder)
    waiting = [row[0] for row in triage.desk(world, None)]
    assert ALERT in waiting and len(waiting) == 2  # the alert, and the watch on attention
    triage.decide(world, ALERT, "hold", None, "operator", DAY)
    assert [row[0] for row in triage.desk(world, None)] == waiting
    first_line = world.triage.read_text("utf-8")
    triage.decide(world, ALERT, "approve", "true", "editor", DAY)
    assert world.triage.read_text("utf-8").startswith(first_line)  # nothing that was written is changed
    assert [row[0] for row in triage.desk(world, None)] == [name for name in waiting if name != ALERT]
    assert {row[0]: row[-2:] for row in triage.desk(world, "2026-W21")}[ALERT] == ("approve", "true")

    make(world, clash_world())
    told = "SELECT decision_no, decision, verdict, role, latest FROM core_triage ORDER BY decision_no"
    assert rows(world.warehouse, told) == [(1, "hold", None, "operator", False), (2, "approve", "true", "editor", True)]
    precision = rows(world.warehouse, "SELECT * EXCLUDE (precision_lo) FROM out_precision ORDER BY indicator")
    assert precision == [("all", "2026-W21", 1, 1, 1.0, 1.0), ("incidents", "2026-W21", 1, 1, 1.0, 1.0)]
    [(lo,)] = rows(world.warehouse, "SELECT precision_lo FROM out_precision WHERE indicator = 'all'")
    assert lo == pytest.approx(stats.beta.ppf(0.025, 1.5, 0.5))


@pytest.mark.parametrize(
    ("alert_id", "decision", "verdict", "role", "reason"),
    [
        ("incidents-news-KZ-31-2026-W02", "approve", "true", "operator", "there is no alert"),
        (ALERT, "publish", "true", "operator", "'publish' is no decision"),
        (ALERT, "archive", "false", "operator", "'false' is no verdict"),
        (ALERT, "archive", None, "operator", "needs a verdict"),
        (ALERT, "approve", "artefact", "operator", "cannot be approved"),
        (ALERT, "approve", "true", "Aigerim", "'Aigerim' is no role"),
    ],
)
def test_what_cannot_be_decided_is_refused(
    alerting: World, alert_id: str, decision: str, verdict: str | None, role: str, reason: str
) -> None:
    with pytest.raises(triage.TriageError, match=reason):
        triage.decide(alerting, alert_id, decision, verdict, role, DAY)
    assert not alerting.triage.exists()


def test_running_precision_by_hand() -> None:
    import pandas as pd

    counts = pd.DataFrame({"indicator": ["all"], "week": ["2026-W22"], "judged": [10], "upheld": [7]})
    [row] = triage.running_precision(counts).to_dict("records")
    assert row["precision"] == 0.7
    assert (row["precision_lo"], row["precision_hi"]) == pytest.approx(stats.beta.ppf((0.025, 0.975), 7.5, 3.5))


# -- commands ---------------------------------------------------------------------------------------------------------


def test_the_commands_do_it_from_end_to_end(
    alerting: World, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHANYRAQ_DATA", str(world.root))
    runner = CliRunner()
    sheet = tmp_path / "sheet.csv"
    drawn = runner.invoke(
        app, ["audit", "draw", "--world", "hand", "--week", WEEKS[0], "--size", "40", "--to", str(sheet)]
    )
    assert drawn.exit_code == 0, drawn.output
    loaded = runner.invoke(app, ["audit", "load", "--world", "hand", str(fill(sheet))])
    assert loaded.exit_code == 0, loaded.output
    assert len((world.audit_labels / f"{WEEKS[0]}.jsonl").read_text("utf-8").splitlines()) == 40
    refused = runner.invoke(app, ["audit", "draw", "--world", "hand", "--week", "2026-W60"])
    assert isinstance(refused.exception, audit.AuditError) and "no ISO week" in str(refused.exception)

    desk = World(tmp_path / "desk", "hand")
    shutil.copytree(alerting.folder, desk.folder)
    monkeypatch.setenv("SHANYRAQ_DATA", str(desk.root))
    assert (
        runner.invoke(
            app, ["triage", "decide", ALERT, "--world", "hand", "--decision", "archive", "--verdict", "known"]
        ).exit_code
        == 0
    )
    assert runner.invoke(app, ["triage", "list", "--world", "hand", "--week", "2026-W21"]).exit_code == 0
    [line] = [json.loads(each) for each in desk.triage.read_text("utf-8").splitlines()]
    assert set(line) == {
        "decision_no", "alert_id", "indicator", "series", "region_code", "week", "level", "decided_on", "role",
        "decision", "verdict",
    }  # fmt: skip
    assert (line["role"], line["verdict"], line["level"]) == ("operator", "known", "alert")


def test_labels_hold_no_text(world: World) -> None:
    """Only the sheet shows texts; what a build reads is ids and labels."""
    audit.load(world, fill(audit.draw(world, WEEKS[0], 40)))
    with open_warehouse(world.warehouse) as connection:
        ids = {row[0] for row in connection.execute("SELECT article_id FROM core_article").fetchall()}
    for path in (*world.audit_labels.glob("*"), *world.audit_draws.glob("*")):
        for line in random.Random(1).sample(path.read_text("utf-8").splitlines(), 10):
            record = json.loads(line)
            assert record["article_id"] in ids and "Text of" not in line and "Title of" not in line
