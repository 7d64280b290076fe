"""The rules of the house that a machine can check (docs/architecture.md lists them)."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawlers.source import SourceError, source_from

ROOT = Path(__file__).parent.parent
PACKAGES = ("crawlers", "nlp", "warehouse", "reports", "shanyraq")
MODULES = sorted(path for package in (*PACKAGES, "dags") for path in (ROOT / package).rglob("*.py"))
SQL = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.sql"))
TRACKED = [
    ROOT / name
    for name in subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    if name and (ROOT / name).exists()
]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text("utf-8")))


def test_layers_and_nobody_imports_the_dags() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_dag_files_parse_without_heavy_packages(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from airflow.dag_processing.dagbag import DagBag\n"
        f"bag = DagBag({str(ROOT / 'dags')!r})\n"
        "assert not bag.import_errors, bag.import_errors\n"
        "assert set(bag.dags) == {'crawl', 'read', 'warehouse', 'weekly', 'rerun'}, bag.dags\n"
        "heavy = {'scrapy', 'spacy', 'transformers', 'duckdb', 'pandas', 'sklearn', 'trafilatura'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "for dag in bag.dags.values():\n"
        "    assert dag.doc_md and dag.tags and not dag.catchup, dag.dag_id\n"
        "    for task in dag.tasks:\n"
        "        assert task.owner == 'shanyraq' and task.retries == 2, task.task_id\n"
    )
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path / 'airflow.db'}",
    }
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_task_body_has_five_lines_at_most() -> None:
    def is_task(decorator: ast.expr) -> bool:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        return isinstance(target, ast.Name) and target.id == "task"

    tasks = [
        (path, node)
        for path in MODULES
        if path.parent.name == "dags"
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef) and any(is_task(d) for d in node.decorator_list)
    ]
    assert len(tasks) >= 15
    long = [f"{name_of(p)}:{t.name}" for p, t in tasks if t.body[-1].end_lineno - t.body[0].lineno + 1 > 5]  # type: ignore[operator]
    assert not long


@pytest.mark.parametrize("path", SQL, ids=name_of)
def test_a_sql_file_is_one_statement_with_its_grain_first(path: Path) -> None:
    text = path.read_text("utf-8")
    first = text.strip().splitlines()[0]
    assert first.startswith("--"), "the first line is a comment that states the grain"
    bare = re.sub(r"--[^\n]*", "", text)
    bare = re.sub(r"'(?:[^']|'')*'", "''", bare).strip().rstrip(";")
    assert ";" not in bare, "one file is one statement"
    assert re.match(r"(with|select|from)\b", bare, re.IGNORECASE), "the statement is a SELECT"


def test_no_module_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "base", "misc", "manager"}
    assert not [name_of(path) for path in TRACKED if path.suffix == ".py" and path.stem in empty]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_variable_hides_the_package_nlp(path: Path) -> None:
    stored = [n for n in nodes(path) if isinstance(n, ast.Name) and n.id == "nlp" and isinstance(n.ctx, ast.Store)]
    named = [n for n in nodes(path) if isinstance(n, ast.arg) and n.arg == "nlp"]
    assert not stored and not named


# Clock, randomness and environment enter only at these edges.
EDGES = {
    "shanyraq/cli.py", "shanyraq/run.py", "shanyraq/ui.py", "shanyraq/doctor.py", "shanyraq/airflow_run.py",
    "shanyraq/stages.py",  # Job.of: the one place where a DAG run's environment becomes arguments
}  # fmt: skip
FORBIDDEN = re.compile(
    r"^(datetime\.(datetime\.)?(now|today|utcnow)|date\.today|time\.(time|localtime|gmtime)|random\.(random|randint|choice|shuffle|sample)"
    r"|numpy\.random\.(rand|randn|seed)|np\.random\.(rand|randn|seed)|os\.(environ|getenv|environ\.get))$"
)


@pytest.mark.parametrize("path", [p for p in MODULES if p.parent.name != "dags"], ids=name_of)
def test_clock_randomness_and_environment_enter_at_the_edges(path: Path) -> None:
    if name_of(path) in EDGES or path.name == "__main__.py":
        pytest.skip("an edge")
    found = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and FORBIDDEN.match(ast.unparse(node))
    ]
    assert not found


@pytest.mark.parametrize(
    "key",
    ["user_agent", "robots", "obey_robots", "delay", "download_delay", "rate", "proxy", "verify", "mask", "guard"],
)
def test_no_source_can_weaken_manners_or_privacy(key: str) -> None:
    record = {
        "name": "A", "kind": "web", "home": "https://a.example/", "languages": ["kk"], "owner_group": "a",
        "stratum": "private", "feeds": ["https://a.example/rss"],
    }  # fmt: skip
    source_from(record, "a", "a.toml")
    with pytest.raises(SourceError, match=f"unknown key {key}"):
        source_from({**record, key: False}, "a", "a.toml")


PERSON = re.compile(
    r"\b(author|byline|handle|username|user_name|avatar|phone|profile_url|first_name|last_name|full_name)\b"
)


@pytest.mark.parametrize("path", SQL, ids=name_of)
def test_no_table_has_a_column_for_a_person(path: Path) -> None:
    bare = re.sub(r"--[^\n]*", "", path.read_text("utf-8"))
    bare = re.sub(r"'(?:[^']|'')*'", "''", bare)
    if path.parent.name == "checks":
        pytest.skip("a check may name what it forbids")
    assert not PERSON.search(bare.lower())


def test_the_tree_holds_no_notebook_pickle_or_huge_file() -> None:
    assert not [name_of(p) for p in TRACKED if p.suffix in {".ipynb", ".pkl", ".pickle", ".joblib"}]
    assert not [name_of(p) for p in TRACKED if p.stat().st_size > 60_000_000]


def test_no_commit_names_a_package_index() -> None:
    hosts = re.compile(
        "files"
        + r"\.pythonhosted|pypi"
        + r"\.org/simple|registry"
        + r"\.npmjs|deb"
        + r"\.debian\.org|index"
        + "-url http"
    )
    text = [p for p in TRACKED if p.suffix in {".py", ".toml", ".lock", ".md", ".txt", ".yaml", ".yml", ".sql", ""}]
    assert not [name_of(p) for p in text if hosts.search(p.read_text("utf-8", errors="replace"))]


def test_no_page_holds_a_placeholder() -> None:
    pages = [path for path in TRACKED if path.suffix == ".md"]
    assert not [name_of(path) for path in pages if re.search(r"@[A-Z0-9]+@|\bTODO\b|\bTBD\b", path.read_text("utf-8"))]
