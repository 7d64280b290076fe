"""The notebook and the snippets for Python and R run as a reader would run them, and say the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from warehouse.data_package import export_package

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SAID = "2026-W21: 2 of 20 regions could be judged"


def run(*command: str | Path, **more: str) -> str:
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **more}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def said_right(told: str) -> None:
    assert SAID in told
    [clash] = [line for line in told.splitlines() if "incidents" in line]
    assert clash.split()[:6] == ["2026-W21", "KZ-31", "incidents", "news", "alert", "6"]


def test_python_with_duckdb_alone(telling: Path) -> None:
    said_right(run(sys.executable, EXAMPLES / "ask.py", telling))


def rscript(package: str | None = None) -> str:
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("Rscript is not installed: `apt-get install r-base-core`")
    if package is not None:
        asked = [program, "-e", f"quit(status = !requireNamespace('{package}', quietly = TRUE))"]
        if subprocess.run(asked, capture_output=True, check=False).returncode:
            pytest.skip(f"the R package {package} is not installed: `install.packages('{package}')`")
    return program


def test_r_with_duckdb(telling: Path) -> None:
    said_right(run(rscript("duckdb"), EXAMPLES / "ask.R", telling))


def test_r_without_any_package(telling: Path, tmp_path: Path) -> None:
    program = rscript()
    export_package(telling, tmp_path / "csv", "csv")
    said_right(run(program, EXAMPLES / "ask_csv.R", tmp_path / "csv", LC_ALL="C.UTF-8"))


@pytest.mark.slow
def test_the_notebook_runs_without_a_screen(telling: Path, tmp_path: Path) -> None:
    pytest.importorskip("marimo", reason="marimo is not installed: `pip install 'shanyraq[notebook]'`")
    page = tmp_path / "notebook.html"
    run(
        sys.executable, "-m", "marimo", "export", "html", EXAMPLES / "notebook.py", "-o", page, "--",
        "--warehouse", telling,
        PYTHONPATH=str(ROOT), XDG_CONFIG_HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path), XDG_STATE_HOME=str(tmp_path),
    )  # fmt: skip
    told = page.read_text("utf-8")
    assert "incidents-news-KZ-31-2026-W21" in told
    assert "all 25 values equal" in told
    assert "not equal" not in told.replace("not equal: {", "")
