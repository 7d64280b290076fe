"""The sample's outlets as sources for the crawler."""

from __future__ import annotations

from collections import Counter

from crawlers.source import Source
from shanyraq.sample.addresses import HOST, SITE, base_url, channel_name
from shanyraq.sample.press import Press
from shanyraq.sample.world import MONDAYS, Outlet, build_world

# Truth E6: two outlets stop two weeks early; an ordinary week of theirs is one in which they speak.
_SPEAKING_WEEKS = {"yamyshev": len(MONDAYS) - 2, "tg-pavlodar": len(MONDAYS) - 2}


def sample_hosts(port: int) -> dict[str, str]:
    """Where the fictional name is played: for `crawl_source(resolve_hosts=…)`."""
    return {SITE: f"{HOST}:{port}"}


def sample_sources() -> list[Source]:
    """One source an outlet that has published something, in order of id."""
    world = build_world()
    press = Press(world, base_url())
    texts = Counter(item.outlet_id for item in world.items)
    commented = {item.outlet_id for item in world.items if item.genre == "comment"}
    return [
        _source(outlet, press, texts[outlet.outlet_id], outlet.outlet_id in commented)
        for outlet in sorted(world.outlets, key=lambda outlet: outlet.outlet_id)
        if texts[outlet.outlet_id]
    ]


def _source(outlet: Outlet, press: Press, texts: int, comments: bool) -> Source:
    def absolute(paths: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(press.base + path for path in paths)

    telegram = outlet.kind == "telegram"
    return Source(
        source_id=outlet.outlet_id,
        name=outlet.name,
        kind=outlet.kind,
        home=f"{press.base}/s/{channel_name(outlet)}" if telegram else f"{press.base}/{outlet.outlet_id}/",
        languages=outlet.languages,
        owner_group=outlet.owner_group,
        stratum=outlet.stratum,
        home_region=outlet.region,
        feeds=absolute(press.feed_paths(outlet)),
        sitemaps=absolute(press.sitemap_paths(outlet)),
        listings=absolute(press.listing_paths(outlet)),
        comments=comments,
        expected_per_week=round(texts / _SPEAKING_WEEKS.get(outlet.outlet_id, len(MONDAYS)), 2),
        verified="fictional: served by shanyraq.sample.server",
    )
