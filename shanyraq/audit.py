"""Commands of the desk: `shanyraq audit` (what the classifier gets wrong) and `shanyraq triage` (what an alert was)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

audit_app = typer.Typer(help="A weekly random sample for a person to judge, and what was judged.", no_args_is_help=True)
triage_app = typer.Typer(help="Verdicts on alerts.", no_args_is_help=True)

_World = Annotated[str | None, typer.Option("--world", help="World. Default: the last one published.")]


@audit_app.command("draw")
def audit_draw(
    week: Annotated[str, typer.Option("--week", metavar="WEEK", help="ISO week, as 2026-W22; it is the seed too.")],
    size: Annotated[int | None, typer.Option("--size", help="Stories in the sample. Default: 100.")] = None,
    to: Annotated[Path | None, typer.Option("--to", help="Sheet to write. Default: in the world's folder.")] = None,
    world: _World = None,
) -> None:
    """Write a sheet of randomly drawn stories of a week: read each, write yes, no or unsure under each indicator."""
    from shanyraq import cli
    from warehouse.audit import SIZE, AuditError, draw, is_week

    if not is_week(week):
        raise AuditError(f"{week!r} is no ISO week; write it as 2026-W22")
    path = draw(cli.job_of(world).world, week, SIZE if size is None else size, to)
    cli.screen.print(f"{path}: fill it in, then `shanyraq audit load {path}`; it holds texts, do not pass it on",
                     soft_wrap=True)  # fmt: skip


@audit_app.command("load")
def audit_load(
    file: Annotated[Path, typer.Argument(help="The filled sheet (CSV).")],
    world: _World = None,
) -> None:
    """Keep what was judged; the next build corrects rates by it. A sheet with a wrong row is refused whole."""
    from shanyraq import cli
    from warehouse.audit import load

    cli.show(asdict(load(cli.job_of(world).world, file)))


@triage_app.command("list")
def triage_list(
    week: Annotated[
        str | None, typer.Option("--week", metavar="WEEK", help="All of this ISO week. Default: all undecided.")
    ] = None,
    world: _World = None,
) -> None:
    """Alerts and watches that wait for a decision, or all of a week with what was decided."""
    from shanyraq import cli
    from warehouse.query import Answer
    from warehouse.triage import COLUMNS, desk

    rows = desk(cli.job_of(world).world, week)
    if not rows and cli.screen.is_terminal:
        cli.screen.print(f"no alert of {week}" if week else "nothing waits for a decision")
        return
    cli.show_table(Answer(COLUMNS, rows))


@triage_app.command("decide")
def triage_decide(
    alert_id: Annotated[str, typer.Argument(help="As `shanyraq triage list` shows it.")],
    decision: Annotated[str, typer.Option("--decision", help="approve, archive, delete or hold.")],
    verdict: Annotated[
        str | None, typer.Option("--verdict", help="true, known, artefact, syndication, wrong_place, wrong_topic.")
    ] = None,
    role: Annotated[str, typer.Option("--role", help="Who decides: operator, analyst or editor.")] = "operator",
    world: _World = None,
) -> None:
    """Decide about an alert. A later decision holds, the earlier ones stay on file."""
    from shanyraq import cli
    from warehouse.triage import decide

    job = cli.job_of(world)
    made = decide(job.world, alert_id, decision, verdict, role, job.today)
    cli.show({"decision": made.decision_no, made.alert_id: f"{made.decision} {made.verdict or ''}".rstrip()})
