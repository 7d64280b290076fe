"""Airflow's pages as `make ui` brings them up: roles, forms that refuse, and every DAG started by hand."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawlers.layout import World
from tests.conftest import command_environment
from warehouse.publish import checksum

pytestmark = [pytest.mark.airflow, pytest.mark.slow, pytest.mark.xdist_group("e2e")]


class Api:
    """Airflow's REST API on one port."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"

    def call(self, method: str, path: str, token: str | None = None, body: Any = None) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, method=method, data=content, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def trigger(self, dag: str, token: str, conf: dict[str, Any]) -> tuple[int, Any]:
        body = {"logical_date": None, "conf": conf}
        for _ in range(5):
            status, said = self.call("POST", f"/api/v2/dags/{dag}/dagRuns", token, body)
            if status != 500:  # the scheduler holds the SQLite file behind the pages for a moment: ask again
                break
            time.sleep(2)
        return status, said

    def end_of(self, dag: str, run: str, token: str) -> str:
        for _ in range(300):  # a run started by an asset may stand before it in the queue
            _, record = self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}", token)
            if record["state"] in ("success", "failed"):
                return str(record["state"])
            time.sleep(1)
        return "still running"


@pytest.fixture(scope="module")
def ui(world: World, data: Path) -> Iterator[tuple[Api, dict[str, str]]]:
    """The pages over the sample that ran before, and a token for each user."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [Path(sys.executable).with_name("shanyraq"), "ui", "--port", str(port)],
        env=command_environment(data), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        said = ""
        for line in process.stdout:
            said += line
            if "Ctrl-C" in line:
                break
        assert process.poll() is None, said
        passwords = json.loads((data / "airflow" / "passwords.json").read_text("utf-8"))
        api = Api(port)
        tokens = {}
        for name, password in passwords.items():
            assert password in said
            status, answer = api.call("POST", "/auth/token", None, {"username": name, "password": password})
            assert status == 201
            tokens[name] = answer["access_token"]
        yield api, tokens
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def test_only_this_machine_is_served(ui: tuple[Api, dict[str, str]]) -> None:
    port = int(ui[0].base.rpartition(":")[2])
    listening = [
        line.split()[1]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")
    ]
    assert listening == [f"0100007F:{port:04X}"]  # 127.0.0.1, in the kernel's byte order


def test_a_viewer_looks_and_an_operator_starts(ui: tuple[Api, dict[str, str]]) -> None:
    api, tokens = ui
    status, listed = api.call("GET", "/api/v2/dags", tokens["analyst"])
    assert status == 200
    assert {dag["dag_id"] for dag in listed["dags"]} == {"crawl", "read", "warehouse", "weekly", "rerun"}
    assert api.trigger("crawl", tokens["analyst"], {})[0] == 403


@pytest.mark.parametrize(
    ("dag", "conf"),
    [
        ("crawl", {"first_day": "someday"}),
        ("crawl", {"world": "../elsewhere"}),
        ("weekly", {"week": "last week"}),
        ("weekly", {"languages": ["de"]}),
        ("rerun", {"sources": "all"}),
    ],
)
def test_a_form_refuses_what_makes_no_sense(ui: tuple[Api, dict[str, str]], dag: str, conf: dict[str, Any]) -> None:
    api, tokens = ui
    status, said = api.trigger(dag, tokens["op"], conf)
    assert status == 400
    assert next(iter(conf)) in said


@pytest.mark.parametrize("dag", ["crawl", "read", "warehouse", "weekly", "rerun"])
def test_every_dag_runs_by_hand_and_changes_nothing(ui: tuple[Api, dict[str, str]], world: World, dag: str) -> None:
    api, tokens = ui
    before = checksum(world.warehouse)
    status, run = api.trigger(dag, tokens["op"], {})
    assert status == 200
    assert api.end_of(dag, run["dag_run_id"], tokens["op"]) == "success"
    assert checksum(world.warehouse) == before
