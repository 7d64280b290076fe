"""Where each item of the sample stands: paths as four kinds of real sites build them, and Telegram preview pages."""

from __future__ import annotations

import re
from typing import Final

from shanyraq.sample.world import Item, Outlet

HOST: Final = "127.0.0.1"
# Article ids are hashes of addresses, and these hold the port: a run that is to be compared or resumed uses this one.
PORT: Final = 18231

# Kazakh and Russian letters by their commonest Latin ones: good enough for a readable address.
_LATIN: Final = str.maketrans(
    dict(zip("абвгдеёзийклмнопрстуфхцыэәғқңөұүһі", "abvgdeeziiklmnoprstufhcyeagqnouuhi", strict=True))
    | {"ж": "zh", "ч": "ch", "ш": "sh", "щ": "sch", "ю": "yu", "я": "ya", "ъ": "", "ь": ""}
)


def base_url(port: int) -> str:
    return f"http://{HOST}:{port}"


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
