"""Bad input and refused resources, met as a user meets them: one sentence on stderr that says what, where and what to
do; an exit code; and no half-written file. The archive has 60 good lines over ten weeks, and one bad one of each kind.
"""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawlers.layout import World
from tests.conftest import command_environment
from warehouse.publish import checksum
from warehouse.query import run_query

pytestmark = [pytest.mark.airflow, pytest.mark.slow, pytest.mark.xdist_group("badinput")]

ROOT = Path(__file__).parents[1]
TEXTS = (
    "В районе прошёл праздник соседства, приехали из трёх сёл и накрыли общий стол, встреча {}",
    "Акимат области сообщил о ремонте дороги между сёлами, работы идут по плану, участок {}",
    "Жители обсуждают цены на уголь и жалуются на очереди у склада, сообщение номер {}",
)
# line, outcome, reason in the rejects file
BAD = (
    ("no json at all", "rejected", "not JSON"),
    ('{"text": "Текст без канала и без адреса"}', "rejected", "neither channel nor url"),
    ({"date": None}, "no_date", "date is missing"),
    ({"date": "намедни"}, "no_date", "date is not understood"),
    ({"date": "2099-01-01"}, "future_date", "date lies in the future"),
)
SOURCE = """name = "Тұғыр таң"
kind = "web"
home = "https://example.kz/"
languages = ["kk"]
owner_group = "example"
stratum = "private"
feeds = ["https://example.kz/rss"]
"""


def post(number: int, **fields: Any) -> dict[str, Any]:
    day = date(2024, 1, 1) + timedelta(days=number * 70 // 60)
    text = TEXTS[number % 3].format(number)
    return {
        "channel": f"Канал {number % 3}",
        "message_id": number,
        "date": f"{day}T06:00:00+00:00",
        "text": text,
        **fields,
    }


def write_archive(path: Path, lines: Sequence[str | dict[str, Any]]) -> Path:
    body = "".join((line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)) + "\n" for line in lines)
    path.write_bytes(gzip.compress(body.encode()) if path.suffix == ".gz" else body.encode())
    return path


def shanyraq(
    data: Path, *arguments: str | Path, overlay: Path | None = None, file_limit: int | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """The command without anybody to reach; `overlay` holds a changed package, `file_limit` is bytes a file may have."""
    env = {key: value for key, value in command_environment(data).items() if key != "SHANYRAQ_CONTACT"}
    if overlay is not None:
        env["PYTHONPATH"] = str(overlay)

    def limit() -> None:
        if file_limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))

    return subprocess.run(
        [Path(sys.executable).with_name("shanyraq"), *map(str, arguments)],
        env=env, input=stdin, capture_output=True, text=True, check=False, preexec_fn=limit, timeout=120,
    )  # fmt: skip


def refused(done: subprocess.CompletedProcess[str], *words: str | Path, code: int = 1) -> None:
    """Exit code, nothing on stdout, one line on stderr with all of `words` in it, and no trace of a stack."""
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("shanyraq: ") and done.stderr.count("\n") == 1, done.stderr
    missing = [str(word) for word in words if str(word) not in done.stderr]
    assert not missing, done.stderr
    for trace in ("Traceback", "[Errno", "shanyraq: unexpected", "[SQL:"):
        assert trace not in done.stderr


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bad = [line if isinstance(line, str) else post(900 + n, **line) for n, (line, _, _) in enumerate(BAD)]
    lines = [*bad, *(post(number) for number in range(60))]
    return write_archive(tmp_path_factory.mktemp("archive") / "posts.jsonl.gz", lines)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, archive: Path) -> Path:
    """A data folder after `shanyraq run --archive`; never written to, tests take a copy."""
    data = tmp_path_factory.mktemp("finished")
    done = shanyraq(data, "run", "--archive", archive)
    assert done.returncode == 0, done.stderr
    return data


@pytest.fixture
def data(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "data"))


def the(world: World, kind: str) -> Path:
    """One stage file of a world."""
    return sorted((world.folder / kind).rglob("*.jsonl"))[0]


