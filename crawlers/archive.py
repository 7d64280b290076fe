"""Dumps of posts and articles as a way in beside crawling: JSON lines, plain or gzip, each line in one outcome.

A line is a post `{"channel","message_id","date","text"}` or an article `{"url","date","title","text"}`; other keys are
ignored. Sources come out of the lines themselves: one a channel or host.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import tempfile
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import IO, Any, Final, Literal, cast

from crawlers.article import Article, article_id_of
from crawlers.dates import almaty_day, almaty_iso, parse_date
from crawlers.extract import text_outcome
from crawlers.layout import Window, World, whole_file
from crawlers.outcomes import Outcome
from crawlers.privacy import mask
from crawlers.source import Source, Stratum
from crawlers.urls import AddressError, canonical, host_of

# Lines that name no channel or host have no source; their outcomes stand under this id, which no source may take.
UNATTRIBUTED: Final = "unattributed"
_LONGEST_LINE: Final = 4_000_000  # bytes; a Telegram post has at most 4,096 characters, an article some 100,000
_SHOWN: Final = 200  # characters of a rejected line that are kept, masked, to find it again
_FLUSH: Final = 2_000  # lines held per source before they go to the spool

_SHAPES: Final = '{"channel","message_id","date","text"} or {"url","date","title","text"}'
# Outcomes of texts that are well but stand in no week; their lines are shown among the rejects, to be mended.
_UNDATED: Final = {"no_date": "date is not understood", "future_date": "date lies in the future"}

# Kazakh and Russian letters to Latin as in addresses of outlets; ids must stay readable to an analyst.
_LATIN: Final = str.maketrans(
    dict(zip("абвгдеёзийклмнопрстуфыэіәғқңөұүһ", "abvgdeeziyklmnoprstufyeiagqnouuh", strict=True))
    | {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "ъ": "", "ь": ""}
)


class ArchiveError(ValueError):
    """An archive that cannot be taken in; the message says what, where and the way out."""


@dataclass(frozen=True, slots=True)
class ArchiveCounts:
    """`words` (outcome -> lines) adds up to `lines`; blank lines are not counted. `window`: first to last dated day."""

    lines: int
    words: Mapping[str, int]
    sources: int
    window: Window
    imported_before: bool = False

    def tally(self) -> str:
        return ", ".join(f"{number} {word}" for word, number in self.words.items()) or "no lines"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with all that archives must say; `url` canonical."""

    name: str  # of the channel or host
    genre: Literal["news", "post"]
    key: str  # what makes the text unique within its source: message number, or address
    date: str | None
    text: str
    title: str | None


@dataclass(slots=True)
class _Spool:
    """Lines of many files on disk, so that an archive larger than memory goes through."""

    folder: Path
    _held: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, line: str) -> None:
        held = self._held[name]
        held.append(line)
        if len(held) >= _FLUSH:
            self._flush(name)

    def _flush(self, name: str) -> None:
        with (self.folder / name).open("a", encoding="utf-8") as handle:
            handle.writelines(f"{line}\n" for line in self._held.pop(name, []))

    def publish(self, name: str, path: Path) -> None:
        """Write the file whole at its place; an empty one if nothing was added."""
        self._flush(name)
        with (self.folder / name).open("rb") as spooled, whole_file(path, "wb") as target:
            shutil.copyfileobj(spooled, target)


def import_archive(
    path: Path,
    world: World,
    *,
    site: str = "Kazakhstan",
    home_region: str | None = None,
    today: date | None = None,
    progress: Callable[[int], None] | None = None,
    force: bool = False,
) -> ArchiveCounts:
    """Read an archive into a world of its own: articles, outcomes, `sources.json`, and rejects with their reasons.

    `site` and `home_region` are given to every source, since a dump does not say where it was published. A text dated
    after `today` is not taken: one line of 2099 would stretch the weeks that are judged to there. `progress` is called
    with the bytes of the file read since the last call (`progress_bar` makes one). An archive that is in the
    world already is recognised by its hash and not read again. Killed halfway, nothing but whole files is left and
    the next run writes the same ones.
    """
    if not path.is_file():
        raise ArchiveError(f"{path}: no such file; give a .jsonl or .jsonl.gz file")
    need_lines(path)
    digest = _digest(path)
    receipt = world.folder / "imported.json"
    if receipt.is_file():
        known = _receipt(receipt)
        same = known["sha256"] == digest and (known["site"], known["home_region"]) == (site, home_region)
        if same and not force:
            window = Window.parse(known["window"])
            return ArchiveCounts(known["lines"], known["words"], known["sources"], window, imported_before=True)
        if not same:
            raise ArchiveError(
                f"{world.folder} already holds another archive ({known['name']}); choose another world, or remove it"
            )
    world.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".import-", dir=world.folder) as spool:
        intake = _Intake(_Spool(Path(spool)), site, home_region, today)
        for number, raw in _raw_lines(path, progress):
            intake.take(number, raw)
        return intake.publish(world, {"name": path.name, "sha256": digest, "site": site, "home_region": home_region})


