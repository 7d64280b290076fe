"""The truth file holds what the planted items say: counts recomputed from their labels, cells and ids that exist."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pandas as pd
import pytest

from shanyraq.sample.world import FIRST_DAY, FOLDER, LAST_DAY, SampleWorld, read_lines, read_outlets
from warehouse.signals import detect

TRUTH: dict[str, Any] = json.loads((FOLDER / "truth.json").read_text("utf-8"))
RECORDS: dict[str, dict[str, Any]] = {record["id"]: record for record in read_lines(FOLDER / "episodes.jsonl")}
OWNERS = {outlet.outlet_id: outlet.owner_group for outlet in read_outlets()}
INDICATORS = ("attention", "cohesion", "grievance", "hostility", "incidents", "rumour")


def indicators_of(record: dict[str, Any]) -> set[str]:
    """The codebook's last section, on gold labels."""
    if record["rel"] != "domestic":
        return set()
    acts = set(record["acts"])
    hostile = any(g["sev"] >= 2 or (g["sev"] >= 1 and g["st"] == -1) for g in record["groups"])
    incident = acts & {"clash", "threat", "protest"} and record["time"] == "current"
    held = {
        "attention": True,
        "hostility": hostile and record["voice"] != "counter",
        "incidents": incident and record["frame"] in ("framed", "denied"),
        "grievance": "grievance" in acts,
        "rumour": "rumour" in acts,
        "cohesion": acts & {"mediation", "cooperation"} or record["voice"] == "counter",
    }
    return {name for name, holds in held.items() if holds}


def recomputed(world: SampleWorld, episode: str) -> list[dict[str, Any]]:
    cells: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for item in world.items:
        if item.episode == episode and item.region:
            for indicator in indicators_of(RECORDS[item.item_id]):
                cells[item.week, item.region, indicator, item.series].append(item.item_id)
    return [
        {
            "week": week,
            "region": region,
            "indicator": indicator,
            "series": series,
            "items": len(ids),
            "stories": len({RECORDS[i]["copy_of"] or i for i in ids}),
            "outlets": len({RECORDS[i]["outlet"] for i in ids}),
            "owner_groups": len({OWNERS[RECORDS[i]["outlet"]] for i in ids}),
        }
        for (week, region, indicator, series), ids in sorted(cells.items())
    ]


def test_ten_statements_cover_every_planted_item() -> None:
    assert [statement["id"] for statement in TRUTH["statements"]] == [f"E{n}" for n in range(1, 11)]
    assert sorted(i for statement in TRUTH["statements"] for i in statement["item_ids"]) == sorted(RECORDS)
    assert (TRUTH["first_day"], TRUTH["last_day"]) == (FIRST_DAY.isoformat(), LAST_DAY.isoformat())


@pytest.mark.parametrize("statement", TRUTH["statements"], ids=lambda statement: statement["id"])
def test_counts_equal_the_planted_items(world: SampleWorld, statement: dict[str, Any]) -> None:
    assert statement["planted_counts"] == recomputed(world, statement["id"])


@pytest.mark.parametrize("statement", TRUTH["statements"], ids=lambda statement: statement["id"])
def test_expected_levels_can_be_reached(statement: dict[str, Any]) -> None:
    """Floors of METHOD, "Levels": watch 3 stories and 2 owner groups, alert 5 and 3; none where nothing is planted."""
    counts = {(c["week"], c["region"], c["indicator"], c["series"]): c for c in statement["planted_counts"]}
    regions = {outlet.region for outlet in read_outlets() if outlet.region}
    for expected in statement["expect"]:
        assert expected["region"] in regions | {"every"}
        assert expected["indicator"] in INDICATORS
        assert expected["match"] in ("any", "all")
        assert set(expected["levels"]) <= {None, "watch", "alert", "held"}
        cells = [
            counts.get((week, expected["region"], expected["indicator"], expected["series"]))
            for week in expected["weeks"]
        ]
        if None not in expected["levels"]:
            stories, owners = (5, 3) if expected["levels"] == ["alert"] else (3, 2)
            assert any(cell and cell["stories"] >= stories and cell["owner_groups"] >= owners for cell in cells)
    for side in statement["side_signals"]:
        assert side["region"] in regions
        assert set(side["indicators"]) <= set(INDICATORS)
        assert set(side["levels"]) <= {"watch", "alert"}