def visible(folder: Path) -> list[Path]:
    """Stage files and published files; what a run may leave hidden (`.…part`) and Airflow's own is not among them."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.name.startswith(".")
        and "airflow" not in path.parts
        and "build" not in path.parts
    ]


def assert_all_whole(folder: Path) -> None:
    for path in visible(folder):
        if path.suffix == ".jsonl":
            lines = path.read_bytes().splitlines(keepends=True)
            assert all(line.endswith(b"\n") and json.loads(line) for line in lines), path
        elif path.suffix == ".json":
            json.loads(path.read_bytes())
        elif path.suffix == ".html":
            assert path.read_text("utf-8").rstrip().endswith("</html>"), path
        elif path.suffix == ".duckdb":
            assert checksum(path)


# -- lines ------------------------------------------------------------------------------------------------------------


def test_each_bad_line_has_a_reason_and_a_place_in_the_tally(finished: Path) -> None:
    world = World(finished, "posts")
    rejects = [json.loads(line) for line in world.rejects("archive").read_text("utf-8").splitlines()]
    assert [(reject["line"], reject["reason"]) for reject in rejects] == [
        (number, reason) for number, (_, _, reason) in enumerate(BAD, start=1)
    ]
    query = "select word, sum(items)::int from out_tally where stage = 'extract' group by word"
    tally = dict(run_query(world.warehouse, query).rows)
    assert tally == {"ok": 60} | Counter(word for _, word, _ in BAD)
    assert sum(number for word, number in tally.items() if word != "ok") == len(rejects)
    [(weeks,)] = run_query(world.warehouse, "select count(*) from out_week").rows
    assert weeks == 10, "a line of the year 2099 stretches nothing"


def test_filters_answer_a_bad_line_with_a_line(tmp_path: Path) -> None:
    done = shanyraq(tmp_path, "locate", stdin='{"id":"a","text":"В Шымкенте тихо"}\nno json\n{"id":"b"}\n')
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (1, "")
    assert [answer.get("error", "")[:19] for answer in answers] == ["", "the line is no JSON", "the field text is m"]


# -- archives that cannot be taken in ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.jsonl", None, ("there is no archive file", "missing.jsonl", "name a .jsonl or .jsonl.gz file")),
        ("empty.jsonl", b"", ("empty.jsonl", "holds no lines", "a line is")),
        ("blank.jsonl.gz", gzip.compress(b"\n\n"), ("blank.jsonl.gz", "holds no lines")),
        ("cut.jsonl.gz", gzip.compress(b"{" * 999)[:20], ("cut.jsonl.gz", "damaged after line 0", "fetch the file again")),
        (
            "undated.jsonl",
            json.dumps(post(1, date=None)).encode(),
            # the only one that Airflow must start for: the sentence of a task, and where its log lies
            ("undated.jsonl", "none of its 1 lines could be used (1 no_date)", "the reasons are in", "the whole log: "),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_an_archive_of_no_use(tmp_path: Path, name: str, content: bytes | None, words: tuple[str, ...]) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    refused(shanyraq(tmp_path / "data", "run", "--archive", path), *words)
    assert not (tmp_path / "data" / "current").exists()
    assert not list(tmp_path.glob("data/*/articles/*/*")), "nothing was taken in"


def test_a_folder_is_no_archive(tmp_path: Path) -> None:
    refused(shanyraq(tmp_path, "run", "--archive", tmp_path), "there is no archive file", tmp_path)


# -- words on the command line ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "--from", "yesterday"), ("'yesterday' is no day", "write it as 2026-05-25")),
        (("run", "--from", "2026-05-10", "--to", "2026-05-01"), ("2026-05-01 lies before the first", "exchange them")),
        (("run", "--world", "Bad Name"), ("'Bad Name' cannot be a world's name", "use lower-case letters")),
        (("run", "--world", "nowhere"), ("there is no world nowhere in", "the worlds are sample, live")),
        (("build", "--world", "nowhere"), ("there is no world nowhere in",)),
        (("crawl", "--source", "nobody"), ("no such source: nobody", "`shanyraq sources list`")),
        (("crawl", "--world", "live"), ("set SHANYRAQ_CONTACT to a mail or web address",)),
        (("report", "--world", "sample"), ("no warehouse at", "sample/warehouse.duckdb", "shanyraq build")),
        (("query", "--world", "sample", "select 1"), ("sample/warehouse.duckdb is not there yet", "`shanyraq build`")),
        (("publish", "--world", "sample"), ("nothing is built under", "`shanyraq build` first")),
        (("build", "--world", "sample"), ("no articles under", "crawl or import something first")),
    ],
    ids=" ".join,
)
def test_words_that_name_nothing(tmp_path: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    refused(shanyraq(tmp_path, *arguments), *words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("report", "--week", "2030-W01"), ("no week 2030-W01 in", "it holds 2024-W01 to 2024-W10", "ask for another")),
        (("report", "--week", "W22"), ("'W22' is no ISO week", "write it as 2026-W22")),
        (("report", "--language", "de"), ("no language 'de'", "ru, kk and en")),
        (("query", "select nothing from nowhere"), ("the query was not understood", "nowhere")),
        (("query", "drop table out_week"), ("only reading is possible here", "DROP")),
        (("query", "select 1", "--to", "x.xls"), ("--to x.xls", "choose table, csv, json")),
        (("crawl", "--world", "posts"), ("posts is an archive", "`shanyraq run --archive`")),
    ],
    ids=" ".join,
)
def test_questions_without_an_answer(finished: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    refused(shanyraq(finished, *arguments), *words)


def test_broken_source_files(tmp_path: Path) -> None:
    files = {
        "cut.toml": ("not readable as TOML", SOURCE.encode()[:-3]),
        "binary.toml": ("not UTF-8 text", b"\xff\xfe" * 40),
        "empty.toml": ("missing name, kind", b""),
        "key.toml": ("unknown key feed; known:", SOURCE.replace("feeds", "feed").encode()),
        "kind.toml": ("kind 'site'; known: web", SOURCE.replace('"web"', '"site"').encode()),
        "good.toml": ("", SOURCE.encode()),
    }
    for name, (_, content) in files.items():
        (tmp_path / name).write_bytes(content)
    done = shanyraq(tmp_path, "sources", "check", *(tmp_path / name for name in files), tmp_path / "none.toml")
    assert done.returncode == 1 and done.stdout == "1 source files are good, 6 are not\n"
    told = [f"shanyraq: {tmp_path / name}: {words}" for name, (words, _) in files.items() if words]
    told.append(f"shanyraq: there is no {tmp_path / 'none.toml'}")
    lines = done.stderr.splitlines()
    assert len(lines) == len(told) and all(map(str.startswith, lines, told)), done.stderr


# -- damage on the disk -----------------------------------------------------------------------------------------------


def test_a_damaged_warehouse_is_told_and_published_again(data: Path) -> None:
    path = World(data, "posts").warehouse
    before = checksum(path)
    whole = path.read_bytes()
    path.write_bytes(os.urandom(20_000))
    refused(shanyraq(data, "query", "select 1"), path, "cannot be read", "`shanyraq publish` puts a whole copy there")
    path.write_bytes(whole[:300_000])
    refused(shanyraq(data, "report"), path, "cannot be opened", "shanyraq publish puts a whole copy there")
    assert shanyraq(data, "publish").returncode == 0
    assert checksum(path) == before


def test_a_damaged_build_and_damaged_stage_files(data: Path) -> None:
    world = World(data, "posts")
    good = world.build.read_bytes()
    world.build.write_bytes(os.urandom(20_000))
    refused(shanyraq(data, "build"), world.build, "cannot be opened", "delete the file: the next build makes it again")
    world.build.write_bytes(good)
    for kind in ("articles", "readings"):
        path = the(world, kind)
        path.write_bytes(path.read_bytes()[:-40])
    articles, readings = the(world, "articles"), the(world, "readings")
    refused(shanyraq(data, "read", "--world", "posts"), articles, "line 20: damaged", "run again with --again")
    articles.write_bytes(articles.read_bytes()[: articles.read_bytes().rindex(b"\n") + 1])
    refused(shanyraq(data, "build"), readings, "Malformed JSON", "is unchanged", "with --again")
    (world.folder / "sources.json").write_text("[{")
    refused(shanyraq(data, "build"), world.folder / "sources.json", "damaged", "--again` writes it anew")


def test_an_unknown_label_is_refused_at_both_ends(data: Path, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    shutil.copytree(ROOT / "nlp", overlay / "nlp", ignore=shutil.ignore_patterns("__pycache__", "texts"))
    labels = overlay / "nlp" / "labels.toml"
    labels.write_text(labels.read_text("utf-8").replace("labels.mention]", "labels.mentioned]"), "utf-8")
    done = shanyraq(data, "build", overlay=overlay)
    refused(
        done, overlay / "nlp/models/reader/model.json", "labels of rel differ from labels.toml", "retrain the model"
    )
    path = the(World(data, "posts"), "readings")
    path.write_text(path.read_text("utf-8").replace('"rel":"none"', '"rel":"nothing"', 1), "utf-8")
    refused(shanyraq(data, "build"), "check codes_known refuses the build", "head=rel, code=nothing")


def test_a_damaged_model_is_refused_before_it_is_loaded(data: Path, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    shutil.copytree(ROOT / "nlp", overlay / "nlp", ignore=shutil.ignore_patterns("__pycache__", "texts"))
    model = overlay / "nlp" / "models" / "reader"
    graph = bytearray((model / "model.onnx").read_bytes())
    graph[len(graph) // 2] ^= 1
    (model / "model.onnx").write_bytes(graph)
    refused(shanyraq(data, "build", overlay=overlay), model / "model.onnx", "is not the one in model.json", "restore")
    refused(shanyraq(data, "read", overlay=overlay, stdin="{}"), model / "model.onnx", "restore the file")
    (model / "model.json").write_text("{")
    refused(shanyraq(data, "build", overlay=overlay), model, "model not readable", "restore the folder or retrain it")


# -- resources that are refused ---------------------------------------------------------------------------------------


def test_a_locked_warehouse(data: Path) -> None:
    world = World(data, "posts")
    hold = f"import duckdb, sys; c = duckdb.connect({str(world.build)!r}); print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        words = (world.build, "is being written by another process", "wait until it ends")
        refused(shanyraq(data, "build"), *words)
        refused(shanyraq(data, "publish"), *words)
    finally:
        holder.communicate()


def test_a_second_run_in_the_same_data_folder(data: Path, archive: Path) -> None:
    with (data / "airflow" / "run.lock").open("a+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        refused(shanyraq(data, "run", "--archive", archive), "another run is at work in", data, "wait for it")


@contextlib.contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    folder.mkdir()
    if os.getuid() != 0 or subprocess.run(["mount", *options, folder], capture_output=True, check=False).returncode:
        pytest.skip("NOT CHECKED: a small or read-only disk can be mounted by root only")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_from_the_first_byte(tmp_path: Path, archive: Path) -> None:
    """Too small for Airflow's own database: neither the log nor the data folder can hold what went wrong."""
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=300k", "tmpfs") as disk:
        refused(shanyraq(disk, "run", "--archive", archive), "the disk is full at", disk, "free some space")
        assert_all_whole(disk)


