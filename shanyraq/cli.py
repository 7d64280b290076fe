"""The command `shanyraq`: the whole way, each step of it, and the stages as plain filters."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from crawlers.article import GENRES
from crawlers.dates import given_moment
from shanyraq import __version__, analysts, reference
from shanyraq.audit import audit_app, triage_app
from shanyraq.failures import is_expected, sentence_of
from shanyraq.filters import Field, Record, parse_lines, run_csv, run_lines
from shanyraq.lake import app as lake_app
from shanyraq.stages import SAMPLE, Job, StageError

app = typer.Typer(
    name="shanyraq",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
screen = Console()
complaints = Console(stderr=True)

_MISTAKE = 70  # exit code for a mistake of the program (EX_SOFTWARE), apart from what a user can put right
_STEPS = "Steps of the main job"
_FILTERS = "Filters: lines on standard input, one line out for each"
_LOOK = "Look and care"

World_ = Annotated[
    str | None, typer.Option("--world", help="sample, live, or an archive's name. Default: the last one published.")
]
From_ = Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day, as 2026-05-25.")]
To_ = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day.")]
Again_ = Annotated[bool, typer.Option("--again", help="Do finished windows again instead of skipping them.")]
Week_ = Annotated[str | None, typer.Option("--week", metavar="WEEK", help="ISO week, as 2026-W22.")]
Lake_ = Annotated[
    str | None, typer.Option("--lake", help="Build in this lake (docs/cluster.md). Default: SHANYRAQ_LAKE, if set.")
]
Source_ = Annotated[list[str] | None, typer.Option("--source", help="Only this source; may be given several times.")]


def data_root() -> Path:
    return Path(os.environ.get("SHANYRAQ_DATA", "data")).absolute()


def current_world() -> str:
    """The world that was published last, or the live one."""
    try:
        return (data_root() / "current").read_text("utf-8").strip()
    except FileNotFoundError:
        return "live"


def now() -> datetime:
    return datetime.now(UTC)


def job_of(world: str | None, **params: Any) -> Job:
    return Job.of({"world": world or current_world(), **params}, now())


def _tell_version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Early-warning monitor of interethnic tension and cohesion in Kazakhstan.

    It tells regions, weeks and reasons, never people.
    """


# -- the whole way ----------------------------------------------------------------------------------------------------


@app.command()
def run(
    archive: Annotated[
        Path | None,
        typer.Option(
            "--archive", help="Read this dump of posts or articles (.jsonl, .jsonl.gz) instead of the sample."
        ),
    ] = None,
    site: Annotated[str, typer.Option("--site", help="Country where the archive's channels publish.")] = "Kazakhstan",
    world: Annotated[
        str | None, typer.Option("--world", help="Name of the world. Default: sample, or the archive's file name.")
    ] = None,
    first_day: From_ = None,
    last_day: To_ = None,
    again: Again_ = False,
) -> None:
    """The whole way through Airflow: crawl, read, count, judge, tell. Without options: the shipped sample, offline."""
    from shanyraq.run import run_main_job

    if archive is not None and not archive.is_file():
        raise StageError(f"there is no archive file {archive}; name a .jsonl or .jsonl.gz file")
    name = world or (archive_world(archive) if archive else SAMPLE)
    if archive is not None and name in (SAMPLE, "live"):
        raise StageError(f"an archive cannot be mixed into the world {name}; choose another name with --world")
    conf = {
        "archive": str(archive.absolute()) if archive else None,
        "site": site,
        "first_day": first_day,
        "last_day": last_day,
        "force": again,
    }
    # Airflow takes seconds to start: what can be judged now is.
    job_of(name, **conf).window  # noqa: B018 - days that make no window are refused by making it
    if archive is not None:
        from crawlers.archive import need_lines

        need_lines(archive)
    report = run_main_job(data_root(), name, conf, screen)
    for sentence in report.failures:
        complain(sentence)
    tell(job_of(name), report.seconds, report.peak_mib)


def archive_world(archive: Path) -> str:
    """A world's name out of a file's name: `telegram_ru_2024.jsonl.gz` → `telegram_ru_2024`."""
    stem = archive.name.split(".")[0].lower()
    name = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in stem)
    return name.strip("-_") or "archive"


