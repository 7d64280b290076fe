"""The warehouse under load: loading, 10 M readings to region-weeks, publishing under open readers, a full build.

    python bench/volume.py [--scale 1] [load indicators publish build]

Everything is synthetic, drawn by hash, so a run is the same everywhere. Each part runs in a process of its own: its
peak memory is its own. Aims on two cores at scale 1: load ≥ 400,000 rows/s (Arrow MERGE); 10 M readings → region-week
indicators ≤ 4 s and ≤ 500 MB; publish 2 M rows ≤ 2 s with four readers open; full build of 110,000 texts ≤ 20 s.

`load` compares three ways into the table of readings: JSON lines and INSERT (what a build does: files are parsed by
DuckDB in parallel and replaced by file), Arrow INSERT, and Arrow MERGE by key, into nothing and over rows of which half
are there; with whole readings (wide: lists, JSON) and with a row a label (long: three columns). `indicators` runs the shipped SELECTs from articles and stories to every cell of region, week and indicator.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from crawlers.layout import World
from crawlers.source import Source
from warehouse.build import build, connect
from warehouse.publish import publish
from warehouse.steps import FOLDER, INDICATOR_TABLE, selects

FIRST_DAY = "DATE '2026-03-02'"
WEEKS = 26
SOURCES = 40
NAMES = [f"s{n:02d}" for n in range(SOURCES)]
REGIONS = "['KZ-10','KZ-11','KZ-15','KZ-19','KZ-23','KZ-27','KZ-31','KZ-33','KZ-35','KZ-39']"
# One text of twenty is about relations between peoples; of these, half report an act.
DRAWN = f"""
    SELECT
        i, 'a' || i AS id, 's' || lpad(CAST(hash(i) % {SOURCES} AS VARCHAR), 2, '0') AS source_id,
        {FIRST_DAY} + CAST(hash(i, 1) % {7 * WEEKS} AS INTEGER) AS day,
        {REGIONS}[CAST(1 + hash(i, 2) % 10 AS BIGINT)] AS region,
        CASE WHEN hash(i, 3) % 20 = 0 THEN 'domestic' ELSE 'none' END AS rel,
        CASE WHEN hash(i, 3) % 40 = 0
            THEN [['clash', 'grievance', 'rumour', 'mediation'][CAST(1 + hash(i, 4) % 4 AS BIGINT)]] ELSE [] END AS acts,
        CASE WHEN hash(i, 5) % 2 = 0 THEN 'framed' ELSE 'none' END AS frame
    FROM range({{rows}}) AS drawn (i)
"""
READING = f"""
    SELECT
        id, 'ru' AS language, rel, 'report' AS voice, 'current' AS "time", acts, frame, CAST([] AS VARCHAR[]) AS themes,
        CASE WHEN rel = 'none' THEN [] ELSE [{{{{g: 'uzbek', st: 0, sev: CAST(hash(i, 6) % 3 AS INTEGER)}}}}] END AS groups,
        [{{{{region: region, name: 'place', role: 'event', "precision": 1, span: [0, 5]}}}}] AS places,
        CAST('{{{{"rel":{{{{"none":0.9}}}}}}}}' AS JSON) AS p, 'bench' AS model, CAST(NULL AS VARCHAR) AS headline_region
    FROM ({DRAWN})
