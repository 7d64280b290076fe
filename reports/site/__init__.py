"""The static site: `build_site` makes it from the published warehouse and the issues.

In: `warehouse.duckdb`, `Issue`s, the catalogues, `regions.geojson`. Out: a folder of pages that opens from disk.
Read in this order: `material.py`, `build.py`, `map.py`, `pages/`, `assets/`;
`geometry_build.py` made the geometry once.
"""

from reports.site.build import SiteReport, build_site

__all__ = ["SiteReport", "build_site"]
