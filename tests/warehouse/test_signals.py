"""The signal rule: its promises as properties, its edges as tables."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from warehouse.signals import (
    DEFAULT,
    SignalInputError,
    benjamini_hochberg,
    detect,
    filter_rows,
    mid_p,
    week_start,
)

WEEKS = [f"2026-W{n:02d}" for n in range(1, 15)]


def grid(counts: np.ndarray, exposure: float = 40.0) -> pd.DataFrame:
    regions, weeks = counts.shape
    return pd.DataFrame(
        {
            "series": "incidents news",
            "region": np.repeat([f"KZ-{r:02d}" for r in range(regions)], weeks),
            "week": np.tile(WEEKS[:weeks], regions),
            "count": counts.ravel(),
            "exposure": exposure,
        }
    )


counts = st.lists(st.lists(st.integers(0, 6), min_size=11, max_size=11), min_size=2, max_size=6).map(np.array)


@settings(max_examples=40, deadline=None)
@given(counts, st.integers(1, 30))
def test_p_falls_when_the_count_rises(table: np.ndarray, more: int) -> None:
    higher = table.copy()
    higher[0, -1] += more
    low, high = detect(grid(table)), detect(grid(higher))
    here = (low["region"] == "KZ-00") & (low["week"] == WEEKS[10])
    assert high.loc[here, "p"].item() < low.loc[here, "p"].item()
    assert high.loc[here, "q"].item() <= low.loc[here, "q"].item() + 1e-12
    assert high.loc[here, "expected"].item() == low.loc[here, "expected"].item()


@settings(max_examples=40, deadline=None)
@given(counts, st.randoms(use_true_random=False))
def test_order_of_rows_and_regions_changes_nothing(table: np.ndarray, rng: object) -> None:
    frame = grid(table)
    order = list(range(len(frame)))
    rng.shuffle(order)  # type: ignore[attr-defined]
    mixed = detect(frame.iloc[order]).set_index(["region", "week"]).sort_index()
    straight = detect(frame).set_index(["region", "week"]).sort_index()
    pd.testing.assert_frame_equal(mixed, straight, check_exact=False, rtol=1e-9)


@settings(max_examples=40, deadline=None)
@given(counts, st.lists(st.integers(0, 50), min_size=2, max_size=6))
def test_later_weeks_change_no_earlier_judgement(table: np.ndarray, later: list[int]) -> None:
    appended = np.column_stack([table, np.resize(later, table.shape[0])])
    before, after = detect(grid(table)), detect(grid(appended))
    after = after[after["week"].isin(before["week"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(before, after)


@settings(max_examples=30, deadline=None)
@given(counts, st.floats(0.1, 10))
def test_unit_of_exposure_changes_nothing(table: np.ndarray, factor: float) -> None:
    one, other = detect(grid(table)), detect(grid(table, 40.0 * factor))
    pd.testing.assert_frame_equal(one.drop(columns="exposure"), other.drop(columns="exposure"), rtol=1e-6, atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_is_scipys(p: list[float]) -> None:
    assert np.allclose(benjamini_hochberg(np.array(p)), stats.false_discovery_control(p))


def test_mid_p_is_the_tail_and_half_the_point() -> None:
    law = stats.nbinom(4.0, 4.0 / (4.0 + 2.0))
    expected = [sum(law.pmf(k) for k in range(y + 1, 400)) + law.pmf(y) / 2 for y in range(8)]
    assert np.allclose(mid_p(np.arange(8.0), np.full(8, 2.0), np.full(8, 4.0)), expected)


def test_many_equal_weeks_are_expected_again() -> None:
    judged = detect(grid(np.full((5, 12), 8))).query("week == '2026-W12'")
    assert judged["expected"].to_numpy() == pytest.approx(8, rel=0.02)
    assert (judged["level"] == "").all()


def test_twice_the_exposure_doubles_the_expectation() -> None:
    frame = grid(np.full((5, 12), 8))
    frame.loc[frame["week"] == "2026-W12", "exposure"] *= 2
    assert detect(frame).query("week == '2026-W12'")["expected"].to_numpy() == pytest.approx(16, rel=0.02)


def test_an_outbreak_does_not_hide_its_successor() -> None:
    table = np.ones((8, 14), dtype=int)
    table[0, 9], table[0, 13] = 15, 15
    judged = detect(grid(table)).query("region == 'KZ-00'").set_index("week")
    assert judged.loc["2026-W10", "level"] == "alert"
    assert judged.loc["2026-W14", "level"] == "alert"
    assert judged.loc["2026-W14", "expected"] < 2


def test_floors_on_owners_hold_only_where_the_column_is_there() -> None:
    table = np.zeros((4, 9), dtype=int)
    table[0, 8] = 6
    bare = detect(grid(table)).iloc[8]
    two = detect(grid(table).assign(owners=2)).iloc[8]
    one = detect(grid(table).assign(owners=1)).iloc[8]
    assert (bare["level"], two["level"], one["level"]) == ("alert", "watch", "")


def test_a_missing_column_and_a_repeated_cell_are_one_sentence() -> None:
    with pytest.raises(SignalInputError, match="need the column exposure"):
        detect(grid(np.zeros((2, 9))).drop(columns="exposure"))
    twice = pd.concat([grid(np.zeros((2, 9)))] * 2)
    with pytest.raises(SignalInputError, match="cell twice: incidents news KZ-00 2026-W01"):
        detect(twice)


@pytest.mark.parametrize("week", ["2026-W53", "2020-W53", "2026-W01"])
def test_weeks_that_exist(week: str) -> None:
    assert week_start(week).strftime("%G-W%V-%u") == f"{week}-1"


@pytest.mark.parametrize("week", ["2025-W53", "2026-W00", "2026-W54", "2026-22", "2026-w22", "W22", "", "2026-W2"])
def test_weeks_that_do_not(week: str) -> None:
    with pytest.raises(ValueError, match=r"week|Week"):
        week_start(week)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_filter_keeps_rows_order_and_unknown_columns() -> None:
    head = "series,region,week,count,exposure,note\n"
    body = "".join(f"a,KZ-31,2026-W{n:02d},1,40,n{n}\n" for n in range(1, 11))
    bad = (
        "a,KZ-31,2025-W53,1,40,no such week\n"
        "a,KZ-31,2026-W11,x,40,no number\n"
        "a,KZ-31,2026-W10,1,40,twice\n"
        "a,KZ-31,2026-W12,-1,40,negative\n"
        "a,KZ-31,2026-W13,1.5,40,half a story\n"
        "a,KZ-31,2026-W13,1_0,40,Python's own figure\n"
        "a,KZ-31,2026-W13,1,1e300,beyond all sums\n"
        ",KZ-31,2026-W13,1,40,no series\n"
        "a,KZ-31,2026-W14,3,0,no exposure\n"
        "a,KZ-31,2026-W15,3,,blank exposure\n"
        "b,KZ-31,2026-W15,3,40,other series\n"
        "a,KZ-31,2026-W16,9,40,many\n"
    )
    out = list(filter_rows(rows(head + body + bad)))
    assert [row["note"] for row in out] == [row["note"] for row in rows(head + body + bad)]
    assert [row["status"] for row in out] == (
        ["no_baseline"] * 8 + ["ok"] * 2 + ["error"] * 8 + ["insufficient"] * 2 + ["no_baseline", "ok"]
    )
    assert out[-1]["level"] == "alert"
    assert float(out[-1]["p"]) == float(out[-1]["q"]) < 0.001  # one region: nothing to adjust for
    assert all(
        row[name] == "" for row in out if row["status"] != "ok" for name in ("expected", "lo", "hi", "p", "q", "level")
    )


def test_filter_of_nothing_and_of_a_wrong_header() -> None:
    assert list(filter_rows([])) == []
    with pytest.raises(SignalInputError, match="exposure"):
        list(filter_rows([{"series": "a", "region": "b", "week": "2026-W01", "count": "1"}]))


def test_weeks_of_no_data_are_not_zeros() -> None:
    """Exposure 0 teaches nothing: dropping such rows gives the same judgement."""
    table = np.array([[2, 1, 3, 0, 2, 1, 2, 3, 1, 2, 2]] * 3)
    frame = grid(table)
    frame.loc[frame["week"] == "2026-W04", "exposure"] = 0
    gone = frame[frame["week"] != "2026-W04"]
    last = detect(frame).query("week == '2026-W11'").reset_index(drop=True)
    pd.testing.assert_frame_equal(last, detect(gone).query("week == '2026-W11'").reset_index(drop=True))


def test_false_alarms_and_hits_in_a_small_simulation() -> None:
    """The bench in small; its full table is in the method page. 12 worlds of 20 x 60 weeks, mean 2."""
    false = hits = events = weeks = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        table = rng.poisson(2.0, (20, 60))
        region, start = int(rng.integers(20)), int(rng.integers(30, 55))
        table[region, start : start + 3] += rng.poisson(1.5 + 2.5 * np.sqrt(2.0), 3)
        names = [
            f"{d.isocalendar().year}-W{d.isocalendar().week:02d}"
            for d in pd.date_range("2024-01-01", periods=60, freq="7D")
        ]
        frame = grid(table[:, :1]).drop(columns="week").loc[np.repeat(range(20), 60)].assign(week=names * 20)
        frame["count"] = table.ravel()
        level = (detect(frame, DEFAULT)["level"] != "").to_numpy().reshape(20, 60).copy()
        hits += bool(level[region, start : start + 3].any())
        events += 1
        level[region, start:] = False
        false += int(level[:, 20:].any(axis=0).sum())
        weeks += 40
    assert false / weeks <= 0.12
    assert hits / events >= 0.6


def years_of(rate: np.ndarray, seed: int) -> pd.DataFrame:
    """Poisson counts around `rate` (regions x weeks) from the first week of 2023 on."""
    regions, weeks = rate.shape
    days = pd.date_range("2023-01-02", periods=weeks, freq="7D")
    return pd.DataFrame(
        {
            "series": "s",
            "region": np.repeat([f"KZ-{r:02d}" for r in range(regions)], weeks),
            "week": np.tile([f"{day:%G-W%V}" for day in days], regions),
            "count": np.random.default_rng(seed).poisson(rate).ravel(),
            "exposure": 500.0,
        }
    )


def last_year(frame: pd.DataFrame, name: str, regions: int) -> np.ndarray:
    judged: np.ndarray = detect(frame)[name].to_numpy().reshape(regions, -1)[:, -52:]
    return judged


@pytest.mark.parametrize("shift", [0.0, 2 * np.pi / 8], ids=["one season for all", "each region its own"])
def test_a_known_season_is_expected(shift: float) -> None:
    week = np.arange(170)
    rate = 8 * np.exp(0.8 * np.cos(2 * np.pi * week / 52 + shift * np.arange(8)[:, None]))
    expected = last_year(years_of(rate, 1), "expected", 8)
    off = np.log(expected / rate[:, -52:])
    # Without a season the log error would swing with the wave: .8 / sqrt(2) = .57.
    assert off.std() < 0.2
    assert abs(off.mean()) < 0.05


def test_a_feast_that_trebles_everything_is_no_signal_the_third_time() -> None:
    days = pd.date_range("2023-01-02", periods=170, freq="7D")
    feast = np.array([f"{day:%V}" == "12" for day in days])  # the week of 21-23 March
    rate = np.where(feast, 12.0, 4.0) * np.ones((10, 1))
    frame = years_of(rate, 2)
    held = frame["week"].str.endswith("W12").to_numpy()
    judged = detect(frame)
    by_year = judged[held].groupby(frame["week"][held].str[:4])
    assert (by_year["level"].apply(lambda level: (level != "").sum())["2026"]) <= 1
    assert by_year["expected"].mean()["2026"] == pytest.approx(12, rel=0.3)


def test_what_builds_up_slowly_signals_before_its_single_weeks_would() -> None:
    rate = np.full((10, 120), 6.0)
    frame = years_of(rate, 3)
    slow = frame["count"].to_numpy().reshape(10, 120).copy()
    slow[0, -4:] = [9, 11, 12, 12]
    judged = detect(frame.assign(count=slow.ravel())).query("region == 'KZ-00'").iloc[-1]
    law = stats.poisson(judged["expected"])
    alone = law.sf(12) + law.pmf(12) / 2
    assert judged["p"] < alone / 2


def test_an_outbreak_that_is_over_does_not_signal() -> None:
    frame = years_of(np.full((10, 120), 6.0), 4)
    over = frame["count"].to_numpy().reshape(10, 120).copy()
    over[0, -4:] = [25, 25, 25, 5]
    assert detect(frame.assign(count=over.ravel())).query("region == 'KZ-00'").iloc[-1]["level"] == ""


def test_low_season_is_not_surer_than_it_is() -> None:
    """Variance in proportion to the mean: dispersion read off the high season alone would alarm in the low one."""
    rng = np.random.default_rng(5)
    week = np.arange(220)
    mean = 12 * np.exp(1.4 * np.cos(2 * np.pi * week / 52)) * np.ones((15, 1))
    frame = years_of(mean, 5).assign(count=rng.negative_binomial(mean / 2, 1 / 3).ravel())
    p = last_year(frame, "p", 15)
    low = mean[0, -52:] < 6
    assert (p[:, low] < 0.01).mean() < 0.02
