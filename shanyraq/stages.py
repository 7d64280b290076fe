"""One function a step: what a DAG task calls, what a command calls, what a person pastes to do one step again.

Each takes a `Job` and returns counts. A finished step is recognised and skipped, so any step may be called twice.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from crawlers.layout import Window, World, whole_file
from crawlers.source import Source, read_sources

if TYPE_CHECKING:
    from reports.issue import Language
    from reports.mail import SmtpSettings

log = logging.getLogger(__name__)

SMTP = "shanyraq_smtp"
ALMATY = ZoneInfo("Asia/Almaty")
PACKAGE = Path(__file__).parent
SOURCES = PACKAGE.parent / "crawlers" / "sources"
SAMPLE = "sample"


class StageError(RuntimeError):
    """A step that cannot be done, in one sentence: what, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a run is about. Built once, at the edge (`of`); below it nothing reads the clock or the environment."""

    world: World
    today: date
    first_day: date | None = None
    last_day: date | None = None
    only: tuple[str, ...] | None = None  # source ids
    archive: Path | None = None
    site: str = "Kazakhstan"
    week: str | None = None
    languages: tuple[str, ...] = ("ru", "kk", "en")
    force: bool = False
    sample_port: int | None = None
    contact: str | None = None  # how webmasters reach who crawls
    lake: str | None = None  # catalogue of the lake that stands in for the one build file

    @classmethod
    def of(cls, params: Mapping[str, Any], run_after: datetime) -> Job:
        """From a DAG run's parameters and the environment of the process."""
        root = Path(os.environ.get("SHANYRAQ_DATA", "data")).absolute()
        name = params.get("world") or os.environ.get("SHANYRAQ_WORLD") or "live"
        world = World(root, name)
        port = os.environ.get("SHANYRAQ_SAMPLE_SERVER")
        archive = params.get("archive")
        if archive is None and name not in (SAMPLE, "live") and not world.folder.is_dir():
            raise StageError(
                f"there is no world {name} in {root}; the worlds are sample, live, and archives that "
                "`shanyraq run --archive FILE` read"
            )
        today = run_after.astimezone(ALMATY).date()
        if world.name == SAMPLE:
            from shanyraq.sample.world import LAST_DAY

            today = LAST_DAY + timedelta(days=1)
        return cls(
            world=world,
            today=today,
            first_day=_day(params.get("first_day")),
            last_day=_day(params.get("last_day")),
            only=tuple(params["sources"]) if params.get("sources") else None,
            archive=Path(archive) if archive else None,
            site=params.get("site") or "Kazakhstan",
            week=params.get("week"),
            languages=tuple(params.get("languages") or ("ru", "kk", "en")),
            force=bool(params.get("force")),
            sample_port=int(port) if port else None,
            contact=os.environ.get("SHANYRAQ_CONTACT") or None,
            lake=params.get("lake") or os.environ.get("SHANYRAQ_LAKE") or None,
        )

    @property
    def window(self) -> Window:
        """The days asked for; without any: the whole sample, or yesterday."""
        if self.world.name == SAMPLE and self.first_day is None and self.last_day is None:
            from shanyraq.sample.world import FIRST_DAY, LAST_DAY

            return Window(FIRST_DAY, LAST_DAY)
        yesterday = self.today - timedelta(days=1)
        last = self.last_day or self.first_day or yesterday
        return Window(self.first_day or last, last)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise StageError(f"{text!r} is no day; write it as 2026-05-25") from None


# -- sources ----------------------------------------------------------------------------------------------------------


def sources_of(job: Job) -> list[Source]:
    """All sources of the job's world: the sample's, an archive's channels, or `crawlers/sources/*.toml`."""
    listed = job.world.folder / "sources.json"
    if job.world.name == SAMPLE:
        from shanyraq.sample.sources import sample_sources

        sources = sample_sources()
    elif listed.exists():
        from crawlers.archive import read_source_list

        sources = read_source_list(listed)
    elif job.world.name == "live":
        sources = read_sources(SOURCES)
    else:
        raise StageError(
            f"{listed} is not there, so the archive of {job.world.name} was not taken in; run it again with --archive"
        )
    if job.only is None:
        return sources
    if unknown := set(job.only) - {source.source_id for source in sources}:
        raise StageError(f"no such source: {', '.join(sorted(unknown))}; `shanyraq sources list` shows them all")
    return [source for source in sources if source.source_id in job.only]


def _source(job: Job, source_id: str) -> Source:
    return next(source for source in sources_of(job) if source.source_id == source_id)


# -- crawl ------------------------------------------------------------------------------------------------------------