def test_a_disk_that_fills_up_on_the_way(data: Path, tmp_path: Path) -> None:
    """Everything but the warehouse fits; after the space is freed the same command ends well."""
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=64m", "tmpfs") as disk:
        world = World(Path(shutil.copytree(data, disk / "data")), "posts")
        shutil.rmtree(world.build.parent)
        before = checksum(world.warehouse)
        ballast = disk / "ballast"
        free = shutil.disk_usage(disk).free
        ballast.write_bytes(bytes(free - 300_000))
        done = shanyraq(world.root, "build")
        refused(done, world.folder, "No space left", "check disk space")
        report = shanyraq(world.root, "report")
        assert report.returncode == 0 or "disk is full" in report.stderr, report.stderr
        assert_all_whole(world.folder)
        ballast.unlink()
        assert shanyraq(world.root, "build").returncode == 0
        assert shanyraq(world.root, "publish").returncode == 0
        assert checksum(world.warehouse) == before


def test_a_file_that_may_not_grow(data: Path) -> None:
    """The second way to a refused write, without a mount: the kernel's limit on the size of a file."""
    world = World(data, "posts")
    before = {path: path.read_bytes() for path in visible(data)}
    refused(
        shanyraq(data, "read", "--world", "posts", "--again", file_limit=1_000),
        "the disk is full at",
        "free some space",
    )
    refused(shanyraq(data, "report", file_limit=1_000), "the disk is full at", "free some space")
    shutil.rmtree(world.build.parent)
    refused(shanyraq(data, "build", file_limit=200_000), world.folder, "File too large", "check disk space")
    assert {path: path.read_bytes() for path in visible(data)} == before


