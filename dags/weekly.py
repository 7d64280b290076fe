"""## Weekly: the issue, the mail and the site

On Monday morning the last complete week is told: signals with their evidence, what held communities together,
which regions could not be judged and why. Writes the issue in each language, the site, and puts the mail of the
first language into the outbox; sends it when the connection `shanyraq_smtp` exists (Admin → Connections), and
says so when it does not.

**When a task is red**: `compose` and `site` can be cleared safely, they only read the published warehouse. `send`
never sends a message twice: it keeps its state in the outbox. The same by command: `shanyraq report --world live
--week 2026-W22`.
"""

from __future__ import annotations

from airflow.sdk import CronTriggerTimetable, Param, dag, task

from dags.assets import DEFAULTS, ISSUE, TAGS, WEEK, WORLD, ZONE


@dag(
    dag_id="weekly",
    schedule=CronTriggerTimetable("0 7 * * 1", timezone=ZONE),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=[*TAGS, "reports"],
    doc_md=__doc__,
    params={
        "world": WORLD,
        "week": WEEK,
        "languages": Param(["ru", "kk", "en"], type="array", items={"type": "string", "enum": ["ru", "kk", "en"]},
                           title="Languages of the mail"),
    },
)  # fmt: skip
def weekly() -> None:
    @task
    def compose(params=None, dag_run=None) -> dict[str, int]:
        from shanyraq import stages

        return stages.compose(stages.Job.of(params, dag_run.run_after))

    @task(outlets=[ISSUE])
    def site(params=None, dag_run=None) -> dict[str, int]:
        from shanyraq import stages

        return stages.site(stages.Job.of(params, dag_run.run_after))

    @task
    def send(params=None, dag_run=None) -> dict[str, int]:
        from shanyraq import stages

        return stages.send(stages.Job.of(params, dag_run.run_after))

    compose() >> site() >> send()


weekly()