def plan(job: Job) -> list[str]:
    """The ids to fetch. An archive is imported here instead, or was before, and nothing is fetched."""
    job.world.make_folders()
    if job.archive is None:
        planned = [source.source_id for source in sources_of(job) if source.kind != "archive"]
        _need_contact(job, planned)
        return planned
    from crawlers.archive import import_archive

    import_archive(job.archive, job.world, site=job.site, today=job.today, force=job.force)
    return []


def _need_contact(job: Job, planned: Sequence[str]) -> None:
    """Said once, before anything is asked, and only if something must be asked."""
    from crawlers.crawl import finished

    if job.world.name == SAMPLE or job.contact:
        return
    if job.force or not all(finished(source_id, job.world, job.window) for source_id in planned):
        raise StageError(
            "set SHANYRAQ_CONTACT to a mail or web address before crawling live sources: webmasters must be able to "
            "reach you"
        )


def fetch(job: Job, source_id: str) -> dict[str, int]:
    """Fetch one source's window into the raw store, in a process of its own."""
    from crawlers.crawl import crawl_source

    loopback, hosts = _sample_server(job)
    counts = crawl_source(
        _source(job, source_id), job.world, job.window, force=job.force, loopback_allowed=loopback, resolve_hosts=hosts
    )
    return {"texts": counts.texts, **counts.words}


def _sample_server(job: Job) -> tuple[frozenset[tuple[str, int]], dict[str, str]]:
    """The loopback server that plays the fictional press, and the names it plays; nothing for every other world."""
    if job.world.name != SAMPLE:
        return frozenset(), {}
    if job.sample_port is None:
        raise StageError("the sample's server is not running: use `shanyraq run`, or `shanyraq ui` for Airflow's pages")
    from shanyraq.sample.addresses import HOST
    from shanyraq.sample.sources import sample_hosts

    return frozenset({(HOST, job.sample_port)}), sample_hosts(job.sample_port)


def extract(job: Job) -> dict[str, int]:
    """Extract and mask what was fetched for the window, over all sources."""
    if job.archive is not None:
        return {}
    return _extract(job, [(source, job.window) for source in sources_of(job)])


def extract_stored(job: Job) -> dict[str, int]:
    """Extract stored raw pages again: the windows named, or all."""
    asked = None if job.first_day is None and job.last_day is None else job.window
    pairs = [
        (source, window)
        for source in sources_of(job)
        for window in _windows(job.world.folder / "raw" / source.source_id)
        if asked is None or window == asked
    ]
    return _extract(job, pairs)


def _extract(job: Job, pairs: Sequence[tuple[Source, Window]]) -> dict[str, int]:
    from crawlers.crawl import extract_windows

    # A source whose fetch failed is red by itself; the others go on.
    fetched = [(source, window) for source, window in pairs if job.world.fetched(source.source_id, window).exists()]
    return extract_windows(fetched, job.world, today=job.today, force=job.force)


def count_articles(job: Job) -> dict[str, int]:
    """How many articles the world holds; the event that wakes the reading."""
    files = list(_files(job.world.folder / "articles"))
    return {"files": len(files), "articles": sum(_lines(path) for path in files)}


# -- read -------------------------------------------------------------------------------------------------------------


def stories(job: Job) -> dict[str, int]:
    """Find copies across all sources."""
    from nlp.stories import write_stories

    with _damage_told(job.world.folder):
        return _counts(write_stories(job.world))


def sources_to_read(job: Job) -> list[str]:
    """Ids of sources with articles, of those asked for."""
    found = sorted({path.parent.name for path in _files(job.world.folder / "articles")})
    return [source_id for source_id in found if job.only is None or source_id in job.only]


def read(job: Job, source_id: str) -> dict[str, int]:
    """Read one source's articles, window by window; windows read by the same model are skipped."""
    from nlp.read import read_window

    total: dict[str, int] = {}
    for window in _windows(job.world.folder / "articles" / source_id):
        with _damage_told(job.world.folder):
            _add(total, read_window(source_id, job.world, window, _reader(job.world.name), force=job.force))
    return total


def read_all(job: Job) -> dict[str, int]:
    """Stories, then every source."""
    total: dict[str, int] = {}
    _add(total, stories(job))
    for source_id in sources_to_read(job):
        _add(total, read(job, source_id))
    return total


def count_readings(job: Job) -> dict[str, int]:
    """How many readings the world holds; the event that wakes the warehouse."""
    files = list(_files(job.world.folder / "readings"))
    return {"files": len(files), "readings": sum(_lines(path) for path in files)}


@lru_cache(maxsize=2)
def _reader(world_name: str) -> Any:
    from nlp.read import Reader

    return Reader.load(gazetteer_extra=PACKAGE / "sample" / "gazetteer.csv" if world_name == SAMPLE else None)


# -- count and tell ---------------------------------------------------------------------------------------------------


