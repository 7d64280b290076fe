"""## Rerun: read stored pages again

After a better extraction, lexicon or model: takes the raw pages already on disk (the network is not touched),
extracts and reads them again, and rebuilds the warehouse. Pages older than their retention are gone and keep their
old articles.

**By hand only.** Choose the world; everything else follows. The same by command: `shanyraq read --world live
--again`.
"""

from __future__ import annotations

from airflow.sdk import Param, dag, task

from dags.assets import DAY, DEFAULTS, TAGS, WAREHOUSE, WORLD


@dag(
    dag_id="rerun",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=[*TAGS, "care"],
    doc_md=__doc__,
    params={
        "world": WORLD,
        "first_day": Param(None, **DAY, title="First day", description="Of the stored window. Empty: every window."),
        "last_day": Param(None, **DAY, title="Last day", description="Of the stored window. Empty: every window."),
        "sources": Param(None, type=["null", "array"], items={"type": "string"}, title="Sources",
                         description="Ids, one a line. Empty: all."),
        "force": Param(True, type="boolean", title="Again", description="Always true here."),
    },
)  # fmt: skip
def rerun() -> None:
    @task(pool="cpu")
    def extract(params=None, dag_run=None) -> dict[str, int]:
        from shanyraq import stages

        return stages.extract_stored(stages.Job.of(params, dag_run.run_after))

    @task(pool="cpu")
    def read(params=None, dag_run=None) -> dict[str, int]:
        from shanyraq import stages

        return stages.read_all(stages.Job.of(params, dag_run.run_after))

    @task(pool="loader")
    def build(params=None, dag_run=None) -> dict[str, int]:
        from shanyraq import stages

        return stages.build(stages.Job.of(params, dag_run.run_after))

    @task(pool="loader", outlets=[WAREHOUSE])
    def publish(params=None, dag_run=None) -> dict[str, int]:
        from shanyraq import stages

        return stages.publish(stages.Job.of(params, dag_run.run_after))

    extract() >> read() >> build() >> publish()


rerun()
