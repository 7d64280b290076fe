"""Build the static site: pages in three languages, charts, map; opens from disk and asks nobody for anything."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from reports.catalogue import Catalogue, catalogue
from reports.charts import series_chart
from reports.issue import LANGUAGES, Issue, Language, RegionWeek, ReportError
from reports.methodology import label_heads
from reports.published import Published, Row
from reports.sentences import signal_text
from reports.site.map import RegionLook, region_map
from reports.site.material import Material, Region, read_material
from reports.templates import environment
from reports.weekly import names_of, one_line, safe_link

MAIN_LANGUAGE: Final[Language] = "ru"  # stands at the top of the site, the others in a folder each
SECTIONS: Final = (
    ("week", "index.html"),
    ("map", "map.html"),
    ("regions", "regions/index.html"),
    ("issues", "issues/index.html"),
    ("sources", "sources.html"),
    ("method", "method.html"),
    ("data", "data.html"),
)
_ASSETS: Final = ("style.css", "site.js", "shanyraq.svg")
_HEADLINES: Final = 40  # a region page's list: about two screens
# Rows of the population table that are no ethnic group, in the order in which they close a region's list.
_NO_GROUPS: Final = {
    "Other": "other",
    "Not stated": "not_stated",
    "Small groups not listed (computed)": "rest_small",
}
_SMALL_SHARE: Final = 0.05  # per cent; smaller groups are one line, their own number says little and could point at few


@dataclass(frozen=True, slots=True)
class SiteReport:
    """What was written: files, of them pages and charts, and bytes in all."""

    files: int
    pages: int
    charts: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the map in one language."""

    name: str
    svg: Markup
    looks: dict[str, RegionLook]
    legend: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class GroupShare:
    """One line of a region's composition. `share` in per cent; `estimated`: the source does not print the number."""

    name: str
    people: int
    share: float
    estimated: bool


@dataclass(frozen=True, slots=True)
class Run:
    """Weeks in a row of one status: the number of the first, how many, and both in words."""

    status: str
    first: int
    weeks: int
    told: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The statuses of all weeks as runs; `now` is the last one in words, `alt` the whole counted."""

    runs: tuple[Run, ...]
    weeks: int
    now: str
    alt: str


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page stands: `path` inside its language, and the relative ways from there."""

    language: Language
    path: str

    @property
    def file(self) -> str:
        return self.path if self.language == MAIN_LANGUAGE else f"{self.language}/{self.path}"

    @property
    def home(self) -> str:
        return "../" * self.path.count("/")

    @property
    def root(self) -> str:
        return "../" * self.file.count("/")

    @property
    def section(self) -> str:
        folder = self.path.split("/")[0]
        return f"{folder}/index.html" if "/" in self.path else self.path

    @property
    def sections(self) -> tuple[tuple[str, str], ...]:
        return SECTIONS

    @property
    def languages(self) -> list[tuple[Language, str, str]]:
        return [
            (language, catalogue(language).text("name.language"), self.root + Page(language, self.path).file)
            for language in LANGUAGES
        ]


def build_site(warehouse: Path, site: Path, *, issues: Sequence[Issue]) -> SiteReport:
    """Write the site of `issues` (oldest first; the last is the overview) into the folder `site`, replacing it whole.

    Same warehouse and issues, same bytes. Raises `ReportError` without issues or where `site` is no site's folder.
    """
    if not issues:
        raise ReportError(f"There is no issue to build {site} from: compose at least one week first.")
    if site.exists() and (not site.is_dir() or (any(site.iterdir()) and not (site / "index.html").is_file())):
        raise ReportError(f"{site} holds something that is no site: name another folder or empty this one.")
    with Published(warehouse) as published:
        material = read_material(published)
    site.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{site.name}.", suffix=".part", dir=site.parent))
    try:
        pages, charts = _write(fresh, material, issues)
        fresh.chmod(0o755)
        written = [path for path in fresh.rglob("*") if path.is_file()]
        report = SiteReport(len(written), pages, charts, sum(path.stat().st_size for path in written))
        _swap(fresh, site)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return report


