"""Pages compared whole with what a person reads in them; and bad pages, each with one word (HARDENING N5, M1)."""

from __future__ import annotations

import base64
import os
import signal
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import pytest

from crawlers import extract
from crawlers.charset import text_of
from crawlers.comments import Comment
from crawlers.dates import ALMATY
from crawlers.extract import (
    Extraction,
    ExtractorPool,
    Page,
    extract_page,
    outcome_record,
    outcome_records,
    text_outcome,
)

PAGES = Path(__file__).parent / "pages"
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=ALMATY)
NAMES = ("Аққулаев", "Шишка", "Күлпәш", "Saqsaul", "Фиолетта", "Кактус")
LONG = "Ауыл тұрғындары көпірді бірге жөндеді, жұмысқа көрші ауылдың адамдары да келіп көмектесті. " * 3


def kazakh() -> Extraction:
    return Extraction(
        outcome="ok",
        title="Ауыл тұрғындары көпірді бірге жөндеді",
        text=(
            "Су шайып кеткен ескі көпірді екі ауылдың тұрғындары үш күнде қалпына келтірді. "
            "Жұмысқа қазақ, орыс және украин отбасылары бірге шықты.\n"
            "«Көрші көршіге керек, біз мұны атамыздан білеміз», – деді ақсақалдар кеңесінің мүшесі.\n"
            "Енді тұрғындар мыналарды жоспарлап отыр:\n"
            "- көпір жанына шам орнату;\n"
            "- жағалауды тал отырғызып бекіту."
        ),
        published_at="2026-04-07T09:15:00+05:00",
        date_basis="page",
        section="Қоғам",
        comments=(
            Comment(41, "Молодцы соседи!\nЗвоните, поможем: 8 701 000 11 22", datetime(2026, 4, 7, 11, tzinfo=ALMATY)),
            Comment(44, "рахмет сізге, балам", datetime(2026, 4, 8, 8, 30, tzinfo=ALMATY)),
            Comment(45, "+", None),
        ),
    )


def russian() -> Extraction:
    return Extraction(
        outcome="ok",
        title="В районе прошёл праздник соседства",
        text=(
            "На площади у Дома культуры накрыли общий стол на триста человек. Хозяйки из немецких, татарских и "
            "казахских семей привезли угощение, а школьники показали концерт на трёх языках.\n"
            "Организаторы обещают сделать праздник ежегодным и позвать соседние сёла, чтобы знакомых дворов стало больше."
        ),
        published_at="2026-05-31T18:05:00+05:00",
        date_basis="page",
        comments=(
            Comment(1, "Хороший был праздник, спасибо", datetime(2026, 6, 1, 9, 12, tzinfo=ALMATY)),
            Comment(2, "Приходите ещё,\nбудем рады", datetime(2026, 6, 1, 10, 0, tzinfo=ALMATY)),
        ),
    )


@pytest.mark.parametrize(("page", "expected"), [("kk_wordpress", kazakh()), ("ru_bitrix", russian())])
def test_page_as_a_person_reads_it(page: str, expected: Extraction) -> None:
    found = extract_page((PAGES / f"{page}.html").read_bytes(), f"https://site.kz/{page}", reference=NOW)
    assert found == expected
    assert not any(name in str(asdict(found)) for name in NAMES)


@pytest.mark.parametrize("charset", ["windows-1251", "koi8-r", "iso-8859-5", "ibm866", "utf-16"])
def test_a_page_that_lies_about_its_charset(charset: str) -> None:
    """The page's meta says utf-8, or something worse; the bytes say otherwise."""
    source = (PAGES / "ru_bitrix.html").read_text("utf-8")
    for declared in ("utf-8", "windows-1251", "no-such-charset", "iso-8859-1"):
        body = source.replace("charset=utf-8", f"charset={declared}").encode(charset)
        assert extract_page(body, "https://site.kz/", reference=NOW) == russian()


def test_kazakh_letters_of_kz1048() -> None:
    text = "Қазақстан халқы бірлігі күні көрші елдерде де өтті, үлкен думан ұйымдастырылды."
    assert text_of(text.encode("kz1048"), "text/html; charset=kz-1048") == text


def page(body: str, head: str = "") -> bytes:
    return f"<html><head><title>Көпір жөнделді</title>{head}</head><body>{body}</body></html>".encode()


BAD = {
    "empty": (b"", "not_html"),
    "no body": (b"<html><head><title>x</title></head></html>", "too_short"),
    "pdf": (b"%PDF-1.7 <a>", "not_html"),
    "json": (b'{"a": "b < c"}', "not_html"),
    "feed": (b'<?xml version="1.0"?><rss version="2.0"><channel><title>a</title></channel></rss>', "not_html"),
    "plain text": ("Жай мәтін, ешқандай белгісіз.".encode(), "not_html"),
    "binary": (bytes(range(256)) * 40, "not_html"),
    "emoji": (page("<p>" + "😀" * 10_000 + "</p>"), "not_text"),
    "figures": (page("<p>" + "12,5 31.05 | " * 300 + "</p>"), "not_text"),
    "two words": (page("<p>Екі сөз</p>"), "too_short"),
}