"""


def reading(rows: int) -> str:
    return READING.format(rows=rows)


@contextmanager
def timed() -> Iterator[Callable[[], float]]:
    start = time.perf_counter()
    end = []
    yield lambda: end[0]
    end.append(time.perf_counter() - start)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def bench_load(scale: float, folder: Path) -> None:
    rows = int(2_000_000 * scale)
    lines = folder / "readings.jsonl"
    connection = connect(folder / "load.duckdb")
    connection.execute(f"COPY ({reading(rows)}) TO '{lines}' (FORMAT json)")
    connection.execute("SET VARIABLE world = ''; SET VARIABLE files = ?", [[str(lines)]])
    query = (FOLDER / "load" / "raw_reading.sql").read_text("utf-8")
    with timed() as seconds:
        connection.execute(f"CREATE TABLE raw_reading AS {query}")
    print(f"load: JSON lines, INSERT: {rows / seconds():,.0f} rows/s ({lines.stat().st_size / rows:.0f} bytes a line)")
    merge_arrow(connection, "wide rows", "SELECT * EXCLUDE (path) FROM raw_reading", ["article_id"])
    long = (
        f"SELECT id AS article_id, head, hash(i, head) % 100 / 100.0 AS p FROM ({DRAWN.format(rows=rows // 4)}), "
        "(VALUES ('rel'), ('voice'), ('time'), ('frame')) AS heads (head)"
    )
    merge_arrow(connection, "long rows", long, ["article_id", "head"])


def merge_arrow(connection: duckdb.DuckDBPyConnection, shape: str, query: str, key: list[str]) -> None:
    """Rows a second of three statements that bring an Arrow table in; the table has no primary key."""
    incoming = connection.execute(query).to_arrow_table()
    rows = incoming.num_rows
    connection.register("incoming", incoming)
    connection.execute("CREATE OR REPLACE TABLE target AS FROM incoming LIMIT 0")
    names = [f'"{name}"' for name in incoming.column_names]
    changed = ", ".join(f"{name} = incoming.{name}" for name in names if name.strip('"') not in key)
    merge = (
        f"MERGE INTO target USING incoming ON {' AND '.join(f'target.{k} = incoming.{k}' for k in key)} "
        f"WHEN MATCHED THEN UPDATE SET {changed} "
        f"WHEN NOT MATCHED THEN INSERT VALUES ({', '.join(f'incoming.{n}' for n in names)})"
    )
    for what, before, statement in (
        ("INSERT", "DELETE FROM target", "INSERT INTO target FROM incoming"),
        ("MERGE into nothing", "CREATE OR REPLACE TABLE target AS FROM incoming LIMIT 0", merge),
        ("MERGE, half there", "DELETE FROM target WHERE hash(article_id) % 2 = 0", merge),
    ):
        connection.execute(before)
        with timed() as seconds:
            connection.execute(statement)
        there = connection.execute(f"SELECT count(*), count(DISTINCT ({', '.join(key)})) FROM target").fetchone()
        assert there == (rows, rows), there
        print(f"load: Arrow {what}, {shape}: {rows / seconds():,.0f} rows/s")


def apart(work: Callable[[Path, int], None], folder: Path, rows: int) -> None:
    """Do `work` in a process of its own, so that making the rows up does not count as memory."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=(folder, rows))
    process.start()
    process.join()
    assert process.exitcode == 0


def draw_tables(folder: Path, rows: int) -> None:
    """Articles and stories as a build has them when it comes to indicators; each article a story of its own."""
    connection = connect(folder / "indicators.duckdb")
    make = connection.execute
    make(
        f"CREATE TABLE drawn AS SELECT *, strftime(day, '%G-W%V') AS week, 'news' AS series FROM ({DRAWN.format(rows=rows)})"
    )
    make(
        "CREATE TABLE core_article AS SELECT id AS article_id, source_id, id AS story_id, series, day, week, rel, "
        "'report' AS voice, 'current' AS time, frame, rel = 'domestic' AND hash(i, 6) % 3 = 2 AS hostile, "
        "CAST(day AS TIMESTAMPTZ) AS published_at FROM drawn"
    )
    make("CREATE TABLE core_article_act AS SELECT id AS article_id, unnest(acts) AS act FROM drawn WHERE len(acts) > 0")
    make(
        "CREATE TABLE core_story AS SELECT id AS story_id, series, day, week, region AS region_code, "
        "CAST(1 AS BIGINT) AS articles, source_id AS lead_owner_group, true AS in_panel FROM drawn"
    )
    make(
        "CREATE TABLE core_source AS SELECT DISTINCT source_id, source_id AS owner_group, ['news'] AS series FROM drawn"
    )
    make("CREATE TABLE ref_region AS SELECT DISTINCT region AS region_code FROM drawn")
    make(
        "CREATE TABLE step_week AS SELECT week, min(day) AS first_day, row_number() OVER (ORDER BY week) AS week_number "
        "FROM drawn GROUP BY week"
    )
    make("CREATE TABLE step_panel AS SELECT source_id, week FROM core_source, step_week")
    make("DROP TABLE drawn")
    connection.close()


def bench_indicators(scale: float, folder: Path) -> None:
    rows = int(10_000_000 * scale)
    apart(draw_tables, folder, rows)
    connection = connect(folder / "indicators.duckdb")
    connection.execute("SET memory_limit = '450MB'")  # beside it Python, DuckDB and pandas themselves
    queries = selects()
    connection.execute(
        "CREATE TABLE ref_indicator AS SELECT unnest(?) AS indicator, 'alert' AS highest_level",
        [sorted(path.stem for path in (FOLDER / "indicators").glob("*.sql"))],
    )
    chain = (INDICATOR_TABLE, "core_story_indicator", "step_counted", "step_exposure", "step_owner_cap", "step_cell")
    with timed() as seconds:
        for table in chain:
            with timed() as one:
                connection.execute(f"CREATE TABLE {table} AS {queries[table]}")
            print(f"indicators:   {table} {one():.2f} s")
    found = connection.execute("SELECT count(*), sum(stories) FROM step_cell").fetchone()
    print(f"indicators: {rows:,} readings → {found[0]:,} cells, {found[1]:,} counted: {seconds():.2f} s, "
          f"peak {peak_mb():.0f} MB")  # fmt: skip


