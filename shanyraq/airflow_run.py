"""The main job through a real Airflow, one DAG after another, in one process (what `airflow dags test` does).

Airflow's own set-up lies under the data folder: a SQLite file, its log, nothing else. Started as a child process by
`shanyraq run`, so that the environment is set before Airflow is imported, and its log is a file.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

MAIN_JOB = ("crawl", "read", "warehouse", "weekly")
POOLS = {
    "web": (8, "fetching from outlets: how many sources at once"),
    "cpu": (2, "extracting and reading"),
    "loader": (1, "the one writer of the warehouse"),
}


def environment(data: Path, *, world: str, sample_port: int | None) -> dict[str, str]:
    """Environment of an Airflow that serves one data folder."""
    home = data / "airflow"
    dags = Path(__file__).parent.parent / "dags"
    values = {
        "SHANYRAQ_DATA": str(data),
        "SHANYRAQ_WORLD": world,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Almaty",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "PYTHONUNBUFFERED": "1",
    }
    if sample_port is not None:
        values["SHANYRAQ_SAMPLE_SERVER"] = str(sample_port)
    return values


def migrate() -> None:
    """Make or upgrade Airflow's database and the pools that the DAGs name."""
    from airflow.models.pool import Pool
    from airflow.utils.db import initdb
    from airflow.utils.session import create_session

    initdb()
    with create_session() as session:
        for name, (slots, description) in POOLS.items():
            Pool.create_or_update_pool(
                name, slots=slots, description=description, include_deferred=False, session=session
            )


def run_dags(dag_ids: Sequence[str], conf: Mapping[str, Any]) -> str | None:
    """Run each DAG to its end; the name of the first that failed, or None."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    if bag.import_errors:
        raise RuntimeError(f"DAG files that do not load: {bag.import_errors}")
    for dag_id in dag_ids:
        dag = bag.dags[dag_id]
        known = {key: value for key, value in conf.items() if key in dag.params}
        run = dag.test(run_conf=known)
        if str(run.state) != "success":
            return dag_id
    return None


def end_with_parent() -> None:
    """End this whole process group when the process that started it is gone: `kill -9` cannot be passed on by it.

    Otherwise an orphan would go on writing beside the run that the user starts next.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def main() -> int:
    """`python -m shanyraq.airflow_run '{"world": …}'`: exit code 1 if a DAG failed."""
    conf = json.loads(sys.argv[1])
    end_with_parent()
    migrate()
    failed = run_dags(MAIN_JOB, conf)
    if failed:
        print(f"[SHANYRAQ] DAG {failed} failed", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