def _swap(fresh: Path, site: Path) -> None:
    """Put `fresh` in the place of `site`; a folder cannot be replaced in one step, so the old one moves aside first."""
    aside = site.with_name(f".{site.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    if site.exists():
        site.rename(aside)
    try:
        fresh.rename(site)
    except OSError:
        if aside.exists():
            aside.rename(site)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _write(folder: Path, material: Material, issues: Sequence[Issue]) -> tuple[int, int]:
    assets = files("reports").joinpath("site", "assets")
    (folder / "assets" / "charts").mkdir(parents=True)
    for name in _ASSETS:
        (folder / "assets" / name).write_bytes(assets.joinpath(name).read_bytes())
    charts = 0
    for series in itertools.chain.from_iterable(material.series.values()):
        if series.shown:
            up = material.indicators[series.indicator]["direction"] == "cohesion"
            title = f"{series.region_code} {series.indicator} {series.series}"
            (folder / series.file).write_text(series_chart(series.points, title=title, up=up), encoding="utf-8")
            charts += 1
    pages = 0
    for language in LANGUAGES:
        for page, template, values in _pages(language, material, issues):
            html = (
                environment("site/pages", html=True)
                .get_template(f"{template}.jinja")
                .render(
                    page=page,
                    words=catalogue(language),
                    site=_site_facts(material, issues[-1], catalogue(language)),
                    **values,
                )
            )
            target = folder / page.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(html, encoding="utf-8")
            pages += 1
    return pages, charts


def _site_facts(material: Material, latest: Issue, words: Catalogue) -> dict[str, Any]:
    first = min(row["first_day"] for row in material.weeks.values())
    last = max(row["last_day"] for row in material.weeks.values())
    return {
        "fictional": latest.fictional,
        "version": latest.version,
        "first": words.day(first, year=True),
        "last": words.day(last, year=True),
    }


def _pages(
    language: Language, material: Material, issues: Sequence[Issue]
) -> Iterable[tuple[Page, str, dict[str, Any]]]:
    words, latest = catalogue(language), issues[-1]
    layers = {
        name: map_layer(name, latest, material.regions, words, folder="regions/")
        for name in ("tension", "cohesion", "coverage")
    }
    tension, cohesion = layers["tension"].looks, layers["cohesion"].looks
    yield Page(language, "index.html"), "index", {"issue": latest, "layer": layers["tension"]}
    yield Page(language, "map.html"), "map", {"issue": latest, "layers": layers.values(), "regions": material.regions}
    yield (
        Page(language, "regions/index.html"),
        "regions",
        {"regions": material.regions, "tension": tension, "cohesion": cohesion},
    )
    for region in material.regions:
        values = _region_values(region, material, issues, words)
        values |= {"tension": tension[region.region_code], "cohesion": cohesion[region.region_code]}
        yield Page(language, f"regions/{region.region_code}.html"), "region", values
    yield Page(language, "issues/index.html"), "issues", {"issues": issues}
    for number, issue in enumerate(issues):
        around = {
            "older": issues[number - 1].week if number else None,
            "newer": issues[number + 1].week if number + 1 < len(issues) else None,
        }
        yield Page(language, f"issues/{issue.week}.html"), "issue", {"issue": issue, **around}
    yield Page(language, "sources.html"), "sources", _source_values(material, words)
    yield Page(language, "method.html"), "method", _method_values(material, words)
    tables = itertools.groupby(material.columns, key=lambda row: row["table_name"])
    facts = [{"key": key, "value": value} for key, value in material.facts.items()]
    yield (
        Page(language, "data.html"),
        "data",
        {"facts": facts, "tables": [(table, list(columns)) for table, columns in tables]},
    )


def map_layer(name: str, issue: Issue, regions: Sequence[Region], words: Catalogue, *, folder: str) -> Layer:
    """One layer (tension, cohesion, coverage): what cannot be judged looks the same in all of them."""
    raised = {signal.region_code for signal in issue.tension}
    up = {signal.region_code for signal in issue.cohesion}
    cells = {cell.region_code for cell in issue.cohesion_cells}
    seen = {region.region_code: region.status for region in issue.regions}
    looks: dict[str, RegionLook] = {}
    for region in regions:
        code = region.region_code
        # A region the week does not know of was not seen: insufficient, never quiet.
        state = seen.get(code, "insufficient")
        if name == "tension":
            state = "alert" if code in raised else "quiet" if state == "ok" else state
        elif name == "cohesion":
            well = "cohesion_up" if code in up else "cohesion_cell" if code in cells else None
            state = well or ("quiet" if state == "ok" else state)
        elif name == "coverage":
            state = "seen" if state == "ok" else state
        else:
            raise ValueError(f"unknown layer {name!r}")
        looks[code] = RegionLook(
            state, region.names.by(words.language), words.text(f"map.{state}"), f"{folder}{code}.html"
        )
    order = ("alert", "cohesion_up", "cohesion_cell", "seen", "quiet", "held", "insufficient", "no_baseline")
    used = [state for state in order if any(look.state == state for look in looks.values())]
    counted = "; ".join(
        f"{words.text(f'map.{state}')}: {sum(look.state == state for look in looks.values())}" for state in used
    )
    description = words.text("map.describe", states=f"{words.text(f'map.layer_{name}')}. {counted}.")
    legend = tuple((state, words.text(f"map.{state}")) for state in used)
    svg = region_map(looks, layer=name, description=description)
    return Layer(name, Markup(svg), looks, legend)  # noqa: S704 - region_map escapes every name it writes


def _region_values(region: Region, material: Material, issues: Sequence[Issue], words: Catalogue) -> dict[str, Any]:
    code, latest = region.region_code, issues[-1]
    charts, hidden = [], []
    state_text = {
        "ok": words.text("region.legend_below"),
        "held": words.text("region.legend_held"),
        "insufficient": words.text("region.legend_insufficient"),
        "no_baseline": words.text("region.legend_no_baseline"),
    }
    for series in material.series.get(code, ()):
        title = names_of(material.indicators[series.indicator], "title").by(words.language)
        kind = words.text(f"series.{series.series}")
        if not series.shown:
            states = [(point.monday, point.status) for point in series.points]
            strip = _strip(f"{title}, {kind}", states, state_text, words)
            hidden.append({"title": title, "series": kind, "strip": strip})
            continue
        shown = [point.stories for point in series.points if point.stories is not None]
        alt = words.text(
            "region.chart_alt",
            title=title,
            series=kind,
            region=region.names.by(words.language),
            weeks=len(series.points),
            shown=len(shown),
            top=max(shown),
            alerts=sum(point.alert for point in series.points),
            gaps=sum(point.status in ("held", "insufficient") for point in series.points),
        )
        charts.append({"title": title, "series": kind, "file": series.file, "alt": alt})
    alerts = [
        (issue.week, words.days(issue.first_day, issue.last_day, year=True), mine)
        for issue in reversed(issues)
        if (mine := [signal_text(signal, words) for signal in issue.signals if signal.region_code == code])
    ]
    composition, year, source = _composition(material.composition.get(code, []), words)
    return {
        "region": region,
        "issue": latest,
        "region_week": next(
            (seen for seen in latest.regions if seen.region_code == code),
            RegionWeek(code, region.names, "insufficient", 0, 0, 0, (), 0),
        ),
        "alerts": alerts,
        "charts": charts,
        "hidden": hidden,
        "headlines": _headlines(material.headlines.get(code, []), material.indicators, words),
        "institutions": [item for item in material.institutions if item.region_code == code],
        "national": [item for item in material.institutions if item.region_code is None],
        "composition": composition,
        "composition_year": year,
        "composition_source": source,
    }


def _headlines(rows: Sequence[Row], indicators: Mapping[str, Row], words: Catalogue) -> list[dict[str, Any]]:
    """One entry a story, with the indicators it counts to."""
    told = []
    for _, group in itertools.groupby(rows, key=lambda row: (row["week"], row["day"], row["story_id"])):
        stories = list(group)
        first = stories[0]
        told.append(
            {
                "title": one_line(first["title"]),
                "url": safe_link(first["url"]),
                "outlet": one_line(first["outlet"]),
                "day": date.fromisoformat(first["day"]),
                "indicators": [
                    names_of(indicators[row["indicator"]], "title").by(words.language).lower() for row in stories
                ],
            }
        )
    return told[:_HEADLINES]


def _composition(rows: Sequence[Row], words: Catalogue) -> tuple[list[GroupShare], int | None, str]:
    """Groups in alphabetical order, those under 0.05 % among the other ones; what is no group stands last."""
    if not rows:
        return [], None, ""
    total = sum(row["population"] for row in rows)
    people: dict[str, int] = {}
    estimated: set[str] = set()
    for row in rows:
        group = row["group_id"] or _NO_GROUPS.get(row["group_name"])
        if group is None:
            raise ReportError(f"The population table names {row['group_name']!r}, which is no group: give it an id.")
        if row["group_id"] and 100 * row["population"] / total < _SMALL_SHARE:
            group = "other"
        people[group] = people.get(group, 0) + row["population"]
        if row["basis"] == "estimated" and row["population"]:
            estimated.add(group)
    last = list(_NO_GROUPS.values())
    names = {group: words.group(group) for group in people} | {"other": words.text("region.composition_other")}
    order = sorted(
        (group for group in people if people[group]),
        key=lambda group: (last.index(group) if group in last else -1, words.alphabetical(names[group])),
    )
    shares = [
        GroupShare(names[group], people[group], 100 * people[group] / total, group in estimated) for group in order
    ]
    return shares, rows[0]["year"], "; ".join(sorted({one_line(row["source"]) for row in rows}))


def _strip(name: str, weeks: Sequence[tuple[date, str]], text: Mapping[str, str], words: Catalogue) -> Strip:
    """The strip of `name`; `weeks` are Mondays with a status each, oldest first, `text` words each status."""
    runs = []
    for status, group in itertools.groupby(enumerate(weeks), key=lambda entry: entry[1][1]):
        run = list(group)
        (first, (monday, _)), (_, (last_monday, _)) = run[0], run[-1]
        days = words.days(monday, last_monday + timedelta(days=6), year=True)
        runs.append(Run(status, first, len(run), f"{days}: {text[status]}"))
    counts = {state: sum(status == state for _, status in weeks) for state in text}
    states = ", ".join(f"{text[state]} {count}" for state, count in counts.items() if count)
    now = text[weeks[-1][1]] if weeks else ""
    return Strip(tuple(runs), len(weeks), now, words.text("sources.strip_alt", name=name, states=states))


def _source_values(material: Material, words: Catalogue) -> dict[str, Any]:
    region_names = {region.region_code: region.names.by(words.language) for region in material.regions}

    def strip(name: str, rows: Sequence[Row], text: Mapping[str, str]) -> Strip:
        return _strip(name, [(material.weeks[row["week"]]["first_day"], row["status"]) for row in rows], text, words)

    source_text = {state: words.text(f"source_status.{state}") for state in ("healthy", "thin", "silent", "new")}
    region_text = {
        "ok": words.text("sources.enough"),
        "held": words.text("map.held"),
        "insufficient": words.text("map.insufficient"),
    }
    sources = []
    for row in material.sources:
        rows = material.source_weeks.get(row["source_id"], [])
        status = rows[-1]["status"] if rows else "new"
        name = one_line(row["name"])
        sources.append(
            {
                "name": name,
                "kind": words.text(f"source_kind.{row['kind']}"),
                "stratum": words.text(f"stratum.{row['stratum']}"),
                "owner": one_line(row["owner_group"] or "–"),
                "home": region_names.get(row["home_region"], words.text("sources.national")),
                "strip": strip(name, rows, source_text),
                "status": status,
                "status_text": source_text[status],
            }
        )
    strips = []
    for region in material.regions:
        rows = material.region_weeks.get(region.region_code, [])
        name = region_names[region.region_code]
        strips.append(
            {
                "region_code": region.region_code,
                "name": name,
                "strip": strip(name, rows, region_text),
            }
        )
    return {"sources": sources, "region_strips": strips}


def _method_values(material: Material, words: Catalogue) -> dict[str, Any]:
    """The method page out of the definitions themselves: indicator table and queries, labels, rules."""
    indicators = [
        {
            "title": names_of(row, "title").by(words.language),
            "definition": words.text(f"indicator.{name}") if words.knows(f"indicator.{name}") else None,
            "definition_en": row["definition_en"],
            "highest_level": row["highest_level"],
        }
        for name, row in material.indicators.items()
    ]
    queries = []
    for name in material.indicators:
        query = files("warehouse").joinpath("indicators", f"{name}.sql")
        if query.is_file():
            queries.append((name, query.read_text(encoding="utf-8")))
    return {
        "indicators": indicators,
        "queries": queries,
        "heads": label_heads(words.language),
        "rules": material.rules,
    }