def need_lines(path: Path) -> None:
    """Raise `ArchiveError` if the archive holds no line, or is damaged before its first one ends."""
    if next(_raw_lines(path, None), None) is None:
        raise ArchiveError(f"{path}: it holds no lines; a line is {_SHAPES}")


class _Intake:
    """One pass over an archive: every line ends in one outcome, and what is needed to write the files is remembered."""

    def __init__(self, spool: _Spool, site: str, home_region: str | None, today: date | None) -> None:
        self._spool = spool
        self._site = site
        self._home_region = home_region
        self._today = today
        self._sources: dict[tuple[str, str], Source] = {}  # (genre, name) -> source
        self._ids: set[str] = {UNATTRIBUTED}
        self._seen: set[int] = set()  # article ids as numbers: 22 k need 2 MB, 10 M some 900 MB
        self._words: Counter[str] = Counter()
        self._first: date | None = None
        self._last: date | None = None

    def take(self, number: int, raw: bytes | None) -> None:
        line = _understood(raw)
        if isinstance(line, str):
            self._reject(number, line, raw)
            self._say(UNATTRIBUTED, hashlib.sha256(f"line {number}".encode()).hexdigest()[:16], "rejected")
            return
        source = self._source(line)
        url = line.key if line.genre == "news" else f"https://t.me/{source.source_id}/{line.key}"
        item = article_id_of(url)
        word = self._word(line, item)
        self._say(source.source_id, item, word)
        if word in _UNDATED:
            self._reject(number, _UNDATED[word] if line.date else "date is missing", raw)
        if word != "ok":
            return
        published_at = parse_date(line.date or "", None)
        assert published_at is not None
        day = almaty_day(published_at)
        self._first = min(self._first or day, day)
        self._last = max(self._last or day, day)
        article = Article(
            article_id=item,
            source_id=source.source_id,
            url=url,
            genre=line.genre,
            text=mask(line.text),
            title=mask(line.title) if line.title else None,
            published_at=almaty_iso(published_at),
            date_basis="archive",
            home_region=self._home_region,
            site=self._site,
        )
        self._spool.add(f"articles {source.source_id}", article.to_json())

    def _word(self, line: _Line, item: str) -> str:
        number = int(item, 16)
        if number in self._seen:
            return "duplicate_url"
        self._seen.add(number)
        if (word := text_outcome(line.text, line.genre)) != "ok":
            return word
        published_at = parse_date(line.date or "", None)
        if published_at is None:
            return "no_date"
        return "ok" if self._today is None or almaty_day(published_at) <= self._today else "future_date"

    def _say(self, source_id: str, item: str, word: str) -> None:
        self._words[word] += 1
        self._spool.add(f"outcomes {source_id}", Outcome("extract", source_id, item, word).to_json())

    def _reject(self, number: int, reason: str, raw: bytes | None) -> None:
        shown = mask((raw or b"")[: _SHOWN * 4].decode("utf-8", "replace"))[:_SHOWN].strip()
        self._spool.add("rejects", json.dumps({"line": number, "reason": reason, "text": shown}, ensure_ascii=False))

    def _source(self, line: _Line) -> Source:
        known = self._sources.get((line.genre, line.name))
        if known is not None:
            return known
        source_id = slug(line.name)
        if source_id in self._ids:  # "Топор" and "Топор+": the first of the file keeps the plain id
            source_id = f"{source_id[:50]}-{hashlib.sha256(f'{line.genre} {line.name}'.encode()).hexdigest()[:6]}"
        self._ids.add(source_id)
        stratum: Stratum = "social" if line.genre == "post" else "unknown"
        home = f"https://t.me/s/{source_id}" if line.genre == "post" else f"https://{line.name}/"
        # Nobody has looked into who owns what: each source counts as its own owner, and a dump says no languages.
        source = Source(
            source_id=source_id,
            name=mask(line.name),
            kind="archive",
            home=home,
            languages=("und",),
            owner_group=source_id,
            stratum=stratum,
            home_region=self._home_region,
            site=self._site,
        )
        self._sources[line.genre, line.name] = source
        return source

    def publish(self, world: World, about: dict[str, Any]) -> ArchiveCounts:
        """Write all files; the receipt, which makes the import known as done, comes last."""
        self._spool.publish("rejects", world.rejects("archive"))
        lines = sum(self._words.values())
        if self._first is None or self._last is None:
            tally = ", ".join(f"{count} {word}" for word, count in self._words.items())
            raise ArchiveError(
                f"{about['name']}: none of its {lines} lines could be used ({tally}); "
                f"the reasons are in {world.rejects('archive')}; a line is {_SHAPES}"
            )
        window = Window(self._first, self._last)
        sources = sorted(self._sources.values(), key=lambda source: source.source_id)
        for source in sources:
            self._spool.publish(f"articles {source.source_id}", world.articles(source.source_id, window))
        for source_id in (*(source.source_id for source in sources), UNATTRIBUTED):
            self._spool.publish(f"outcomes {source_id}", world.outcomes("extract", source_id, window))
        _write_json(world.folder / "sources.json", [asdict(source) for source in sources])
        counts = ArchiveCounts(lines, dict(sorted(self._words.items())), len(sources), window)
        facts = {"window": str(window), "lines": lines, "words": counts.words, "sources": counts.sources}
        _write_json(world.folder / "imported.json", {**about, **facts})
        return counts


