"""## Crawl: public addresses to masked articles

Every night each source is asked for yesterday's texts, politely and by one mapped task a source; then all new pages
are extracted in killable workers and masked **before** the first write of text.

**When a task is red**: open its log. *robots*, *refused*, *gone* are counted outcomes and not failures; red means
fewer texts than the source's `at_least`, or a broken source file. Fix the file in `crawlers/sources/`, clear the
task: finished windows are recognised, nothing is fetched twice. **By hand**: *Trigger* with first and last day; or
name an archive file instead of crawling. The same by command: `shanyraq crawl --world live --from 2026-05-25 --to
2026-05-31`.
"""

from __future__ import annotations

from airflow.sdk import CronTriggerTimetable, Param, dag, task

from dags.assets import ARTICLES, DAY, DEFAULTS, FORCE, TAGS, WORLD, ZONE


@dag(
    dag_id="crawl",
    schedule=CronTriggerTimetable("0 3 * * *", timezone=ZONE),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=[*TAGS, "crawlers"],
    doc_md=__doc__,
    params={
        "world": WORLD,
        "first_day": Param(None, **DAY, title="First day", description="Empty: yesterday."),
        "last_day": Param(None, **DAY, title="Last day", description="Empty: yesterday."),
        "sources": Param(None, type=["null", "array"], items={"type": "string"}, title="Sources",
                         description="Ids, one a line. Empty: all."),
        "archive": Param(None, type=["null", "string"], title="Archive file",
                         description="A dump of posts or articles (.jsonl, .jsonl.gz) to read instead of crawling."),
        "site": Param("Kazakhstan", type="string", title="Country of the archive's channels"),
        "force": FORCE,
    },
)  # fmt: skip
def crawl() -> None:
    @task
    def plan(params=None, dag_run=None) -> list[str]:
        from shanyraq import stages

        return stages.plan(stages.Job.of(params, dag_run.run_after))

    @task(pool="web", map_index_template="{{ task.op_kwargs['source_id'] }}")
    def fetch(source_id: str, params=None, dag_run=None) -> dict[str, int]:
        from shanyraq import stages

        return stages.fetch(stages.Job.of(params, dag_run.run_after), source_id)

    @task(trigger_rule="all_done_min_one_success", pool="cpu")
    def extract(params=None, dag_run=None) -> dict[str, int]:
        from shanyraq import stages

        return stages.extract(stages.Job.of(params, dag_run.run_after))

    @task(outlets=[ARTICLES], pool="cpu")
    def articles(params=None, dag_run=None) -> dict[str, int]:
        from shanyraq import stages

        return stages.count_articles(stages.Job.of(params, dag_run.run_after))

    planned = plan()
    fetched = fetch.expand(source_id=planned)
    extracted = extract()
    planned >> extracted
    fetched >> extracted >> articles()


crawl()
