"""The frozen record that the crawlers own and every later stage adds to, never edits."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

Genre = Literal["news", "post", "comment"]
GENRES: tuple[Genre, ...] = ("news", "post", "comment")


@dataclass(frozen=True, slots=True)
class Article:
    """One public text after privacy masking: a news page, a post, or a comment under a page.

    `published_at` is ISO 8601 with the offset of Almaty, or None where no trustworthy date was found;
    `text` and `title` hold masked text only; `context` is the headline a comment stands under and
    `parent_id` that article's id. No field ever holds an author.
    """

    article_id: str
    source_id: str
    url: str
    genre: Genre
    text: str
    title: str | None = None
    published_at: str | None = None
    date_basis: str | None = None  # feed, page, platform, archive
    context: str | None = None
    parent_id: str | None = None
    home_region: str | None = None
    site: str = "Kazakhstan"
    section: str | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> Article:
        record: dict[str, Any] = json.loads(line)
        return cls(**record)


def article_id_of(canonical_url: str) -> str:
    """First 16 hex digits of the SHA-256 of a canonical address (64 bits: no collision to fear below 10⁸ rows)."""
    return hashlib.sha256(canonical_url.encode()).hexdigest()[:16]