def read_source_list(path: Path) -> list[Source]:
    """The sources an import found, from `sources.json`."""
    sources: list[Source] = []
    try:
        for record in json.loads(path.read_text("utf-8")):
            values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in record.items()}
            sources.append(Source(**values))
    except (ValueError, TypeError, AttributeError) as error:
        raise ArchiveError(
            f"{path}: damaged ({error}); `shanyraq run --archive FILE --again` writes it anew"
        ) from error
    return sources


def _receipt(path: Path) -> dict[str, Any]:
    """What an earlier import left, with all its keys."""
    try:
        known: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return {
            key: known[key] for key in ("name", "sha256", "site", "home_region", "window", "lines", "words", "sources")
        }
    except (ValueError, TypeError, KeyError) as error:
        raise ArchiveError(f"{path}: damaged ({error}); delete it and run the same archive again") from error


def slug(name: str) -> str:
    """A source id out of any name: lower-case Latin letters, digits, dashes; a name without either becomes a hash."""
    plain = unicodedata.normalize("NFKC", name).lower().translate(_LATIN)
    plain = unicodedata.normalize("NFKD", plain)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    short = "-".join(re.findall(r"[a-z0-9]+", plain))[:60].strip("-")
    return short or f"source-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def progress_bar(path: Path) -> tuple[Any, Callable[[int], None]]:
    """A rich progress bar over the bytes of a file: the context manager, and what to pass as `progress`."""
    from rich.progress import Progress  # noqa: PLC0415 - only people need it

    bar = Progress()
    task = bar.add_task(path.name, total=path.stat().st_size)
    return bar, lambda read: bar.update(task, advance=read)


# --- lines ------------------------------------------------------------------------------------------------------------


def _raw_lines(path: Path, progress: Callable[[int], None] | None) -> Iterator[tuple[int, bytes | None]]:
    """Number (from 1) and bytes of each non-blank line; None for a line beyond all measure, passed over to its end."""
    with path.open("rb") as packed:
        gzipped = packed.read(2) == b"\x1f\x8b"
        packed.seek(0)
        lines: IO[bytes] = cast(IO[bytes], gzip.GzipFile(fileobj=packed)) if gzipped else packed
        number, told = 0, 0
        try:
            while line := lines.readline(_LONGEST_LINE):
                number += 1
                whole = line.endswith(b"\n") or len(line) < _LONGEST_LINE
                while not whole:
                    rest = lines.readline(_LONGEST_LINE)
                    whole = rest.endswith(b"\n") or len(rest) < _LONGEST_LINE
                    line = b""
                if progress is not None and (place := packed.tell()) != told:
                    progress(place - told)
                    told = place
                if not line or line.strip(b"\xef\xbb\xbf\x00 \t\r\n"):
                    yield number, line or None
        except (EOFError, OSError, zlib.error) as error:
            raise ArchiveError(
                f"{path}: damaged after line {number} ({error}); nothing was taken in, fetch the file again"
            ) from error


def _understood(raw: bytes | None) -> _Line | str:
    """The line, or why it cannot be used in one sentence."""
    if raw is None:
        return f"longer than {_LONGEST_LINE:,} bytes"
    try:
        record = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return "not UTF-8"
    except (ValueError, RecursionError):
        return "not JSON"
    if not isinstance(record, dict):
        return "not a JSON object"
    text, stamp, title = record.get("text"), record.get("date"), record.get("title")
    if not isinstance(text, str):
        return "text is missing or no string"
    if not isinstance(stamp, str | None) or not isinstance(title, str | None):
        return "date and title must be strings"
    text = _storable(text)
    title = _storable(title) if title else None
    if "channel" in record:
        channel, message = record["channel"], record.get("message_id")
        if not isinstance(channel, str) or not channel.strip():
            return "channel is empty or no string"
        if not isinstance(message, int | str) or re.fullmatch(r"[0-9]{1,18}", str(message)) is None:
            return "message_id is missing or no whole number"
        return _Line(_storable(" ".join(channel.split())), "post", str(int(message)), stamp, text, title)
    if "url" not in record:
        return "neither channel nor url"
    try:
        address = canonical(str(record["url"]))
        return _Line(host_of(address), "news", address, stamp, text, title)
    except AddressError:
        return "url is no http(s) address"


def _storable(text: str) -> str:
    """Without NUL and lone surrogates, which JSON can carry and no database or UTF-8 file can."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _write_json(path: Path, value: object) -> None:
    with whole_file(path) as handle:
        handle.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
