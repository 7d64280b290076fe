"""A dump of posts and articles: every line in one outcome, whatever its defect."""

from __future__ import annotations

import gzip
import json
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from crawlers.archive import UNATTRIBUTED, ArchiveError, import_archive, read_source_list, slug
from crawlers.article import Article, article_id_of
from crawlers.layout import Window, World
from crawlers.privacy import find_identifiers

SHARED = Path(__file__).parents[3] / "shared" / "stream" / "telegram_ru_2024.jsonl.gz"
TEXT = "В районе прошёл праздник соседства, приехали из трёх сёл и накрыли общий стол"


def post(**fields: Any) -> dict[str, Any]:
    return {"channel": "Дала хабары", "message_id": 1, "date": "2024-02-29T20:00:00+00:00", "text": TEXT, **fields}


def article(**fields: Any) -> dict[str, Any]:
    return {
        "url": "https://www.site.kz/a?utm_source=x",
        "date": "2024-03-05",
        "title": "Праздник",
        "text": TEXT,
        **fields,
    }


# (line, outcome, reason of rejection); None as a line is a blank one, which is no line at all
LINES: list[tuple[Any, str | None, str | None]] = [
    (post(), "ok", None),
    (post(message_id=2, text="Звоните 8 701 000 11 22, пишите @mysal"), "ok", None),
    (post(message_id="3", views=10, forward={"from": "x"}), "ok", None),  # P4: unknown columns
    (post(message_id=1), "duplicate_url", None),
    (post(message_id=4, date=None), "no_date", "date is missing"),
    (post(message_id=5, date="недавно"), "no_date", "date is not understood"),
    (post(message_id=6, text=""), "too_short", None),
    (post(message_id=7, text="Два слова"), "too_short", None),
    (post(message_id=8, text="🔥" * 50), "not_text", None),
    (post(channel="Дала+хабары", message_id=1), "ok", None),
    (post(channel="", message_id=9), "rejected", "channel is empty or no string"),
    (post(channel=7, message_id=9), "rejected", "channel is empty or no string"),
    (post(message_id=None), "rejected", "message_id is missing or no whole number"),
    (post(message_id=True), "rejected", "message_id is missing or no whole number"),
    (post(message_id=-5), "rejected", "message_id is missing or no whole number"),
    (post(message_id=10, text=None), "rejected", "text is missing or no string"),
    (post(message_id=11, date=1709236800), "rejected", "date and title must be strings"),
    (post(message_id=12, text=f"{TEXT}\x00 \ud83d"), "ok", None),
    (article(), "ok", None),
    (article(url="http://m.site.kz/a/"), "duplicate_url", None),
    (article(url="https://site.kz/b", title=None, date="2024-03-05T10:00:00+05:00"), "ok", None),
    (article(url="https://xn--80aaa0a6awh12ed.xn--80ao21a/ж"), "ok", None),
    (article(url="ftp://site.kz/a"), "rejected", "url is no http(s) address"),
    (article(url=None), "rejected", "url is no http(s) address"),
    ({"text": TEXT}, "rejected", "neither channel nor url"),
    ([1, 2], "rejected", "not a JSON object"),
    (b'{"channel": "x", "text": "tel 8 701 000 11 22', "rejected", "not JSON"),
    (b'{"channel": "\xff"}', "rejected", "not UTF-8"),
    (b"[" * 100_000, "rejected", "not JSON"),
    (b"   ", None, None),
    (b'{"channel": "x", "message_id": 1, "text": "' + b"a" * 4_100_000 + b'"}', "rejected", "longer than 4,000,000 bytes"),
]  # fmt: skip


def write(path: Path, lines: list[Any]) -> Path:
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    body = b"\xef\xbb\xbf" + b"\n".join(raw)  # a byte order mark, and no line end at the end
    path.write_bytes(gzip.compress(body) if path.suffix == ".gz" else body)
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write(tmp_path / "dump.jsonl.gz", [line for line, _, _ in LINES])


def files(world: World) -> dict[str, bytes]:
    return {
        str(path.relative_to(world.folder)): path.read_bytes()
        for path in sorted(world.folder.rglob("*"))
        if path.is_file()
    }


def test_every_line_ends_in_one_outcome(archive: Path, tmp_path: Path) -> None:
    world = World(tmp_path, "dump")
    counts = import_archive(archive, world, site="Uzbekistan")
    expected = Counter(word for _, word, _ in LINES if word)
    assert counts.words == dict(sorted(expected.items())) and counts.lines == expected.total()
    assert counts.window == Window.parse("2024-03-01_2024-03-05")  # 20:00 UTC on 29 February is the next day in Almaty
    outcomes = [
        json.loads(line)
        for path in (world.folder / "outcomes").rglob("*.jsonl")
        for line in path.read_text("utf-8").splitlines()
    ]
    assert Counter(outcome["word"] for outcome in outcomes) == expected
    assert {outcome["source_id"] for outcome in outcomes if outcome["word"] == "rejected"} == {UNATTRIBUTED}
    rejects = [json.loads(line) for line in world.rejects("archive").read_text("utf-8").splitlines()]
    assert [(r["line"], r["reason"]) for r in rejects] == [
        (n, reason) for n, (_, _, reason) in enumerate(LINES, 1) if reason
    ]
    assert all(len(r["text"]) <= 200 and not find_identifiers(r["text"]) for r in rejects)