READ = """
import sys, duckdb
reader = duckdb.connect(sys.argv[1], read_only=True)
ask = "SELECT count(*), max(round) FROM out_indicator_week"
print(*reader.execute(ask).fetchone(), flush=True)
for line in sys.stdin:
    print(*reader.execute(ask).fetchone(), flush=True)
"""


def bench_publish(scale: float, folder: Path) -> None:
    rows = int(2_000_000 * scale)
    target = folder / "warehouse.duckdb"
    connection = connect(folder / "publish.duckdb")
    connection.execute(
        f"CREATE TABLE out_indicator_week AS SELECT ['hostility', 'incidents', 'grievance'][CAST(1 + hash(i, 8) % 3 AS BIGINT)] AS indicator, "
        f"'news' AS series, region AS region_code, strftime(day, '%G-W%V') AS week, id AS alert_id, "
        f"hash(i, 7) % 100 AS stories, hash(i, 9) / 1.8e19 AS p, 1 AS round FROM ({DRAWN.format(rows=rows)})"
    )
    connection.execute("CREATE TABLE column_doc (table_name VARCHAR, column_name VARCHAR, description VARCHAR)")
    publish(connection, target)
    readers = [
        subprocess.Popen([sys.executable, "-c", READ, target], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    old = f"{rows} 1\n"
    assert all(reader.stdout.readline() == old for reader in readers)
    connection.execute("UPDATE out_indicator_week SET round = 2; CHECKPOINT")
    with timed() as seconds:
        publish(connection, target)
    for reader in readers:  # who has the file open keeps the old view
        answer, _ = reader.communicate("again\n")
        assert answer == old, answer
    with duckdb.connect(str(target), read_only=True) as reader:
        assert reader.execute("SELECT count(*), max(round) FROM out_indicator_week").fetchone() == (rows, 2)
    print(f"publish: {rows:,} rows with four readers open: {seconds():.2f} s, peak {peak_mb():.0f} MB; old views kept")


def draw_files(folder: Path, rows: int) -> None:
    """The stage files of a world of `SOURCES` outlets."""
    world = World(folder, "bench")
    window = "2026-03-02_2026-08-30"
    article = f"""
        SELECT i, id AS article_id, source_id, 'https://' || source_id || '.example/' || id AS url, 'news' AS genre,
            'Title of ' || id AS title, repeat('word ' || id || ' ', 60) AS text, day || 'T12:00:00+05:00' AS published_at,
            'feed' AS date_basis
        FROM ({DRAWN.format(rows=rows)})
    """
    made = duckdb.connect()
    made.execute(f"CREATE TABLE article AS {article}; CREATE TABLE reading AS {reading(rows)}")
    for name in NAMES:
        mine = f"SELECT * EXCLUDE (i) FROM article WHERE source_id = '{name}'"
        files = {"articles": mine, "readings": f"SELECT reading.* FROM reading JOIN ({mine}) ON article_id = id"}
        for stage, item, word in (("fetch", "'h' || ", "fetched"), ("extract", "", "ok"), ("read", "", "read")):
            files[f"outcomes/{stage}"] = (
                f"SELECT '{stage}' AS stage, source_id, {item}article_id AS item, '{word}' AS word FROM ({mine})"
            )
        for kind, query in files.items():
            path = world.folder / kind / name / f"{window}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            made.execute(f"COPY ({query}) TO '{path}' (FORMAT json)")
    made.execute(f"COPY (SELECT article_id, article_id AS story_id FROM article) TO '{world.stories}' (FORMAT json)")
    made.close()


def bench_build(scale: float, folder: Path) -> None:
    rows = int(110_000 * scale)
    apart(draw_files, folder, rows)
    world = World(folder, "bench")
    sources = [
        Source(source_id=name, name=name, kind="web", home=f"https://{name}.example", languages=("ru",), owner_group=name,
               stratum="private", home_region="KZ-31", feeds=(f"https://{name}.example/rss",))
        for name in NAMES
    ]  # fmt: skip
    info = dict.fromkeys(("model", "model_hash", "lexicon_hash", "version"), "bench")
    with timed() as seconds:
        report = build(world, sources=sources, model_info=info)
    assert report.articles == rows
    print(f"build: {rows:,} texts, {report.weeks} weeks: {seconds():.1f} s, peak {peak_mb():.0f} MB")


PARTS = {"load": bench_load, "indicators": bench_indicators, "publish": bench_publish, "build": bench_build}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size; .01 only shows that it runs")
    parser.add_argument("--here", action="store_true", help="in this process: what each part's own process is given")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}")
    for part in asked.parts or list(PARTS):
        if asked.here:
            with tempfile.TemporaryDirectory() as folder:
                PARTS[part](asked.scale, Path(folder))
        else:
            subprocess.run([sys.executable, __file__, part, "--here", "--scale", str(asked.scale)], check=True)


if __name__ == "__main__":
    main()
