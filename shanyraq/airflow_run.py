"""The main job through a real Airflow, one DAG after another, in one process (what `airflow dags test` does).

Airflow's own set-up lies under the data folder: a SQLite file, its log, nothing else. Started as a child process by
`shanyraq run`, so that the environment is set before Airflow is imported, and its log is a file.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shanyraq.failures import sentence_of

MAIN_JOB = ("crawl", "read", "warehouse", "weekly")
POOLS = {
    "web": (8, "fetching from outlets: how many sources at once"),
    "cpu": (2, "extracting and reading"),
    "loader": (1, "the one writer of the warehouse"),
}
_MOST = 10  # sentences handed to the parent, and
_LONGEST = 1_000  # letters of each: together they fit into a pipe that is read only when this process has ended


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


class Failures:
    """The sentence of each task that failed, first to last, each once."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.sentences: list[str] = []

    def note(self, error: BaseException) -> None:
        sentence = sentence_of(error, self._data)
        if sentence not in self.sentences:
            self.sentences.append(sentence)

    def listen(self) -> None:
        """Let Airflow tell of each failed task, as it happens and in this process."""
        from airflow.listeners import hookimpl
        from airflow.sdk.listener import get_listener_manager

        note = self.note

        class Listener:
            @hookimpl  # type: ignore[untyped-decorator]
            def on_task_instance_failed(self, error: BaseException | str | None) -> None:
                note(error if isinstance(error, BaseException) else RuntimeError(error or "a task failed"))

        get_listener_manager().add_listener(Listener())


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
    """`python -m shanyraq.airflow_run '{"world": …}' FD`: exit code 1 if a DAG failed.

    What failed goes as a JSON list of sentences to the open file FD: the log may lie on a disk that is full.
    """
    conf, answer = json.loads(sys.argv[1]), int(sys.argv[2])
    end_with_parent()
    failures = Failures(Path(os.environ["SHANYRAQ_DATA"]))
    try:
        migrate()
        failures.listen()
        code = 1 if run_dags(MAIN_JOB, conf) else 0
    except Exception as error:
        failures.note(error)
        code = 1
        with contextlib.suppress(OSError):
            traceback.print_exc()
    with os.fdopen(answer, "w", encoding="utf-8") as handle:
        json.dump([sentence[:_LONGEST] for sentence in failures.sentences[:_MOST]], handle, ensure_ascii=False)
    return code


if __name__ == "__main__":
    sys.exit(main())
