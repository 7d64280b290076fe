"""What the pages are made of: read once from the published warehouse, nothing under the publishing floor among it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from reports.charts import Point
from reports.issue import Institution, Names
from reports.published import Published, Row
from reports.weekly import institutions_of, names_of


@dataclass(frozen=True, slots=True)
class Region:
    region_code: str
    names: Names
    centre: Names


@dataclass(frozen=True, slots=True)
class Series:
    """One indicator and kind of source in one region, oldest week first."""

    region_code: str
    indicator: str
    series: str
    points: tuple[Point, ...]

    @property
    def file(self) -> str:
        return f"assets/charts/{self.region_code}-{self.indicator}-{self.series}.svg"

    @property
    def shown(self) -> bool:
        return any(point.stories is not None for point in self.points)


@dataclass(frozen=True, slots=True)
class Material:
    """Everything the pages are made of, read once from the warehouse; no cell under the publishing floor is in it."""

    facts: dict[str, str]
    regions: tuple[Region, ...]
    series: dict[str, tuple[Series, ...]]
    indicators: dict[str, Row]
    headlines: dict[str, list[Row]]
    sources: list[Row]
    source_weeks: dict[str, list[Row]]
    region_weeks: dict[str, list[Row]]
    composition: dict[str, list[Row]]
    institutions: tuple[Institution, ...]
    columns: list[Row]
    rules: list[Row]
    weeks: dict[str, Row]


def read_material(published: Published) -> Material:
    """Read everything once; a region's series stand in the order of the indicators."""
    weeks = {row["week"]: row for row in published.rows("weeks")}
    series: dict[str, list[Series]] = {}
    rows = published.rows("site_series")
    indicators = {row["indicator"]: row for row in published.rows("site_indicators")}
    position = {name: number for number, name in enumerate(indicators)}
    for (code, indicator, kind), cells in itertools.groupby(
        rows, key=lambda row: (row["region_code"], row["indicator"], row["series"])
    ):
        points = tuple(
            Point(
                weeks[cell["week"]]["first_day"],
                cell["stories"],
                cell["expected_lo"],
                cell["expected_hi"],
                cell["status"],
                cell["alert"],
            )
            for cell in cells
        )
        series.setdefault(code, []).append(Series(code, indicator, kind, points))
    return Material(
        facts={row["key"]: str(row["value"]) for row in published.rows("build_facts")},
        regions=tuple(
            Region(row["region_code"], names_of(row), names_of(row, "centre")) for row in published.rows("site_regions")
        ),
        series={
            code: tuple(sorted(found, key=lambda item: (position[item.indicator], item.series)))
            for code, found in series.items()
        },
        indicators=indicators,
        headlines=_grouped(published.rows("site_headlines"), "region_code"),
        sources=published.rows("site_sources"),
        source_weeks=_grouped(published.rows("site_source_weeks"), "source_id"),
        region_weeks=_grouped(published.rows("site_region_weeks"), "region_code"),
        composition=_grouped(published.rows("site_composition"), "region_code"),
        institutions=institutions_of(published),
        columns=published.rows("site_columns"),
        rules=published.rows("site_rules"),
        weeks=weeks,
    )


def _grouped(rows: Sequence[Row], key: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found