def test_every_cell_above_the_floors_is_expected_or_allowed() -> None:
    """A planted cell that may rise to a level must be foreseen, or the truth would call a right signal wrong."""
    for statement in TRUTH["statements"]:
        foreseen = {
            (week, entry["region"], indicator, series)
            for entry in [*statement["expect"], *statement["side_signals"]]
            if entry["levels"] != [None]
            for week in entry["weeks"]
            for indicator in entry.get("indicators", [entry.get("indicator")])
            for series in ([entry["series"]] if isinstance(entry["series"], str) else entry["series"])
        }
        strong = {
            (cell["week"], cell["region"], cell["indicator"], cell["series"])
            for cell in statement["planted_counts"]
            if cell["stories"] >= 3 and cell["owner_groups"] >= 2
        }
        assert strong <= foreseen, (statement["id"], strong - foreseen)


@pytest.fixture(scope="module")
def told(world: SampleWorld) -> dict[tuple[str, str, str, str], tuple[str | None, str]]:
    """Level and status of every cell if all texts were read as labelled: the truth must follow from the items."""
    stories: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    owners: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    exposure: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for item in world.items:
        if item.region:
            story = item.copy_of or item.item_id
            exposure[item.series, item.region, item.week].add(story)
            routine = {
                "rel": item.rel,
                "acts": item.acts,
                "voice": "report",
                "time": "current",
                "frame": "none",
                "groups": [],
            }
            for indicator in indicators_of(RECORDS.get(item.item_id, routine)):
                stories[indicator, item.series, item.region, item.week].add(story)
                owners[indicator, item.series, item.region, item.week].add(OWNERS[item.outlet_id])
    rows = [
        {
            "series": f"{indicator}/{series}",
            "region": region,
            "week": week,
            "count": len(stories[indicator, series, region, week]),
            "exposure": len(exposure[series, region, week]),
            "owners": len(owners[indicator, series, region, week]),
        }
        for indicator in INDICATORS
        for series in ("news", "social")
        for region in sorted({outlet.region for outlet in read_outlets() if outlet.region})
        for week in sorted({item.week for item in world.items})
    ]
    found: dict[tuple[str, str, str, str], tuple[str | None, str]] = {}
    for row in detect(pd.DataFrame(rows)).to_dict("records"):
        indicator, series = str(row["series"]).split("/")
        # attention never rises above watch: feasts fill it too
        level = "watch" if indicator == "attention" and row["level"] else row["level"] or None
        found[indicator, series, str(row["region"]), str(row["week"])] = (level, str(row["status"]))
    return found


def test_a_perfect_reader_would_say_the_truth(told: dict[tuple[str, str, str, str], tuple[str | None, str]]) -> None:
    regions = sorted({region for _, _, region, _ in told})
    allowed: set[tuple[str, str, str, str]] = set()
    for statement in TRUTH["statements"]:
        for side in statement["side_signals"]:
            allowed |= {
                (indicator, series, side["region"], week)
                for indicator in side["indicators"] for series in side["series"] for week in side["weeks"]
            }  # fmt: skip
        for expected in statement["expect"]:
            if expected["levels"] != [None]:
                allowed |= {
                    (expected["indicator"], expected["series"], expected["region"], w) for w in expected["weeks"]
                }
    for statement in TRUTH["statements"]:
        for expected in statement["expect"]:
            for region in regions if expected["region"] == "every" else [expected["region"]]:
                weeks = [
                    week
                    for week in expected["weeks"]
                    if region == expected["region"]
                    or (expected["indicator"], expected["series"], region, week) not in allowed
                ]
                cells = [told[expected["indicator"], expected["series"], region, week] for week in weeks]
                right = [level in expected["levels"] for level, _ in cells]
                assert all(right) if expected["match"] == "all" else any(right), (statement["id"], expected, cells)
                if expected["status"] != "ok":
                    assert {status for _, status in cells} == {"insufficient"}, (statement["id"], expected)
    raised = {cell for cell, (level, _) in told.items() if level}
    assert raised <= allowed, sorted(raised - allowed)


def test_the_silent_outlets_are_silent(world: SampleWorld) -> None:
    statement = TRUTH["statements"][5]
    for item in world.items:
        if statement["silent_from"] <= item.day.isoformat() <= statement["silent_to"]:
            assert item.outlet_id not in statement["silent_outlets"]
            assert item.region != "KZ-55"


def test_the_copied_story_is_one(world: SampleWorld) -> None:
    statement = TRUTH["statements"][6]
    items = [item for item in world.items if item.episode == "E7"]
    assert len({item.outlet_id for item in items if item.genre == "news"}) == 20
    assert {item.copy_of or item.item_id for item in items} == {statement["original"]}