def test_articles_and_sources(archive: Path, tmp_path: Path) -> None:
    world = World(tmp_path, "dump")
    counts = import_archive(archive, world, site="Uzbekistan")
    sources = read_source_list(world.folder / "sources.json")
    ids = [source.source_id for source in sources]
    assert ids == ["dala-khabary", "dala-khabary-5009f4", "site-kz", "xn-80aaa0a6awh12ed-xn-80ao21a"]
    assert all(
        (s.kind, s.site, s.owner_group, s.languages) == ("archive", "Uzbekistan", s.source_id, ("und",))
        for s in sources
    )
    articles = [
        Article.from_json(line)
        for line in world.articles("dala-khabary", counts.window).read_text("utf-8").splitlines()
    ]
    assert [a.text for a in articles] == [TEXT, "Звоните [phone], пишите [handle]", TEXT, f"{TEXT} ?"]
    assert articles[0] == Article(
        article_id=article_id_of("https://t.me/dala-khabary/1"), source_id="dala-khabary", url="https://t.me/dala-khabary/1", genre="post",
        text=TEXT, published_at="2024-03-01T01:00:00+05:00", date_basis="archive", site="Uzbekistan",
    )  # fmt: skip
    news = [
        Article.from_json(line) for line in world.articles("site-kz", counts.window).read_text("utf-8").splitlines()
    ]
    assert [(a.url, a.genre, a.title, a.published_at) for a in news] == [
        ("https://site.kz/a", "news", "Праздник", "2024-03-05T00:00:00+05:00"),
        ("https://site.kz/b", "news", None, "2024-03-05T10:00:00+05:00"),
    ]


def test_again_by_force_and_after_a_kill(archive: Path, tmp_path: Path) -> None:
    world = World(tmp_path, "dump")
    first = import_archive(archive, world)
    before = files(world)
    again = import_archive(archive, world)
    assert again.imported_before and (again.words, again.window) == (first.words, first.window)
    (world.folder / "imported.json").unlink()  # killed before the receipt
    world.articles("site-kz", first.window).unlink()
    import_archive(archive, world)
    assert files(world) == before
    import_archive(archive, world, force=True)
    assert files(world) == before


def test_interrupted_in_the_middle_leaves_nothing(archive: Path, tmp_path: Path) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    world = World(tmp_path, "dump")
    with pytest.raises(KeyboardInterrupt):
        import_archive(archive, world, progress=interrupt)
    assert files(world) == {} and list(world.folder.iterdir()) == []


def test_what_cannot_be_taken_in_is_said_in_one_sentence(archive: Path, tmp_path: Path) -> None:
    world = World(tmp_path, "dump")
    with pytest.raises(ArchiveError, match="no such file; give a"):
        import_archive(tmp_path / "none.jsonl", world)
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(archive.read_bytes()[:-100])
    with pytest.raises(ArchiveError, match="damaged after line"):
        import_archive(cut, world)
    with pytest.raises(ArchiveError, match="none of its 2 lines could be used"):
        import_archive(write(tmp_path / "bad.jsonl", [b"x", b"{}"]), world)
    import_archive(archive, world)
    with pytest.raises(ArchiveError, match="already holds another archive"):
        import_archive(write(tmp_path / "other.jsonl", [post()]), world, force=True)


def test_progress_counts_the_bytes_of_the_file(archive: Path, tmp_path: Path) -> None:
    told: list[int] = []
    import_archive(archive, World(tmp_path, "dump"), progress=told.append)
    assert 0 < sum(told) <= archive.stat().st_size


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Топор+", "topor"), ("BBC News | Русская служба", "bbc-news-russkaya-sluzhba"), ("Қазақстан Жаңалықтары", "qazaqstan-zhanalyqtary"),
        ("112", "112"), ("ÖZGERİS", "ozgeris"), ("www.site.kz", "www-site-kz"), ("ａｂｃ", "abc"),
    ],
)  # fmt: skip
def test_ids_are_readable(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_a_name_without_letters_gets_a_stable_id() -> None:
    assert slug("🔥🔥") == slug("🔥🔥") != slug("🔥") and slug("🔥").startswith("source-")


@pytest.mark.shared
def test_the_real_stream(tmp_path: Path) -> None:
    """22,099 posts of 24 channels: each in one outcome; says how long it took and how much memory."""
    if not SHARED.is_file():
        pytest.skip(f"needs {SHARED}")
    begun = time.perf_counter()
    world = World(tmp_path, "stream")
    counts = import_archive(SHARED, world)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{counts.tally()}; {time.perf_counter() - begun:.1f} s, peak {peak:.0f} MB of this process", file=sys.stderr)
    assert (counts.lines, counts.sources, counts.words["ok"]) == (22_099, 24, 22_066)
    texts = [
        Article.from_json(line).text
        for path in (world.folder / "articles").rglob("*.jsonl")
        for line in path.read_text("utf-8").splitlines()
    ]
    assert len(texts) == counts.words["ok"] and not any(find_identifiers(text) for text in texts)
