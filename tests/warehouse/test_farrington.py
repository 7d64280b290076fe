"""Farrington flexible against the figures of R's `surveillance` 1.20.3 (`farringtonFlexible`) on the same series.

`farrington_series.csv`: three simulated series (Poisson mean .5; negative binomial mean 2; mean 10 with a trend), a
season and an outbreak in each. `farrington_r.csv`: what R says of some of their last weeks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from warehouse.farrington import Control, judge

HERE = Path(__file__).parent
SERIES = pd.read_csv(HERE / "farrington_series.csv")
SAID_BY_R = pd.read_csv(HERE / "farrington_r.csv")


@pytest.mark.parametrize("threshold", ["delta", "nbPlugin", "muan"])
@pytest.mark.parametrize("years", [2, 5])
@pytest.mark.parametrize("periods", [1, 10])
@pytest.mark.parametrize("offset", [0, 1])
def test_figures_are_those_of_r(threshold: str, years: int, periods: int, offset: int) -> None:
    said = SAID_BY_R.query(f"threshold == '{threshold}' and years == {years} and periods == {periods}")
    said = said[said["offset"] == offset]
    assert len(said) >= 30
    for row in said.itertuples():
        series = SERIES[SERIES["series"] == row.series]
        count = series["count"].to_numpy(dtype=float)
        population = series["population"].to_numpy(dtype=float) if offset else None
        control = Control(years=years, periods=periods, trend_p=row.trend_p, threshold=threshold)  # type: ignore[arg-type]
        found = judge(count, int(row.week), control, population)
        assert found is not None
        ours = [found.upper, found.expected, found.p, found.phi]
        theirs = np.array([row.upper, row.expected, row.p, row.phi], dtype=float)
        assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-6, nan_ok=True), row
        assert (found.trend, found.alarm) == (bool(row.trend), bool(row.alarm)), row


def test_too_short_a_history_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 years need 107"):
        judge(np.ones(106), 105)


def test_a_missing_week_is_left_out() -> None:
    count = SERIES.query("series == '10_2'")["count"].to_numpy(dtype=float)
    holed = count.copy()
    holed[len(count) - 52] = np.nan
    whole, left = judge(count, len(count) - 1), judge(holed, len(count) - 1)
    assert whole is not None and left is not None
    assert left.p != whole.p
    assert left.p == pytest.approx(whole.p, abs=0.2)


def test_a_series_of_zeros_has_no_model_or_no_alarm() -> None:
    found = judge(np.zeros(200), 199)
    assert found is None or not found.alarm
