"""A small published warehouse of known rows: 30 weeks, 20 regions, 6 indicators, 2 series, and a last week to tell."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pytest

FIRST_MONDAY = date(2025, 11, 3)
WEEKS = 30
WEEK = "2026-W22"
REGIONS = [
    ("KZ-10", "Абай облысы", "область Абай", "Abai", "Семей", "Семей", "Semey"),
    ("KZ-11", "Ақмола облысы", "Акмолинская область", "Akmola", "Көкшетау", "Кокшетау", "Kokshetau"),
    ("KZ-15", "Ақтөбе облысы", "Актюбинская область", "Aktobe", "Ақтөбе", "Актобе", "Aktobe"),
    ("KZ-19", "Алматы облысы", "Алматинская область", "Almaty Region", "Қонаев", "Конаев", "Konaev"),
    ("KZ-23", "Атырау облысы", "Атырауская область", "Atyrau", "Атырау", "Атырау", "Atyrau"),
    ("KZ-27", "Батыс Қазақстан облысы", "Западно-Казахстанская область", "West Kazakhstan", "Орал", "Уральск", "Oral"),
    ("KZ-31", "Жамбыл облысы", "Жамбылская область", "Zhambyl", "Тараз", "Тараз", "Taraz"),
    ("KZ-33", "Жетісу облысы", "область Жетісу", "Zhetisu", "Талдықорған", "Талдыкорган", "Taldykorgan"),
    ("KZ-35", "Қарағанды облысы", "Карагандинская область", "Karaganda", "Қарағанды", "Караганда", "Karaganda"),
    ("KZ-39", "Қостанай облысы", "Костанайская область", "Kostanay", "Қостанай", "Костанай", "Kostanay"),
    ("KZ-43", "Қызылорда облысы", "Кызылординская область", "Kyzylorda", "Қызылорда", "Кызылорда", "Kyzylorda"),
    ("KZ-47", "Маңғыстау облысы", "Мангистауская область", "Mangystau", "Ақтау", "Актау", "Aktau"),
    ("KZ-55", "Павлодар облысы", "Павлодарская область", "Pavlodar", "Павлодар", "Павлодар", "Pavlodar"),
    (
        "KZ-59",
        "Солтүстік Қазақстан облысы",
        "Северо-Казахстанская область",
        "North Kazakhstan",
        "Петропавл",
        "Петропавловск",
        "Petropavl",
    ),
    ("KZ-61", "Түркістан облысы", "Туркестанская область", "Turkistan", "Түркістан", "Туркестан", "Turkistan"),
    ("KZ-62", "Ұлытау облысы", "область Ұлытау", "Ulytau", "Жезқазған", "Жезказган", "Zhezkazgan"),
    (
        "KZ-63",
        "Шығыс Қазақстан облысы",
        "Восточно-Казахстанская область",
        "East Kazakhstan",
        "Өскемен",
        "Усть-Каменогорск",
        "Oskemen",
    ),
    ("KZ-71", "Астана қаласы", "город Астана", "Astana", "Астана", "Астана", "Astana"),
    ("KZ-75", "Алматы қаласы", "город Алматы", "Almaty", "Алматы", "Алматы", "Almaty"),
    ("KZ-79", "Шымкент қаласы", "город Шымкент", "Shymkent", "Шымкент", "Шымкент", "Shymkent"),
]
INDICATORS = [
    ("hostility", "tension", "Өшпенді сөздер", "Враждебные слова", "Hostile wording", "alert"),
    (
        "incidents",
        "tension",
        "Қақтығыс, қоқан-лоқы, наразылық",
        "Столкновения, угрозы, протесты",
        "Clashes, threats, protests",
        "alert",
    ),
    ("grievance", "tension", "Шағымдар мен талаптар", "Жалобы и требования", "Grievances", "alert"),
    ("rumour", "tension", "Қауесеттер", "Слухи", "Rumours", "alert"),
    ("cohesion", "cohesion", "Келісім", "Согласие", "Cohesion", "alert"),
    ("attention", "context", "Назар", "Внимание", "Attention", "watch"),
]
SOURCES = [
    ("taraz_taldau", "Тараз Талдау", "web", "owner-1", "private", "KZ-31", ["kk"], ["news"]),
    ("shu_kuni", "Шу күні", "web", "owner-2", "state", "KZ-31", ["kk", "ru"], ["news"]),
    ("ertis_habar", "Ертіс хабар", "web", "owner-3", "private", "KZ-55", ["ru"], ["news"]),
    ("ertis_chat", "Ертіс чат", "telegram", "owner-3", "social", "KZ-55", ["ru"], ["social"]),
    ("aktau_sozi", "Ақтау сөзі", "telegram", "owner-4", "social", "KZ-47", ["kk"], ["social"]),
    ("steppe_wire", "Steppe Wire", "web", "owner-5", "private", None, ["en"], ["news"]),
]
# The columns a cell below is written in; reports read no other.
CELL_COLUMNS = (
    "out_indicator_week (indicator, series, region_code, week, articles, stories, outlets, owner_groups, exposure, "
    "rate_per_1000, rate_lo, rate_hi, expected, expected_lo, expected_hi, p, q, level, status, coverage_flag, "
    "panel_sources, audit, publishable)"
)


def week_of(monday: date) -> str:
    return f"{monday.isocalendar().year}-W{monday.isocalendar().week:02d}"


def insert(connection: duckdb.DuckDBPyConnection, table: str, **values: Any) -> None:
    names, places = ", ".join(values), ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", list(values.values()))


def fill(connection: duckdb.DuckDBPyConnection, *, fictional: bool = True) -> None:
    """All rows of the small world. The last week, 2026-W22, holds: an incidents alert in KZ-31 (news, disputed), a
    continuing hostility alert in KZ-47 (social, target migrants), cohesion up in KZ-27, a held alert in KZ-55,
    too little data in KZ-62, a grievance signal ended in KZ-59, and a watch in KZ-61."""
    for statement in (Path(__file__).with_name("published_tables.sql")).read_text().split(";"):
        if statement.strip():
            connection.execute(statement)
    for code, kk, ru, en, centre_kk, centre_ru, centre_en in REGIONS:
        insert(
            connection,
            "ref_region",
            region_code=code,
            kind="city" if code > "KZ-70" else "oblast",
            name_kk=kk,
            name_ru=ru,
            name_en=en,
            centre_kk=centre_kk,
            centre_ru=centre_ru,
            centre_en=centre_en,
        )
        for group, group_id, people, basis in (
            ("Kazakh", "kazakh", 700_000, "published"),
            ("Russian", "russian", 120_000, "published"),
            ("Dungan", "dungan", 1_500, "published"),
            ("Lithuanian", "lithuanian", 9, "published"),
            ("Not stated", None, 200, "published"),
            ("Small groups not listed (computed)", None, 900, "estimated"),
        ):
            insert(
                connection,
                "ref_region_group",
                region_code=code,
                group_name=group,
                group_id=group_id,
                population=people,
                year=2025,
                source="BNS, 1 January 2025",
                basis=basis,
            )
    for indicator, direction, kk, ru, en, highest in INDICATORS:
        insert(
            connection,
            "ref_indicator",
            indicator=indicator,
            direction=direction,
            title_kk=kk,
            title_ru=ru,
            title_en=en,
            definition_en=f"What counts as {indicator}.",
            highest_level=highest,
        )
    for row in SOURCES:
        insert(
            connection,
            "core_source",
            **dict(
                zip(
                    ("source_id", "name", "kind", "owner_group", "stratum", "home_region", "languages", "series"),
                    row,
                    strict=True,
                )
            ),
        )
    insert(
        connection,
        "ref_institution",
        name_en="Ethno-mediation centre",
        name_ru="Центр этномедиации",
        name_kk="Этномедиация орталығы",
        kind="operates",
        value="since 2022-04",
        as_of="2025-10",
        source="https://example.org/centre",
    )
    insert(
        connection,
        "ref_institution",
        name_en="House of Friendship, Taraz",
        name_ru="Дом дружбы, Тараз",
        name_kk="Достық үйі, Тараз",
        kind="house",
        region_code="KZ-31",
        as_of="2025",
        source="https://example.org/taraz|https://example.org/taraz/2|javascript:1",
    )
    remembrance = ("Саяси қуғын-сүргін құрбандарын еске алу күні", "День памяти жертв репрессий", "Day of Remembrance")
    nauryz = ("Наурыз мейрамы", "Наурыз мейрамы", "Nauryz")
    deportation = ("Гректердің жер аударылуы (1949)", "Депортация греков", "Deportation of Greeks (1949)")
    for day, names, kind in (
        (date(2026, 5, 31), remembrance, "official date"),
        (date(2026, 5, 27), ("Құрбан айт", "Курбан-айт", "Kurban Ait"), "public holiday"),
        (date(2026, 6, 13), deportation, "memorial"),
        (date(2026, 3, 21), nauryz, "public holiday"),
        (date(2026, 3, 22), nauryz, "public holiday"),
        (date(2026, 3, 23), nauryz, "public holiday"),
    ):
        insert(
            connection,
            "ref_calendar_day",
            day=day,
            week=week_of(day),
            name_kk=names[0],
            name_ru=names[1],
            name_en=names[2],
            kind=kind,
            expected_effect="benign",
        )
    mondays = [FIRST_MONDAY + timedelta(days=7 * number) for number in range(WEEKS)]
    cells, regions, sources = [], [], []
    for number, monday in enumerate(mondays):
        week = week_of(monday)
        last = week == WEEK
        insert(
            connection,
            "out_week",
            week=week,
            first_day=monday,
            last_day=monday + timedelta(days=6),
            complete=True,
            stories_news=80 + number,
            stories_social=40,
            articles=140,
            regions_ok=18,
            regions_held=1,
            regions_insufficient=1,
            healthy_sources=4 if last else 6,
            sources=6,
        )
        for series, stories in (("news", 7), ("social", 3)):
            insert(connection, "out_unplaced_week", series=series, week=week, stories=stories)
        for row in SOURCES:
            sources.append(
                (
                    row[0],
                    week,
                    0 if last and row[0].startswith("ertis") else 9,
                    8.5,
                    0.4,
                    "silent" if last and row[0].startswith("ertis") else "healthy",
                )
            )
        for code, *_ in REGIONS:
            held, poor = last and code == "KZ-55", code == "KZ-62"
            status = "held" if held else "insufficient" if poor else "ok"
            regions.append(
                (
                    code,
                    week,
                    2 if poor else 20 + number % 5,
                    1 if poor else 9,
                    3,
                    2 if held else 0,
                    status,
                    "Ертіс хабар, Ертіс чат" if held else None,
                )
            )
            for indicator, *_rest in INDICATORS:
                for series in ("news", "social"):
                    state = "no_baseline" if number < 8 else status
                    stories = (number + len(indicator)) % 3
                    cells.append(
                        [
                            indicator,
                            series,
                            code,
                            week,
                            stories,
                            stories,
                            stories,
                            stories,
                            25,
                            0.0,
                            0.0,
                            9.0,
                            1.2,
                            0.0,
                            4.0,
                            0.5,
                            0.9,
                            "",
                            state,
                            False,
                            3,
                            "uncorrected",
                            False,
                        ]
                    )
    by_key = {(cell[0], cell[1], cell[2], cell[3]): cell for cell in cells}
    week_before = week_of(mondays[-2])
    for key, stories, owners, level in (
        (("incidents", "news", "KZ-31", WEEK), 12, 7, "alert"),
        (("hostility", "social", "KZ-47", WEEK), 9, 4, "alert"),
        (("hostility", "social", "KZ-47", week_before), 8, 4, "alert"),
        (("cohesion", "news", "KZ-27", WEEK), 11, 5, "alert"),
        (("cohesion", "news", "KZ-19", WEEK), 6, 3, ""),
        (("rumour", "news", "KZ-61", WEEK), 3, 2, "watch"),
    ):
        cell = by_key[key]
        cell[4:13] = [stories + 4, stories, owners, owners, 80, 1000 * stories / 80, 90.0, 240.0, 1.2]
        cell[15:18] = [0.0001, 0.0004, level]
        cell[22] = stories >= 5 and owners >= 3
    for table, rows in ((CELL_COLUMNS, cells), ("out_region_week", regions), ("out_source_week", sources)):
        frame = pandas.DataFrame(rows)
        connection.execute(f"INSERT INTO {table} SELECT * FROM frame")
        del frame
    facts = {
        "rule": "gamma_poisson_eb_bh",
        "parameters": '{"q_alert":0.05}',
        "model_hash": "m0d3l" * 12,
        "lexicon_hash": "l3x" * 21,
        "panel_hash": "p4n",
        "snapshot_hash": "5n4p",
        "exposure": 80,
        "expected": 1.2,
        "expected_lo": 0.0,
        "expected_hi": 4.0,
        "p": 0.0001,
        "level": "alert",
    }
    disputed = {"framed_stories": 7, "denied_stories": 3, "disputed": True}
    migrants = {"top_group": "migrants", "top_group_stories": 7, "target_owner_groups": 4}
    for indicator, series, code, week, status, stories, owners, extra in (
        ("incidents", "news", "KZ-31", WEEK, "raised", 12, 7, disputed),
        ("hostility", "social", "KZ-47", WEEK, "continuing", 9, 4, migrants),
        ("hostility", "social", "KZ-47", week_before, "raised", 8, 4, {}),
        ("cohesion", "news", "KZ-27", WEEK, "raised", 11, 5, {}),
        ("grievance", "social", "KZ-55", WEEK, "held", 6, 3, {}),
        ("grievance", "news", "KZ-59", "2026-W19", "raised", 7, 4, {}),
    ):
        known = {"framed_stories": 0, "denied_stories": 0, "disputed": False, **facts, **extra}
        name = f"{indicator}-{series}-{code}-{week}"
        known |= {"alert_id": name, "indicator": indicator, "series": series, "region_code": code, "week": week}
        known |= {"status": status, "stories": stories, "outlets": owners, "owner_groups": owners}
        insert(connection, "out_alert", q=0.0004 if series == "news" else 0.021, **known)
    for indicator, code in (("grievance", "KZ-59"), ("rumour", "KZ-61")):  # the second was a watch and never told
        place = {"indicator": indicator, "series": "news", "region_code": code}
        insert(connection, "out_ended", week=WEEK, last_alert_week="2026-W19", **place)
    titles = [
        "Ночная драка у заправки: что известно",
        "Төбелес: полиция не дейді",
        "Police call the brawl domestic",
        "Скрытый заголовок",
    ]
    for rank, title in enumerate(titles, 1):
        article, outlet = f"a{rank}", SOURCES[(rank - 1) % 2]
        severity = 4 if title == "Скрытый заголовок" else 0
        insert(
            connection,
            "core_article",
            article_id=article,
            source_id=outlet[0],
            story_id=f"s{rank}",
            genre="news",
            series="news",
            day=date(2026, 5, 27),
            week=WEEK,
            title=title,
            url=f"http://taraz.example/{rank}",
            max_severity=severity,
        )
        insert(
            connection,
            "core_story",
            story_id=f"s{rank}",
            series="news",
            day=date(2026, 5, 27),
            week=WEEK,
            region_code="KZ-31",
            region_basis="event",
            articles=2,
            outlets=2,
            owner_groups=2,
        )
        insert(
            connection,
            "core_story_indicator",
            story_id=f"s{rank}",
            series="news",
            indicator="incidents",
            framed=True,
            denied=False,
            top_article_id=article,
        )
        insert(
            connection,
            "out_alert_evidence",
            alert_id=f"incidents-news-KZ-31-{WEEK}",
            rank=rank,
            article_id=article,
            outlet=outlet[1],
            title=title,
            url=f"http://taraz.example/{rank}",
            published_at="2026-05-27 08:30:00+05:00",
        )
    for fact, value in {
        "world": "sample" if fictional else "live",
        "fictional": "true" if fictional else "false",
        "window": "2025-11-03_2026-05-31",
        "model": "baseline",
        "version": "0.1.0",
    }.items():
        insert(connection, "out_build", key=fact, value=value)
    insert(connection, "column_doc", table_name="out_alert", column_name="q", description="Benjamini–Hochberg value")


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("published") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        fill(connection)
    return path