def tell(job: Job, seconds: float, peak_mib: float) -> None:
    """What came out and where it lies."""
    from warehouse.query import run_query

    world = job.world
    facts = dict(run_query(world.warehouse, "select key, value from out_build").rows)
    [(week, signals, held)] = run_query(world.warehouse, _LAST_WEEK).rows
    table = Table.grid(padding=(0, 2))
    if world.fictional:
        table.add_row("World", "[bold]sample, fictional[/]: invented outlets, invented events")
    else:
        table.add_row("World", world.name)
    table.add_row("Texts", f"{facts.get('articles', '?')} articles, {facts.get('stories', '?')} stories")
    table.add_row("Last week", f"{week}: {signals} signals published, {held} regions held or without enough data")
    for path in sorted(world.outbox.glob("*.eml")):
        table.add_row("Mail", str(path))
    table.add_row("Site", str(world.site / "index.html"))
    table.add_row("Warehouse", str(world.warehouse))
    table.add_row("Took", f"{seconds:.0f} s, largest process {peak_mib:.0f} MiB")
    screen.print(table, soft_wrap=True)


_LAST_WEEK = """
select w.week,
       (select count(*) from out_alert a where a.week = w.week and a.level = 'alert' and a.status <> 'held'),
       w.regions_held + w.regions_insufficient
from out_week w order by w.complete desc, w.week desc limit 1
"""


# -- steps ------------------------------------------------------------------------------------------------------------


@app.command(rich_help_panel=_STEPS)
def crawl(
    world: World_ = None, first_day: From_ = None, last_day: To_ = None, source: Source_ = None, again: Again_ = False
) -> None:
    """Fetch and extract the asked days of live sources, masked before the first write."""
    from rich.progress import track

    from shanyraq import stages

    job = job_of(world or "live", first_day=first_day, last_day=last_day, sources=source, force=again)
    failed: dict[str, str] = {}
    with _sample_server_if(job) as ready:
        planned = stages.plan(ready)
        if not planned:
            raise StageError(f"{job.world.name} is an archive: nothing to crawl; `shanyraq run --archive` reads it")
        quiet = not complaints.is_terminal
        for source_id in track(planned, "crawling", console=complaints, transient=True, disable=quiet):
            try:
                show({"source": source_id, **stages.fetch(ready, source_id)})
            except (OSError, RuntimeError, ValueError) as error:
                failed[source_id] = str(error)
                complain(str(error))
    if len(failed) < len(planned):
        show(stages.extract(job))
    if failed:
        raise StageError(f"{len(failed)} sources failed: {', '.join(failed)}; the others are done, run again for these")


@contextlib.contextmanager
def _sample_server_if(job: Job) -> Iterator[Job]:
    """The sample's crawl needs its server; every other world passes through."""
    if not job.world.fictional:
        yield job
        return
    from dataclasses import replace

    from shanyraq.sample.server import serve

    with serve(port=0) as server:
        yield replace(job, sample_port=server.port)


@app.command(rich_help_panel=_STEPS)
def build(world: World_ = None, lake: Lake_ = None) -> None:
    """Load all stage files, count, judge the weeks, and check. Analysts' file stays as it is."""
    from shanyraq import stages

    show(stages.build(job_of(world, lake=lake)))


@app.command(rich_help_panel=_STEPS)
def publish(world: World_ = None, lake: Lake_ = None) -> None:
    """Replace the analysts' warehouse by the checked build, in one step."""
    from shanyraq import stages

    job = job_of(world, lake=lake)
    stages.publish(job)
    screen.print(f"published {job.world.warehouse}", soft_wrap=True)


@app.command(rich_help_panel=_STEPS)
def report(
    world: World_ = None,
    week: Week_ = None,
    language: Annotated[list[str] | None, typer.Option("--language", help="ru, kk, en; several times.")] = None,
) -> None:
    """Write the weekly issue, the mail into the outbox, and the site."""
    from shanyraq import stages

    job = job_of(world, week=_iso_week(week) if week else None, languages=language)
    show({**stages.compose(job), **stages.site(job)})
    screen.print(f"site {job.world.site / 'index.html'}\nmail {job.world.outbox}", soft_wrap=True)


