"""A source is one TOML file whose stem is its id everywhere; this module reads and checks it.

Nothing here can weaken robots, rate limits, the user agent or privacy: a file has no such keys, and an unknown key
is an error.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

Kind = Literal["web", "telegram", "archive"]
Stratum = Literal["state", "private", "social", "foreign", "unknown"]


class SourceError(ValueError):
    """A source file that cannot be used; the message names file, key and way out."""


@dataclass(frozen=True, slots=True)
class Source:
    """One outlet or channel.

    `home` is the site's root (web) or the preview page (telegram); `feeds`, `sitemaps` and `listings` are absolute
    addresses; `home_region` is an ISO 3166-2 code or None for a national outlet; `expected_per_week` is the number of
    texts an ordinary week brings; below `at_least` texts a crawl its task fails.
    """

    source_id: str
    name: str
    kind: Kind
    home: str
    languages: tuple[str, ...]
    owner_group: str
    stratum: Stratum
    home_region: str | None = None
    site: str = "Kazakhstan"
    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()
    comments: bool = False  # public comment blocks of article pages are read as documents
    expected_per_week: float | None = None
    at_least: int = 0
    verified: str | None = None  # when and how the addresses were checked; None: never


_REQUIRED = ("name", "kind", "home", "languages", "owner_group", "stratum")
_OPTIONAL = (
    "home_region", "site", "feeds", "sitemaps", "listings", "comments", "expected_per_week", "at_least", "verified",
)  # fmt: skip
_LISTS = ("languages", "feeds", "sitemaps", "listings")


def read_source(path: Path) -> Source:
    """Read one source file; every complaint is a `SourceError` that names file and key."""
    try:
        record: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: not UTF-8 text; write it anew after crawlers/sources/README.md") from error
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"{path}: not readable as TOML ({error}); see crawlers/sources/README.md") from error
    return source_from(record, path.stem, str(path))


def source_from(record: dict[str, Any], source_id: str, where: str) -> Source:
    """A checked `Source` out of a plain mapping; `where` is named in errors."""
    if missing := [key for key in _REQUIRED if key not in record]:
        raise SourceError(f"{where}: missing {', '.join(missing)}")
    if unknown := sorted(set(record) - set(_REQUIRED) - set(_OPTIONAL)):
        raise SourceError(f"{where}: unknown key {', '.join(unknown)}; known: {', '.join((*_REQUIRED, *_OPTIONAL))}")
    for key in _LISTS:
        value = record.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise SourceError(f"{where}: {key} must be a list of strings")
    if record["kind"] not in get_args(Kind):
        raise SourceError(f"{where}: kind {record['kind']!r}; known: {', '.join(get_args(Kind))}")
    if record["stratum"] not in get_args(Stratum):
        raise SourceError(f"{where}: stratum {record['stratum']!r}; known: {', '.join(get_args(Stratum))}")
    for key in ("name", "home", "owner_group", "home_region", "site", "verified"):
        if key in record and not isinstance(record[key], str):
            raise SourceError(f"{where}: {key} must be a string")
    addresses = [record["home"], *record.get("feeds", []), *record.get("sitemaps", []), *record.get("listings", [])]
    for address in addresses:
        if not address.startswith(("http://", "https://")):
            raise SourceError(f"{where}: {address!r} is no http(s) address")
    if not record["languages"]:
        raise SourceError(f"{where}: languages is empty")
    if record["kind"] == "web" and not (record.get("feeds") or record.get("sitemaps") or record.get("listings")):
        raise SourceError(f"{where}: a web source needs at least one of feeds, sitemaps, listings")
    values: dict[str, Any] = {key: tuple(value) if key in _LISTS else value for key, value in record.items()}
    return Source(source_id=source_id, **values)


def read_sources(folder: Path) -> list[Source]:
    """All sources of a folder, in order of id. The first broken file stops the run: structure is not an outcome."""
    return [read_source(path) for path in sorted(folder.glob("*.toml"))]
