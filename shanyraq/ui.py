"""`shanyraq ui`: Airflow's web pages on this machine only, with a viewer and an operator."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from rich.console import Console

from crawlers.layout import World, whole_file
from shanyraq.airflow_run import environment
from shanyraq.run import run_main_job
from shanyraq.stages import SAMPLE, StageError

ROLES = {"analyst": "viewer", "op": "op", "admin": "admin"}
_PATIENCE_S = 120  # standalone is healthy after 14-29 s on two cores


def serve_ui(data: Path, world: str, port: int, console: Console) -> None:
    """Start Airflow, say where and with which passwords, and stay until Ctrl-C."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise StageError(f"port {port} on 127.0.0.1 is taken; choose another with --port")
    if world == SAMPLE and not World(data, world).warehouse.exists():
        console.print("The sample is not loaded yet: running the main job first")
        run_main_job(data, world, {}, console)
    with contextlib.ExitStack() as stack:
        sample_port = None
        if world == SAMPLE:
            from shanyraq.sample.server import serve

            sample_port = stack.enter_context(serve(port=0)).port
        env = {**os.environ, **_web(data, world, port, sample_port)}
        log = data / "airflow" / "logs" / "ui.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as out:
            migrated = subprocess.run(
                [sys.executable, "-c", "from shanyraq.airflow_run import migrate; migrate()"],
                env=env, stdout=out, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
            if migrated.returncode:
                raise StageError(f"Airflow's database could not be prepared; see {log}")
            # Its own session: standalone leaves children behind on SIGTERM, so the whole group is ended.
            child = subprocess.Popen(
                [str(Path(sys.executable).with_name("airflow")), "standalone"],
                env=env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        try:
            _wait_until_healthy(child, port, log)
            console.print(f"Airflow: http://127.0.0.1:{port}  (log: {log})")
            for name, password in json.loads(_passwords(data).read_text("utf-8")).items():
                console.print(f"  {name:8} {password}   role {ROLES[name]}")
            console.print("Ctrl-C ends it.")
            child.wait()
        finally:
            end_group(child)


def end_group(child: subprocess.Popen[bytes]) -> None:
    """SIGINT, ten seconds, SIGKILL: for the child and all that it started."""
    for number in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=10)


def _passwords(data: Path) -> Path:
    return data / "airflow" / "passwords.json"


def _web(data: Path, world: str, port: int, sample_port: int | None) -> dict[str, str]:
    path = _passwords(data)
    if not path.exists():
        with whole_file(path) as handle:
            handle.write(json.dumps({name: secrets.token_urlsafe(12) for name in ROLES}))
        path.chmod(0o600)
    return {
        **environment(data, world=world, sample_port=sample_port),
        # standalone starts its parts by the bare name `airflow`
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in ROLES.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(path),
    }


def _wait_until_healthy(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(_PATIENCE_S):
        if child.poll() is not None:
            raise StageError(f"Airflow ended with code {child.returncode}; see {log}")
        with contextlib.suppress(urllib.error.URLError, OSError):
            address = f"http://127.0.0.1:{port}/api/v2/monitor/health"
            with urllib.request.urlopen(address, timeout=2) as answer:
                health = json.load(answer)
                if health["scheduler"]["status"] == "healthy":
                    return
        time.sleep(1)
    raise StageError(f"Airflow was not healthy after {_PATIENCE_S} s; see {log}")