# -- filters ----------------------------------------------------------------------------------------------------------


def _genre(value: str) -> None:
    if value not in GENRES:
        raise ValueError(f"{value!r} is none of {', '.join(GENRES)}")


_PUBLISHED_AT = Field("published_at", check=given_moment)
_TEXT = (
    Field("text", required=True), Field("title"), _PUBLISHED_AT, Field("genre", check=_genre), Field("site"),
    Field("context"), Field("home_region"),
)  # fmt: skip


@app.command(rich_help_panel=_FILTERS)
def extract() -> None:
    """Pages to texts. In: id, url, html_base64. Out: id, outcome, title, text, published_at, language."""
    from crawlers.extract import ExtractorPool, outcome_records
    from nlp.language import identify

    _need_lines("extract")
    with ExtractorPool(workers=os.cpu_count() or 1) as pool:

        def work(records: Sequence[Record]) -> list[Record]:
            asked = ((record["id"], record["url"], record["html_base64"]) for record in records)
            answers = list(outcome_records(asked, pool))
            for answer in answers:
                if "error" not in answer:
                    answer["language"] = identify(answer["text"]).code if answer["text"] else "und"
            return answers

        _filter((Field("url", required=True), Field("html_base64", required=True)), work)


@app.command(rich_help_panel=_FILTERS)
def stories() -> None:
    """Find copies. In: id, text, published_at?, title?. Out: id, story, copy_of."""
    from nlp.stories import StoryInput, cluster

    _need_lines("stories")

    def work(records: Sequence[Record]) -> list[Record]:
        # Positions stand in for ids: a file may hold an id twice, and each line is answered.
        found = cluster(
            [StoryInput(str(n), r["text"], r["published_at"], r["title"]) for n, r in enumerate(records)]
        )  # fmt: skip
        name = {str(n): record["id"] for n, record in enumerate(records)}
        return [
            {"id": name[a.id], "story": name[a.story], "copy_of": None if a.copy_of is None else name[a.copy_of]}
            for a in found
        ]

    fields = (Field("text", required=True), _PUBLISHED_AT, Field("title"))
    _filter(fields, work, batch=None)


@app.command(rich_help_panel=_FILTERS)
def read(world: World_ = None, again: Again_ = False) -> None:
    """Read texts. In: id, text, title?, published_at?, genre?, site?, context?, home_region?. Out: the reading.

    With --world: read the articles of that world that no reading is there for yet (a step of the main job).
    """
    if world is not None:
        from shanyraq import stages

        show(stages.read_all(job_of(world, force=again)))
        return
    from nlp.read import Reader
    from nlp.reading import Reading

    _need_lines("read")
    reader = Reader.load()

    def work(records: Sequence[Record]) -> list[Record]:
        results = reader.read_each(map(_text, records))
        return [r.to_record() if isinstance(r, Reading) else {"id": r.id, "error": r.why} for r in results]

    _filter(_TEXT, work)


@app.command(rich_help_panel=_FILTERS)
def locate() -> None:
    """Find places. In: as read. Out: id, places with region, name, role, precision, span."""
    from nlp.places import Gazetteer, locate
    from nlp.reading import place_record

    _need_lines("locate")
    gazetteer = Gazetteer.load()

    def work(records: Sequence[Record]) -> list[Record]:
        return [
            {"id": r["id"], "places": [place_record(place) for place in locate(_text(r), gazetteer)]} for r in records
        ]

    _filter(_TEXT, work)


@app.command(rich_help_panel=_FILTERS)
def signals(world: World_ = None, week: Week_ = None) -> None:
    """Judge series. CSV in: series, region, week, count, exposure. Out: + expected, lo, hi, p, q, level, status.

    With --world: show the signals of that world's warehouse, of one week or all.
    """
    if world is not None or week is not None:
        from warehouse.query import run_query

        where = f"where week = '{_iso_week(week)}'" if week else ""
        sql = f"select * from out_alert {where} order by week, level, indicator, region_code"  # noqa: S608 (checked)
        show_table(run_query(job_of(world).world.warehouse, sql))
        return
    from warehouse.signals import ADDED, check_columns, filter_rows

    _need_lines("signals")
    with _reader_may_leave():
        errors = run_csv(sys.stdin.buffer, filter_rows, sys.stdout, check=check_columns, added=ADDED)
    raise typer.Exit(1 if errors else 0)