@pytest.mark.parametrize(("body", "word"), BAD.values(), ids=BAD.keys())
def test_bad_pages_end_in_one_word(body: bytes, word: str) -> None:
    found = extract_page(body, "https://site.kz/")
    assert (found.outcome, found.text, found.comments) == (word, None, ())


@pytest.mark.parametrize("depth", [300, 3_000])
def test_nesting_beyond_the_parser(depth: int) -> None:
    found = extract_page(page("<div>" * depth + f"<p>{LONG}</p>" + "</div>" * depth), "https://site.kz/")
    assert found.outcome == "ok" and found.text is not None and LONG.strip() in found.text


def test_ten_megabytes() -> None:
    begun = time.process_time()  # of this process: a busy machine is no slow extraction
    found = extract_page(page(f"<p>{LONG}</p>" * 20_000), "https://site.kz/")
    assert found.outcome == "ok" and time.process_time() - begun < 10


@pytest.mark.parametrize(
    ("head", "body", "fed", "expected"),
    [
        ("", "", "2026-05-30T08:00:00+00:00", ("2026-05-30T13:00:00+05:00", "feed")),
        ('<meta property="article:published_time" content="2026-05-30">', "", "2026-05-30T08:00:00Z", ("2026-05-30T13:00:00+05:00", "feed")),
        ('<meta name="pubdate" content="2026-05-30T10:00:00">', "", "2026-05-29T08:00:00Z", ("2026-05-30T10:00:00+05:00", "page")),
        ('<script type="application/ld+json">{broken</script>', '<time datetime="2026-05-30T10:00:00+05:00"></time>', None, ("2026-05-30T10:00:00+05:00", "page")),
        ("", '<a href="/x"><time datetime="2026-05-30T10:00:00+05:00">x</time></a>', None, (None, None)),
        ("", '<div class="updated-date">30 мамыр 2026</div>', None, (None, None)),
        ("", '<p class="date">30 мамыр, 2026 10:00</p>', None, ("2026-05-30T10:00:00+05:00", "page")),
        ("", "", None, (None, None)),
    ],
)  # fmt: skip
def test_the_best_evidence_of_a_date(
    head: str, body: str, fed: str | None, expected: tuple[str | None, str | None]
) -> None:
    found = extract_page(page(f"<p>{LONG}</p>{body}", head), "https://site.kz/a", feed_date=fed, reference=NOW)
    assert (found.published_at, found.date_basis) == expected


def test_short_texts_by_genre() -> None:
    assert [text_outcome("Гнать их", genre) for genre in ("comment", "post", "news")] == [
        "ok",
        "too_short",
        "too_short",
    ]


def test_the_filter_answers_in_the_promised_shape() -> None:
    body = base64.b64encode((PAGES / "kk_wordpress.html").read_bytes()).decode()
    record = outcome_record("a", "https://site.kz/", body)
    assert list(record) == ["id", "outcome", "title", "text", "published_at"]
    assert (record["id"], record["outcome"], record["published_at"]) == ("a", "ok", "2026-04-07T09:15:00+05:00")
    wrapped = base64.encodebytes((PAGES / "kk_wordpress.html").read_bytes()).decode()  # as the command `base64` writes
    assert outcome_record("a", "https://site.kz/", wrapped) == record
    bad = {"id": "b", "error": "html_base64 is not base64: Only base64 data is allowed"}
    assert outcome_record("b", "https://site.kz/", "***") == bad
    with ExtractorPool(workers=1) as pool:
        asked = [("b", "https://site.kz/", "***"), ("a", "https://site.kz/", body), ("b", "https://site.kz/", "***")]
        assert list(outcome_records(asked, pool)) == [bad, record, bad]


def hang_or_die(page: Page) -> Extraction:
    """Stands in for a parser that loops for ever, is killed, or eats all memory, by the page's address."""
    if page.url.endswith("/hang"):
        while True:
            pass
    if page.url.endswith("/die"):
        os.kill(os.getpid(), signal.SIGKILL)
    if page.url.endswith("/eat"):
        return Extraction("ok", text=str(len(bytearray(8 * 1024**3))))
    return extract._extract(page)


def test_the_pool_outlives_its_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    good = page(f"<p>{LONG}</p>")
    names = ["1", "hang", "2", "die", "3", "eat", "4", "die", "hang", "5"]
    monkeypatch.setattr(extract, "_extract", hang_or_die)
    with ExtractorPool(workers=2, timeout_s=1.0) as pool:
        found = [item.outcome for item in pool.extract(Page(good, f"https://site.kz/{name}") for name in names)]
    words = {"hang": "timeout", "die": "worker_died", "eat": "worker_died"}
    assert found == [words.get(name, "ok") for name in names]


def test_a_tag_with_a_hundred_thousand_attributes_costs_one_page() -> None:
    """N5: libxml2 checks each attribute against all before it: 16–30 s."""
    evil = page("<p " + " ".join(f"a{n}=1" for n in range(100_000)) + f">{LONG}</p>")
    begun = time.perf_counter()
    with ExtractorPool(workers=1, timeout_s=2.0) as pool:
        found = [
            item.outcome
            for item in pool.extract(
                [Page(evil, "https://site.kz/1"), Page(page(f"<p>{LONG}</p>"), "https://site.kz/2")]
            )
        ]
    assert found[0] in ("timeout", "ok", "too_short") and found[1] == "ok" and time.perf_counter() - begun < 10