def build(job: Job) -> dict[str, int]:
    """Load, count, judge and check; the analysts' file stays as it is until `publish`.

    Into a lake only what this machine holds is loaded; the build is of all that any machine has loaded.
    """
    from shanyraq import __version__
    from warehouse.build import build as build_warehouse
    from warehouse.lake import Lake, load_lake

    lake = Lake(job.lake) if job.lake else None
    loaded = _counts(load_lake(lake, job.world)) if lake else {}
    reader = _reader(job.world.name)
    report = build_warehouse(
        job.world,
        sources=sources_of(replace(job, only=None)),  # a warehouse is always the whole world's
        model_info={
            "model": reader.classifier.name,
            "model_hash": reader.model_hash,
            "lexicon_hash": reader.lexicon_hash,
            "version": __version__,
        },
        lake=lake,
    )
    return _counts(report) | loaded


def publish(job: Job) -> dict[str, int]:
    """Replace the analysts' copy by the checked build; that world is then the one commands show."""
    from warehouse.build import publish_build
    from warehouse.lake import Lake

    replaced = publish_build(job.world, lake=Lake(job.lake) if job.lake else None)
    with whole_file(job.world.root / "current") as handle:
        handle.write(job.world.name + "\n")
    return {"replaced": int(replaced)}


def compose(job: Job) -> dict[str, int]:
    """Write the asked week's issue and mails, and put the mail into the outbox."""
    from reports.mail import put_in_outbox, write_issue
    from reports.weekly import last_complete_week

    week = job.week or last_complete_week(job.world.warehouse)
    languages = cast("Sequence[Language]", job.languages)
    written = write_issue(job.world, week, languages)
    put_in_outbox(job.world, week, languages[0])
    return {"files": len(written)}


def site(job: Job) -> dict[str, int]:
    """Build the static site of all weeks from the published warehouse."""
    from reports.site import build_site
    from reports.weekly import compose_issues

    issues = compose_issues(job.world.warehouse)
    return _counts(build_site(job.world.warehouse, job.world.site, issues=issues))


def send(job: Job) -> dict[str, int]:
    """Send what waits in the outbox through Airflow's connection `shanyraq_smtp`; without one, say so and go on."""
    from reports.mail import send_outbox

    settings = smtp_settings()
    if settings is None:
        log.warning("no connection shanyraq_smtp: the mail waits in %s", job.world.outbox)
        return {"sent": 0, "waiting": len(list(job.world.outbox.glob("*.eml")))}
    report = send_outbox(job.world, settings)
    for problem in report.problems:
        log.error("%s", problem)
    if report.failed:
        raise ConnectionError(f"{report.failed} mails were not taken: {report.problems[0]}")
    return _counts(report)


def smtp_settings() -> SmtpSettings | None:
    """The mail server out of Airflow's connection; its extra holds recipients, and may hold from_email and security."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from reports.mail import SENDER, SmtpSettings

    try:
        connection = Connection.get(SMTP)
    except AirflowNotFoundException:
        return None
    extra = connection.extra_dejson
    recipients = extra.get("recipients")
    if not connection.host or not recipients:
        raise StageError(f'connection {SMTP}: it needs a host and, in its extra, {{"recipients": ["…"]}}')
    return SmtpSettings(
        host=connection.host,
        port=connection.port or 587,
        recipients=tuple(recipients),
        sender=extra.get("from_email") or SENDER,
        security=extra.get("security", "starttls"),
        user=connection.login or None,
        password=connection.password or None,
    )


# -- small things -----------------------------------------------------------------------------------------------------


def _files(folder: Path) -> Iterator[Path]:
    """Whole stage files only: names that start with a dot are still being written, or were left by a kill."""
    return (path for path in sorted(folder.glob("*/*.jsonl")) if not path.name.startswith("."))


def _windows(folder: Path) -> list[Window]:
    names = {path.name.split(".")[0] for path in folder.glob("*") if not path.name.startswith(".")}
    return [Window.parse(name) for name in sorted(names)]


@contextlib.contextmanager
def _damage_told(folder: Path) -> Iterator[None]:
    """A stage file is JSON lines as we wrote them; where one is not, say which file and line."""
    try:
        yield
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        for path in sorted(folder.rglob("*.jsonl")):
            for number, line in enumerate(path.read_bytes().splitlines(), start=1):
                try:
                    json.loads(line)
                except ValueError:
                    raise StageError(
                        f"{path}, line {number}: damaged; run again with --again, which writes it anew"
                    ) from error
        raise


def _lines(path: Path) -> int:
    with path.open("rb") as handle:
        return sum(1 for _ in handle)


def _counts(result: Any) -> dict[str, int]:
    record = result if isinstance(result, Mapping) else asdict(result)
    return {key: value for key, value in record.items() if isinstance(value, int) and not isinstance(value, bool)}


def _add(total: dict[str, int], counts: Mapping[str, int]) -> None:
    for key, value in counts.items():
        total[key] = total.get(key, 0) + value
