"""Seconds to compose every issue and to build the site of a published warehouse: python bench/telling.py [WAREHOUSE]

Default: the sample's, after `make run`. Aims: 30 issues in 1.5 s, the site of 20 regions × 30 weeks × 12 series in 5 s.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from reports.site import build_site
from reports.weekly import compose_issues


def main(path: str) -> None:
    warehouse = Path(path)
    if not warehouse.exists():
        print(f"SKIPPED: there is no {warehouse}; `make run` makes it")
        return
    start = time.perf_counter()
    issues = compose_issues(warehouse)
    composed = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        report = build_site(warehouse, Path(folder) / "site", issues=issues)
        built = time.perf_counter()
    print(f"{len(issues)} issues {composed - start:.2f} s")
    print(
        f"site {built - composed:.2f} s: {report.pages} pages, {report.charts} charts, {report.size_bytes / 1e6:.1f} MB"
    )


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["data/sample/warehouse.duckdb"]))
