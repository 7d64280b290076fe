"""## Warehouse: readings to tables, indicators and signals

One task in a one-slot pool loads all stage files in one transaction, builds the tables, judges the weeks and runs
every check; a build that fails a check is refused and analysts keep the old file. Then `publish` replaces their
copy in one step.

**When a task is red**: the log names the check and its first bad rows, or says who holds the lock. Nothing
half-built is visible. The same by command: `shanyraq build --world live`, `shanyraq publish --world live`.
"""

from __future__ import annotations

from airflow.sdk import dag, task

from dags.assets import DEFAULTS, READINGS, TAGS, WAREHOUSE, WORLD


@dag(
    dag_id="warehouse",
    schedule=[READINGS],
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=[*TAGS, "warehouse"],
    doc_md=__doc__,
    params={"world": WORLD},
)
def warehouse() -> None:
    @task(pool="loader")
    def build(params=None, dag_run=None) -> dict[str, int]:
        from shanyraq import stages

        return stages.build(stages.Job.of(params, dag_run.run_after))

    @task(pool="loader", outlets=[WAREHOUSE])
    def publish(params=None, dag_run=None) -> dict[str, int]:
        from shanyraq import stages

        return stages.publish(stages.Job.of(params, dag_run.run_after))

    build() >> publish()


warehouse()
