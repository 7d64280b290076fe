"""The map: 20 regions as one inline SVG whose regions are links, with pattern and text beside every colour."""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any, Final

WIDTH: Final = 960
_MARGIN: Final = 8.0
_LABEL_ROOM: Final = 44.0  # the easternmost label, Восточно-Казахстанская, is longer than its region is wide
# Standard parallels of an Albers equal-area conic for 40–56° north, one sixth inside each end; central meridian.
_PARALLELS: Final = (42.6, 53.1)
_MERIDIAN: Final = 67.0
_CITY_AREA: Final = 900.0  # square pixels: smaller units also get a disc, or nobody could hit them with a finger
_DISC: Final = 11
_SIGNS: Final = {"alert": "▲ ", "cohesion_up": "◆ ", "held": "‖ ", "insufficient": "? ", "no_baseline": "? "}


@dataclass(frozen=True, slots=True)
class Shape:
    """One region drawn: SVG path, the point for its label, and whether it needs a disc. Pixels of a WIDTH-wide map."""

    region_code: str
    path: str
    x: float
    y: float
    disc: bool


@dataclass(frozen=True, slots=True)
class RegionLook:
    """How one region looks in a layer: CSS class of its state, its name, the state in words, the page it links to."""

    state: str
    name: str
    state_text: str
    href: str


def region_map(looks: Mapping[str, RegionLook], *, layer: str, description: str) -> str:
    """The map of one layer as inline SVG. Raises `KeyError` if a region has no look."""
    shapes, height = region_shapes()
    parts = [
        f'<svg class="map" viewBox="0 0 {WIDTH} {height:.0f}" role="group" aria-label="{escape(description)}">',
        f"<defs>{_patterns(layer)}</defs>",
    ]
    for shape in sorted(shapes, key=lambda shape: shape.disc):
        look = looks[shape.region_code]
        told = f"{look.name}: {look.state_text}"
        fill = f' fill="url(#{layer}-{look.state})"' if look.state in ("held", "insufficient", "no_baseline") else ""
        parts.append(f'<a href="{escape(look.href)}" class="region {look.state}" data-told="{escape(told)}">')
        parts.append(f"<title>{escape(told)}</title>")
        parts.append(f'<path d="{shape.path}"{fill}/>')
        if shape.disc:
            parts.append(f'<circle cx="{shape.x:.0f}" cy="{shape.y:.0f}" r="{_DISC}"{fill}/>')
        parts.append("</a>")
    # Almaty is a region and a city: where the short name is no name of one, the map prints the whole.
    short = Counter(short_name(look.name) for look in looks.values())
    for shape in shapes:
        look = looks[shape.region_code]
        label = short_name(look.name) if short[short_name(look.name)] == 1 else look.name
        below = 25 if shape.disc else 4
        sign = _SIGNS.get(look.state, "")
        parts.append(
            f'<text x="{shape.x:.0f}" y="{shape.y + below:.0f}" class="{look.state}" aria-hidden="true">'
            f"{sign}{escape(label)}</text>"
        )
    return "".join(parts) + "</svg>"


def short_name(name: str) -> str:
    """A region's name as a map prints it, without the word for its kind."""
    kinds = {"область", "облысы", "город", "қаласы", "Region"}
    return " ".join(word for word in name.split() if word not in kinds)


@cache
def region_shapes() -> tuple[tuple[Shape, ...], float]:
    """All regions of `regions.geojson` in map pixels, and the map's height."""
    text = files("reports").joinpath("site", "regions.geojson").read_text(encoding="utf-8")
    rings = {
        feature["properties"]["region_code"]: [
            [_projected(longitude, latitude) for longitude, latitude in ring]
            for polygon in _polygons(feature["geometry"])
            for ring in polygon
        ]
        for feature in json.loads(text)["features"]
    }
    every = [point for region in rings.values() for ring in region for point in ring]
    left, right = min(x for x, _ in every), max(x for x, _ in every)
    top, bottom = min(y for _, y in every), max(y for _, y in every)
    scale = (WIDTH - 2 * _MARGIN - _LABEL_ROOM) / (right - left)
    shapes = []
    for code, region in rings.items():
        placed = [[((x - left) * scale + _MARGIN, (y - top) * scale + _MARGIN) for x, y in ring] for ring in region]
        largest = max(placed, key=lambda ring: abs(_area(ring)))
        x, y = _centre(largest)
        path = "".join("M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in ring[:-1]) + "z" for ring in placed)
        shapes.append(Shape(code, path, x, y, abs(_area(largest)) < _CITY_AREA))
    return tuple(shapes), (bottom - top) * scale + 2 * _MARGIN


def _polygons(geometry: dict[str, Any]) -> list[Any]:
    coordinates = geometry["coordinates"]
    return [coordinates] if geometry["type"] == "Polygon" else list(coordinates)


def _projected(longitude: float, latitude: float) -> tuple[float, float]:
    """Albers equal-area conic on the sphere (Snyder 1987, p. 100), y downwards."""
    first, second = (math.radians(parallel) for parallel in _PARALLELS)
    n = (math.sin(first) + math.sin(second)) / 2
    constant = math.cos(first) ** 2 + 2 * n * math.sin(first)
    radius = math.sqrt(constant - 2 * n * math.sin(math.radians(latitude))) / n
    angle = n * math.radians(longitude - _MERIDIAN)
    return radius * math.sin(angle), radius * math.cos(angle)


def _area(ring: list[tuple[float, float]]) -> float:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in itertools.pairwise(ring)) / 2


def _centre(ring: list[tuple[float, float]]) -> tuple[float, float]:
    """Centre of area of a closed ring."""
    area = _area(ring)
    crosses = [(x1 * y2 - x2 * y1, x1 + x2, y1 + y2) for (x1, y1), (x2, y2) in itertools.pairwise(ring)]
    return sum(c * sx for c, sx, _ in crosses) / (6 * area), sum(c * sy for c, _, sy in crosses) / (6 * area)


def _patterns(layer: str) -> str:
    """Own looks for what is not known, told apart without colour: stripes, dots, sparse dots."""
    return (
        f'<pattern id="{layer}-held" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="9" height="9" class="ground"/><rect width="4" height="9" class="stripe"/></pattern>'
        f'<pattern id="{layer}-insufficient" width="9" height="9" patternUnits="userSpaceOnUse">'
        '<rect width="9" height="9" class="ground"/><circle cx="4.5" cy="4.5" r="1.7" class="speck"/></pattern>'
        f'<pattern id="{layer}-no_baseline" width="16" height="16" patternUnits="userSpaceOnUse">'
        '<rect width="16" height="16" class="ground"/><circle cx="8" cy="8" r="1.5" class="speck"/></pattern>'
    )