def _iso_week(text: str) -> str:
    try:
        datetime.strptime(text + "-1", "%G-W%V-%u")  # noqa: DTZ007 (a week has no zone)
    except ValueError:
        raise StageError(f"{text!r} is no ISO week; write it as 2026-W22") from None
    return text


def _text(record: Mapping[str, Any]) -> Any:
    from nlp.places import is_home_site
    from nlp.reading import Text

    given = {key: value for key, value in record.items() if value is not None}
    if is_home_site(given.get("site", "")):
        given["site"] = "Kazakhstan"
    return Text(**given)


def _need_lines(name: str) -> None:
    if sys.stdin is None or sys.stdin.isatty():
        raise StageError(f"`shanyraq {name}` reads lines from standard input; see `shanyraq {name} --help`")


@contextlib.contextmanager
def _reader_may_leave() -> Iterator[None]:
    """`| head` ends us quietly as a shell expects it (128 + SIGPIPE); click would answer with 1, as for a bad line."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(141) from None


def _filter(fields: Sequence[Field], work: Callable[[Sequence[Record]], Sequence[Record]], **kwargs: Any) -> None:
    with _reader_may_leave():
        errors = run_lines(parse_lines(sys.stdin.buffer, fields), work, sys.stdout, **kwargs)
    raise typer.Exit(1 if errors else 0)


# -- look and care ----------------------------------------------------------------------------------------------------


app.command(rich_help_panel=_LOOK)(analysts.query)
app.command(rich_help_panel=_LOOK)(analysts.export)
app.add_typer(analysts.alert_app, name="alert", rich_help_panel=_LOOK)
app.add_typer(audit_app, name="audit", rich_help_panel=_LOOK)
app.add_typer(triage_app, name="triage", rich_help_panel=_LOOK)

app.add_typer(reference.app, name="reference", rich_help_panel=_LOOK)
app.add_typer(lake_app, name="lake", rich_help_panel=_LOOK)
sources_app = typer.Typer(help="The outlets and channels that are watched.", no_args_is_help=True)
app.add_typer(sources_app, name="sources", rich_help_panel=_LOOK)


@sources_app.command("list")
def sources_list(world: World_ = None) -> None:
    """All sources of a world: id, kind, owner group, home region, languages."""
    from shanyraq import stages

    table = Table("id", "name", "kind", "owner group", "region", "languages")
    table.columns[0].no_wrap = True  # an id is there to be copied
    for each in stages.sources_of(job_of(world)):
        table.add_row(
            each.source_id, each.name, each.kind, each.owner_group, each.home_region or "—", " ".join(each.languages)
        )
    screen.print(table)


@sources_app.command("check")
def sources_check(
    files: Annotated[list[Path] | None, typer.Argument(help="Source files; default: all of crawlers/sources.")] = None,
) -> None:
    """Read source files and say what is wrong with them; nothing is fetched."""
    from crawlers.source import SourceError, read_source
    from shanyraq.stages import SOURCES

    paths = files or sorted(SOURCES.glob("*.toml"))
    wrong = 0
    for path in paths:
        try:
            read_source(path)
        except (SourceError, OSError) as error:
            wrong += 1
            complain(sentence_of(error, data_root()))
    screen.print(f"{len(paths) - wrong} source files are good, {wrong} are not")
    raise typer.Exit(1 if wrong else 0)


@app.command(rich_help_panel=_LOOK)
def doctor() -> None:
    """Check this installation: packages, model files, disk, write permission, worlds and what they hold."""
    from shanyraq.doctor import examine

    findings = examine(data_root())
    for finding in findings:
        mark = "[green]good[/]" if finding.good else "[red]bad [/]"
        screen.print(f"{mark}  {finding.what}: {finding.said}", soft_wrap=True)
    raise typer.Exit(0 if all(finding.good for finding in findings) else 1)


@app.command(rich_help_panel=_LOOK)
def evaluate(
    data: Annotated[Path, typer.Argument(help="Folder of the text sets.")],
    suite: Annotated[Path, typer.Argument(help="Folder of functional_open.jsonl and functional_slots.json.")],
    model: Annotated[Path | None, typer.Option("--model", help="Model folder. Default: the shipped one.")] = None,
    against: Annotated[Path | None, typer.Option("--against", help="A second model, told beside the first.")] = None,
    card: Annotated[Path | None, typer.Option("--card", help="Markdown file whose figures are replaced.")] = None,
    record: Annotated[Path | None, typer.Option("--json", help="File for all figures.")] = None,
    test: Annotated[bool, typer.Option("--test", help="Also the shipped texts that are kept for the end.")] = False,
) -> None:
    """Measure the reader on validation texts: heads, languages, groups, disguises, swapped peoples, abstention."""
    from rich.progress import track

    from nlp.encoder import READER
    from nlp.model_card import evaluate_to

    for folder in (data, suite):
        if not folder.is_dir():
            raise StageError(f"there is no folder {folder}; see `shanyraq evaluate --help` for what it shall hold")
    quiet = not complaints.is_terminal

    def shown(items: Any, what: str, total: int) -> Any:
        return track(items, what, total, console=complaints, transient=True, disable=quiet)

    print(evaluate_to(data, suite, model or READER, against, card, record, shown, test=test))


@app.command(rich_help_panel=_LOOK)
def ui(
    world: Annotated[str, typer.Option("--world", help="World that hand-started DAGs work on.")] = SAMPLE,
    port: Annotated[int, typer.Option("--port", help="Port of Airflow's pages on 127.0.0.1.")] = 8080,
) -> None:
    """Airflow's web pages on 127.0.0.1, roles viewer and op, every DAG runnable by hand. Ctrl-C ends it."""
    from shanyraq.ui import serve_ui

    serve_ui(data_root(), job_of(world).world.name, port, screen)