def test_a_disk_without_permission_to_write(data: Path, tmp_path: Path, archive: Path) -> None:
    with mounted(tmp_path / "disk", "--bind", str(data)) as disk:
        subprocess.run(["mount", "-o", "remount,ro,bind", disk], check=True)
        before = {path: path.read_bytes() for path in visible(disk)}
        way_out = "SHANYRAQ_DATA=/path"
        refused(shanyraq(disk, "build"), disk, "Read-only file system", way_out)
        refused(shanyraq(disk, "report"), "no permission for", disk, way_out)
        refused(shanyraq(disk, "read", "--world", "posts", "--again"), "no permission for", disk, way_out)
        refused(shanyraq(disk, "run", "--archive", archive), "no permission for", disk, way_out)
        assert shanyraq(disk, "query", "select 1").returncode == 0, "reading needs no permission to write"
        assert {path: path.read_bytes() for path in visible(disk)} == before


@pytest.mark.parametrize(
    ("moment", "arguments"),
    [(1.3, ("build",)), (1.0, ("read", "--world", "posts", "--again")), (1.2, ("report",))],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_ctrl_c_is_one_sentence(data: Path, moment: float, arguments: tuple[str, ...]) -> None:
    world = World(data, "posts")
    before = checksum(world.warehouse)
    world.build.unlink()
    command = [Path(sys.executable).with_name("shanyraq"), *arguments]
    process = subprocess.Popen(
        command, env=command_environment(data), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(moment)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    stopped = "shanyraq: stopped; nothing half-written is visible, run it again to go on from here\n"
    assert (process.returncode, said) in ((130, stopped), (0, "")), "stopped, or on a quick machine done before"
    assert_all_whole(data)
    assert checksum(world.warehouse) == before
