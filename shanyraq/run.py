"""`shanyraq run`: the whole way for one world, with progress on the screen and Airflow's log in a file."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from shanyraq.airflow_run import environment
from shanyraq.stages import SAMPLE, StageError

# What Airflow's log says when a task begins, and what ours says when a step fails.
_TASK = re.compile(r"\[DAG TEST\] starting task_id=(\S+) map_index=(-?\d+)")
_ERROR = re.compile(r"^(?:\S+\.)?(\w*(?:Error|Exception|Locked|Refused)): (.+)$")

_PATIENCE = 30  # tenths of a second

_TELL = {
    "plan": "choosing sources",
    "fetch": "crawling",
    "extract": "extracting and masking",
    "articles": "counting articles",
    "stories": "finding copies",
    "sources": "choosing what to read",
    "read_source": "reading",
    "readings": "counting readings",
    "build": "building, judging and checking the warehouse",
    "publish": "publishing the warehouse",
    "compose": "writing the issues",
    "site": "building the site",
    "send": "outbox",
}


@dataclass(frozen=True, slots=True)
class RunReport:
    """How a run went: wall seconds and the peak memory of its largest process in MiB."""

    seconds: float
    peak_mib: float
    log: Path


def run_main_job(data: Path, world: str, conf: dict[str, Any], console: Console) -> RunReport:
    """Run the four DAGs of the main job; raises `StageError` with the failing step's own sentence."""
    started = time.monotonic()
    log = data / "airflow" / "logs" / f"run-{world}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with _alone(data) as lock, _sample_server(world) as port:
        env = {**os.environ, **environment(data, world=world, sample_port=port)}
        command = [sys.executable, "-m", "shanyraq.airflow_run", json.dumps({"world": world, **conf})]
        with log.open("wb") as out:
            # A session of its own: Ctrl-C reaches us, and we end the whole group, crawls included.
            child = subprocess.Popen(
                command,
                env=env,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=[lock],
            )
            try:
                with _progress(console) as progress:
                    _follow(log, child, progress)
            except BaseException:
                _end(child)
                raise
    if child.returncode != 0:
        raise StageError(f"{_reason(log)} (the whole log: {log})")
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return RunReport(time.monotonic() - started, usage.ru_maxrss / 1024, log)


@contextlib.contextmanager
def _alone(data: Path) -> Iterator[int]:
    """Hold the data folder's lock; the child inherits it, so it is free only when both are gone."""
    with (data / "airflow" / "run.lock").open("a+") as handle:
        for _ in range(_PATIENCE):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.1)  # a child whose parent was just killed needs a moment to end
        else:
            raise StageError(f"another run is at work in {data}; wait for it, or choose another SHANYRAQ_DATA")
        yield handle.fileno()


@contextlib.contextmanager
def _sample_server(world: str) -> Iterator[int | None]:
    if world != SAMPLE:
        yield None
        return
    from shanyraq.sample.server import serve

    with serve(port=0) as server:
        yield server.port


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True
    )


def _follow(log: Path, child: subprocess.Popen[bytes], progress: Progress) -> None:
    """Tail Airflow's log and name the running step until the child ends."""
    shown = progress.add_task("starting Airflow")
    with log.open("r", encoding="utf-8", errors="replace") as lines:
        while True:
            line = lines.readline()
            if not line:
                if child.poll() is not None:
                    return
                time.sleep(0.1)
                continue
            if match := _TASK.search(line):
                step, index = match.groups()
                number = f" {int(index) + 1}" if int(index) >= 0 else ""
                progress.update(shown, description=_TELL.get(step, step) + number)


def _end(child: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=5)
            return


def _reason(log: Path) -> str:
    """The last error's own words: our exceptions are written as one sentence for exactly this line."""
    said = "a step failed"
    for line in log.read_text("utf-8", errors="replace").splitlines():
        if match := _ERROR.match(line.strip()):
            said = match.group(2)
    return said
