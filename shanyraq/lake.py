"""`shanyraq lake`: the warehouse past one machine. `docs/cluster.md` tells the whole of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

app = typer.Typer(help="The warehouse past one machine: loaders on many, one builder.", no_args_is_help=True)

Lake_ = Annotated[
    str,
    typer.Option(
        "--lake",
        envvar="SHANYRAQ_LAKE",
        help="Catalogue: postgresql://user@host:5432/database, or a file for one process at a time.",
    ),
]
_World = Annotated[str | None, typer.Option("--world", help="World. Default: the last one published.")]


@app.command("init")
def init(
    files: Annotated[str, typer.Option("--files", help="Folder all machines see, or a URL as s3://bucket/lake.")],
    lake: Lake_,
    world: _World = None,
) -> None:
    """Make a world's lake, once. A second time changes nothing."""
    from shanyraq import cli
    from warehouse.lake import Lake, init_lake

    init_lake(Lake(lake), cli.job_of(world).world, files)
    cli.screen.print(f"{Lake(lake)}: ready for loads; `shanyraq lake load` on every machine", soft_wrap=True)


@app.command("load")
def load(
    lake: Lake_,
    world: _World = None,
    source: Annotated[list[str] | None, typer.Option("--source", help="Only this source; several times.")] = None,
    stages: Annotated[
        str | None, typer.Option("--from", help="Data folder or URL with the stage files. Default: SHANYRAQ_DATA.")
    ] = None,
) -> None:
    """Bring the stage files this machine sees into the lake; any number of machines at once."""
    from shanyraq import cli
    from warehouse.lake import Lake, load_lake, world_at

    own = cli.job_of(world).world
    cli.show(asdict(load_lake(Lake(lake), world_at(stages, own.name) if stages else own, source or ())))


@app.command("tidy")
def tidy(
    lake: Lake_,
    world: _World = None,
    days: Annotated[int, typer.Option("--keep-days", min=0, help="Keep the lake's states of so many days.")] = 7,
) -> None:
    """Delete old states and the files of killed loads. What was erased is gone for good only after this."""
    from shanyraq import cli
    from warehouse.lake import Lake, tidy_lake

    before = cli.now() - timedelta(days=days)
    cli.show({"files_deleted": tidy_lake(Lake(lake), cli.job_of(world).world, older_than=before)})
