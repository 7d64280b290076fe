"""Where each item of the sample stands: paths as four kinds of real sites build them, and Telegram preview pages."""

from __future__ import annotations

import re
from typing import Final

from shanyraq.sample.world import Item, Outlet

HOST: Final = "127.0.0.1"
PORT: Final = 18231  # of a server started by hand
# `.example` never belongs to anybody (RFC 2606). Article ids are hashes of addresses, so these hold no port: the crawl
# is told which port plays this name (`sources.sample_hosts`), and two runs on different ports give the same ids.
SITE: Final = "fictional-press.example"

# Kazakh and Russian letters by their commonest Latin ones: good enough for a readable address.
_LATIN: Final = str.maketrans(
    dict(zip("абвгдеёзийклмнопрстуфхцыэәғқңөұүһі", "abvgdeeziiklmnoprstufhcyeagqnouuhi", strict=True))
    | {"ж": "zh", "ч": "ch", "ш": "sh", "щ": "sch", "ю": "yu", "я": "ya", "ъ": "", "ь": ""}
)


def base_url() -> str:
    return f"http://{SITE}"


def channel_name(outlet: Outlet) -> str:
    """The channel's name on Telegram. "fictional" is part of it so that no real channel can be meant."""
    return f"fictional_{outlet.outlet_id.removeprefix('tg-')}"


def item_path(outlet: Outlet, item: Item) -> str:
    """Path of a news page or of a channel message; a comment has its page's path and a fragment."""
    n = item.number
    if outlet.layout == "jsonld":
        return f"/{outlet.outlet_id}/{item.day:%Y/%m/%d}/{slug(item.title or '')}-{n}/"
    if outlet.layout == "opengraph":
        return f"/{outlet.outlet_id}/news/{n}-{slug(item.title or '')}"
    if outlet.layout == "microdata":
        return f"/{outlet.outlet_id}/{item.lang}/article/{n}"
    if outlet.layout == "table":
        return f"/{outlet.outlet_id}/news/{n}.html"
    return f"/{channel_name(outlet)}/{message_number(item)}"


def message_number(item: Item) -> int:
    """Messages of a channel begin at 2: the first is a picture without words."""
    return item.number + 1


def slug(title: str) -> str:
    """The first six words of a title in Latin letters."""
    latin = title.lower().translate(_LATIN)
    return "-".join(re.findall(r"[a-z0-9]+", latin)[:6]) or "news"
