"""R1: one form for each address, and never one form for two pages."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawlers.urls import AddressError, canonical, host_of

ARTICLE = "https://site.kz/news/123"
KAZ = "https://xn--80aaa0a6awh12ed.xn--80ao21a/%D0%B6%D0%B0%D2%A3%D0%B0%D0%BB%D1%8B%D2%9B"
SAME = [
    (ARTICLE, [
        "http://site.kz/news/123", "https://site.kz:443/news/123", "http://site.kz:80/news/123", "HTTPS://SITE.KZ/news/123",
        "https://www.site.kz/news/123", "https://m.site.kz/news/123", "https://www.m.site.kz/news/123",
        "https://mobile.site.kz/news/123", "https://amp.site.kz/news/123", "https://site.kz./news/123",
        "https://site.kz/news/123/", "https://site.kz/news/123//", "https://site.kz/news/123#top", "https://site.kz/news/123?",
        "https://site.kz/news/123#comment-5", "https://site.kz/news/./123", "https://site.kz/x/../news/123",
        "https://site.kz/news/123?utm_source=tg&utm_medium=post", "https://site.kz/news/123?UTM_Source=tg",
        "https://site.kz/news/123?fbclid=Iw1", "https://site.kz/news/123?gclid=1&yclid=2&ysclid=3", "https://site.kz/news/123?_openstat=x",
        "https://site.kz/news/123?erid=2VtzqABC", "https://site.kz/news/123?PHPSESSID=abc", "https://site.kz/news/123;jsessionid=AB12",
        "https://site.kz/news/123?amp", "https://site.kz/news/123?amp=1", "https://site.kz/news/123?outputType=amp",
        "https://site.kz/news/123/amp", "https://site.kz/news/123/amp/", "https://site.kz/amp/news/123", "https://site.kz/news/123.amp",
        "https://site-kz.cdn.ampproject.org/c/s/site.kz/news/123", "https://www.google.com/amp/s/www.site.kz/news/123/amp/",
        "https://site.kz/n%65ws/123", "https://site.kz/%6Eews/123", "https://user:secret@site.kz/news/123",
        "  https://site.kz/news/123\n", "https://site.kz/news/123/index.html",
    ]),
    (KAZ, [
        "https://қазақстан.қаз/жаңалық", "http://www.Қазақстан.ҚАЗ/жаңалық/", "https://xn--80aaa0a6awh12ed.xn--80ao21a/жаңалық",
        "https://қазақстан.қаз/%d0%b6%d0%b0%d2%a3%d0%b0%d0%bb%d1%8b%d2%9b", "https://XN--80AAA0A6AWH12ED.xn--80ao21a/%D0%B6%D0%B0ңалық",
    ]),
    ("https://site.kz/?a=1&p=7", ["https://site.kz?p=7&a=1", "https://site.kz/?utm_campaign=x&p=7&&a=1", "https://site.kz/index.htm?p=7&a=1"]),
    ("https://site.kz/s?q=%D2%9B%D0%B0%D0%BB%D0%B0%20%D0%B6", ["https://site.kz/s?q=қала+ж", "https://site.kz/s?q=%d2%9bала%20ж"]),
]  # fmt: skip
APART = [
    ["https://site.kz/?p=1", "https://site.kz/?p=2", "https://site.kz/"],
    ["https://site.kz/a?id=1", "https://site.kz/a?id=1&page=2", "https://site.kz/a"],
    ["https://site.kz/News", "https://site.kz/news"],
    ["https://m.kz/", "https://kz.kz/"],
    ["https://site.kz/#!/news/1", "https://site.kz/#!/news/2"],
    ["https://site.kz/a%2Fb", "https://site.kz/a/b"],
    ["https://site.kz/a?x=1&x=2", "https://site.kz/a?x=2&x=1"],
    ["https://kaz.site.kz/1", "https://site.kz/1"],
    ["http://127.0.0.1:18231/a", "http://127.0.0.1:18232/a"],
    ["https://site.kz/amp", "https://site.kz/"],
    ["https://site.kz/a?sid=1", "https://site.kz/a?sid=2"],
    ["https://site.kz/a?c=%26b", "https://site.kz/a?c&b"],
]


@pytest.mark.parametrize(("form", "spelling"), [(form, spelling) for form, spellings in SAME for spelling in spellings])
def test_spellings_meet(form: str, spelling: str) -> None:
    assert canonical(spelling) == form


@pytest.mark.parametrize("pages", APART)
def test_different_pages_stay_apart(pages: list[str]) -> None:
    assert len({canonical(page) for page in pages}) == len(pages)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "site.kz/a",
        "ftp://site.kz/",
        "javascript:alert(1)",
        "https://",
        "https://:80/",
        "http://[::1",
        "https://a.kz:99999/",
    ],
)
def test_what_is_no_page_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text)


def test_host_alone() -> None:
    assert host_of("https://www.Қазақстан.ҚАЗ:8443/x") == "xn--80aaa0a6awh12ed.xn--80ao21a"


_host = st.one_of(
    st.sampled_from(
        [
            "site.kz",
            "www.site.kz",
            "m.kz",
            "қазақ.қаз",
            "1.2.3.4",
            "[::1]",
            "a_b.kz",
            "site-kz.cdn.ampproject.org",
            "www.google.kz",
        ]
    ),
    st.text(string.ascii_letters + "-._ғқ", min_size=1, max_size=20),
)
_rest = st.text(st.one_of(st.sampled_from(list("/?#&=%.;+:@!ampindexhtmlутм 2F")), st.characters()), max_size=60)


@given(st.sampled_from(["http", "https", "HTTP"]), _host, st.sampled_from(["", ":80", ":443", ":8080"]), _rest)
@example("https", "site.kz", "", "/amp/index.html/amp//?amp&amp=1")
@example("https", "site-kz.cdn.ampproject.org", "", "/c/s/www.google.com/amp/s/site.kz/amp/")
def test_canonical_is_a_fixed_point(scheme: str, host: str, port: str, rest: str) -> None:
    try:
        once = canonical(f"{scheme}://{host}{port}/{rest}")
    except AddressError:
        return
    assert canonical(once) == once
