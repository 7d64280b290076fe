"""What can become of an item in a stage: exactly one word each, and the words add up.

A stage writes one line per item into its outcomes file; `warehouse/checks/outcomes_add_up.sql` proves that
nothing vanished between two stages. An unknown word is a crash, never a default.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

# stage -> the words it may say; the first word is success, and only success reaches the next stage.
WORDS: Final[dict[str, tuple[str, ...]]] = {
    "fetch": (
        "fetched",
        "not_modified",
        "blocked",  # the address guard refused: not a public address
        "denied",  # robots.txt says no, or could not be read (RFC 9309: 5xx means no)
        "gone",  # 404, 410
        "refused",  # 401, 403, 429 after all retries
        "server_error",
        "unreachable",  # DNS, reset, timeout
        "too_large",
        "over_budget",  # per-host budget spent: the next run goes on
        "outside_window",  # dated outside the days asked for
        "elsewhere",  # an address a feed or sitemap advertises on somebody else's site: not this source's text
    ),
    "extract": (
        "ok",
        "too_short",
        "not_text",
        "not_html",
        "no_date",
        "future_date",
        "outside_window",
        "duplicate_url",
        "timeout",
        "worker_died",
        "rejected",  # an archive line that is no JSON or misses a field; the line itself is in rejects/
    ),
    "read": ("read", "gated", "failed"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One item's fate in one stage. `item` is an article id or the hash of an address: never a text."""

    stage: str
    source_id: str
    item: str
    word: str

    def __post_init__(self) -> None:
        if self.word not in WORDS[self.stage]:
            raise ValueError(f"outcome {self.word!r} is not a word of stage {self.stage!r}: {WORDS[self.stage]}")

    def to_json(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))
