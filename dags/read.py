"""## Read: articles to readings

Finds copies across all sources (stories), then reads every text once: language, groups, places, labels of the
codebook, each with its probability. Starts when new articles are there.

**When a task is red**: a text that cannot be read is a counted outcome (`failed`), never a red task. Red means that
the model files do not fit the labels or are damaged: restore `nlp/models/`, clear the task. The same by command:
`shanyraq read --world live`.
"""

from __future__ import annotations

from airflow.sdk import dag, task

from dags.assets import ARTICLES, DEFAULTS, FORCE, READINGS, TAGS, WORLD


@dag(
    dag_id="read",
    schedule=[ARTICLES],
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=[*TAGS, "nlp"],
    doc_md=__doc__,
    params={"world": WORLD, "force": FORCE},
)
def read() -> None:
    @task(pool="cpu")
    def stories(params=None, dag_run=None) -> dict[str, int]:
        from shanyraq import stages

        return stages.stories(stages.Job.of(params, dag_run.run_after))

    @task
    def sources(params=None, dag_run=None) -> list[str]:
        from shanyraq import stages

        return stages.sources_to_read(stages.Job.of(params, dag_run.run_after))

    @task(pool="cpu", map_index_template="{{ task.op_kwargs['source_id'] }}")
    def read_source(source_id: str, params=None, dag_run=None) -> dict[str, int]:
        from shanyraq import stages

        return stages.read(stages.Job.of(params, dag_run.run_after), source_id)

    @task(outlets=[READINGS], trigger_rule="none_failed")
    def readings(params=None, dag_run=None) -> dict[str, int]:
        from shanyraq import stages

        return stages.count_readings(stages.Job.of(params, dag_run.run_after))

    stories() >> (found := sources())
    read_source.expand(source_id=found) >> readings()


read()
