"""No figure for a cell under five stories or three owner groups, and none to be found by subtraction."""

from __future__ import annotations

from typing import Final

import pandas as pd

STORIES, OWNERS = 5, 3  # METHOD, "Publishing rules"
COLUMNS: Final = (
    "group_id", "region_code", "series", "week", "hostile_stories", "stories", "owner_groups", "suppressed",
)  # fmt: skip
_LINES: Final = (["region_code", "series", "week"], ["group_id", "series", "week"])


def suppress(frame: pd.DataFrame) -> pd.DataFrame:
    """Grain group x region x series x week with `suppressed`, and the figures null where it holds.

    Primary: under 5 stories, under 3 owner groups, or 1 to 4 hostile stories. Secondary: where a line (the groups of a
    region and week, the regions of a group and week) hides exactly one cell, its smallest shown cell is hidden too,
    until no line hides exactly one beside shown ones.
    """
    cells = frame.copy()
    small = (cells["stories"] < STORIES) | (cells["owner_groups"] < OWNERS)
    cells["suppressed"] = small | cells["hostile_stories"].between(1, STORIES - 1)
    while True:
        hidden_before = int(cells["suppressed"].sum())
        for keys in _LINES:
            hidden = cells.groupby(keys)["suppressed"].transform("sum")
            shown = cells[(hidden == 1) & ~cells["suppressed"]]
            smallest = shown.sort_values(["stories", "group_id", "region_code"]).drop_duplicates(keys)
            cells.loc[smallest.index, "suppressed"] = True
        if int(cells["suppressed"].sum()) == hidden_before:
            break
    for name in ("hostile_stories", "stories", "owner_groups"):
        cells[name] = cells[name].astype("Int64").mask(cells["suppressed"])
    return cells[list(COLUMNS)]