# -- saying things ----------------------------------------------------------------------------------------------------


def show(counts: Mapping[str, Any]) -> None:
    screen.print("  ".join(f"{key} {value}" for key, value in counts.items()) or "nothing to do", soft_wrap=True)


def show_table(result: Any) -> None:
    """A table where it fits; on a narrow screen a block a row; into a pipe CSV, which other programs read."""
    from warehouse.query import write_csv

    if not screen.is_terminal:
        write_csv(result, sys.stdout)
        return
    rows = [[analysts.shown(value) for value in row] for row in result.rows]
    widths = [max(len(cell) for cell in column) for column in zip(result.columns, *rows, strict=True)]
    table = Table(*result.columns)
    if sum(widths) + 3 * len(widths) + 1 <= screen.width:
        for row in rows:
            table.add_row(*row)
        screen.print(table)
        return
    for row in rows:
        block = Table.grid(padding=(0, 2))
        for name, cell in zip(result.columns, row, strict=True):
            block.add_row(f"[dim]{name}[/]", cell)
        screen.print(block, "")
    screen.print(f"{len(rows)} rows; `--to file.csv` writes them to a file")


def complain(sentence: str) -> None:
    complaints.print(f"[red]shanyraq:[/] {sentence}", soft_wrap=True, highlight=False)


def main() -> None:
    """The entry point: every expected failure is one sentence; SHANYRAQ_DEBUG=1 shows the trace behind it."""
    # A shell that starts us in the background has SIGINT ignored; and being ended is being ended, by either signal.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)
    try:
        app()
    except Interrupted:
        _stop()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Exception as error:
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            _stop()  # a library turned the interruption into an error of its own, as DuckDB does
        if os.environ.get("SHANYRAQ_DEBUG"):
            raise
        complain(sentence_of(error, data_root()))
        sys.exit(1 if is_expected(error) else _MISTAKE)
    finally:
        _ignore_signals()  # all is done and said; Python would take itself down without a word


class Interrupted(BaseException):
    """Ctrl-C, or SIGTERM."""


def _stop() -> NoReturn:
    complain("stopped; nothing half-written is visible, run it again to go on from here")
    sys.exit(130)


def _interrupted(number: int, frame: object) -> None:
    _ignore_signals()  # an impatient second Ctrl-C must not break the clearing away
    raise Interrupted


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    main()
