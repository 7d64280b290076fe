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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from shanyraq.airflow_run import environment
from shanyraq.stages import SAMPLE, StageError

# What Airflow's log says when a task begins.
_TASK = re.compile(r"\[DAG TEST\] starting task_id=(\S+) map_index=(-?\d+)")

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
    """How a run went: wall seconds, the peak memory of its largest process in MiB, and sources that failed alone."""

    seconds: float
    peak_mib: float
    log: Path
    failures: tuple[str, ...]


def run_main_job(data: Path, world: str, conf: dict[str, Any], console: Console) -> RunReport:
    """Run the four DAGs of the main job; raises `StageError` with the failing step's own sentence."""
    started = time.monotonic()
    log = data / "airflow" / "logs" / f"run-{world}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with _alone(data) as lock, _sample_server(world) as port, _pipe() as (answer, sentences):
        env = {**os.environ, **environment(data, world=world, sample_port=port)}
        command = [sys.executable, "-m", "shanyraq.airflow_run", json.dumps({"world": world, **conf})]
        command.append(str(sentences.fileno()))
        with log.open("wb") as out:
            # A session of its own: Ctrl-C reaches us, and we end the whole group, crawls included.
            child = subprocess.Popen(
                command,
                env=env,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=[lock, sentences.fileno()],
            )
            sentences.close()
            try:
                with _progress(console) as progress:
                    _follow(log, child, progress)
            except BaseException:
                _end(child)
                raise
        failures = _sentences(answer)
    if child.returncode != 0:
        raise StageError(f"{_reason(failures, child.returncode)} (the whole log: {log})")
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return RunReport(time.monotonic() - started, usage.ru_maxrss / 1024, log, failures)


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
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True,
        disable=not console.is_terminal,
    )  # fmt: skip


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


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[IO[str], IO[str]]]:
    """What the child says when it ends, and its end of that pipe: a sentence must reach us on a full disk, too."""
    ours, its = os.pipe()
    with os.fdopen(ours, encoding="utf-8") as answer, os.fdopen(its, "w", encoding="utf-8") as sentences:
        yield answer, sentences


def _sentences(answer: IO[str]) -> tuple[str, ...]:
    """What failed, first to last; nothing if the child was ended before it could say."""
    said = answer.read()
    return tuple(json.loads(said)) if said else ()


def _reason(failures: Sequence[str], code: int) -> str:
    """The first failure is the cause, or one of many sources; those after it are counted."""
    if not failures:
        how = f"by signal {-code}, perhaps for want of memory" if code < 0 else f"with code {code}"
        return f"the main job was ended {how}; run it again, finished days are kept"
    more = f" (and {len(failures) - 1} more failures like it)" if len(failures) > 1 else ""
    return failures[0] + more
