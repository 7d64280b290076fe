"""The counted cells judged: `detect` over the warehouse's own series, with rates and their intervals."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from scipy import stats

from warehouse.signals import DEFAULT, Rule, detect

KEYS: Final = ["indicator", "series", "region_code", "week"]
FIGURES: Final = ["expected", "lo", "hi", "p", "q", "level", "status", "rate_per_1000", "rate_lo", "rate_hi"]


def judge_cells(cells: pd.DataFrame, rule: Rule = DEFAULT) -> pd.DataFrame:
    """Grain indicator x series x region x week; in: `step_cell`.

    The count tested is the one after the owner cap, the floors look at whole stories. An indicator whose
    `highest_level` is watch never says alert. Rates are per 1,000 stories placed, with Jeffreys' 95 % interval.
    """
    frame = pd.DataFrame(
        {
            "series": cells["indicator"] + " " + cells["series"],
            "region": cells["region_code"],
            "week": cells["week"],
            "count": cells["weighed_stories"],
            "exposure": cells["exposure"],
            "stories": cells["stories"],
            "owners": cells["owner_groups"],
        }
    )
    judged = detect(frame, rule)
    result = pd.concat([cells[KEYS].reset_index(drop=True), judged[FIGURES[:7]]], axis=1)
    capped = (cells["highest_level"].reset_index(drop=True) == "watch") & (result["level"] == "alert")
    result["level"] = result["level"].mask(capped, "watch")
    stories = cells["stories"].to_numpy(dtype=float)
    exposure = cells["exposure"].to_numpy(dtype=float)
    seen = exposure > 0
    for name, values in (
        ("rate_per_1000", np.divide(stories, exposure, out=np.full_like(stories, np.nan), where=seen)),
        ("rate_lo", np.where(stories > 0, stats.beta.ppf(0.025, stories + 0.5, exposure - stories + 0.5), 0.0)),
        ("rate_hi", np.where(stories < exposure, stats.beta.ppf(0.975, stories + 0.5, exposure - stories + 0.5), 1.0)),
    ):
        result[name] = np.where(seen, 1000 * values, np.nan)
    return result
