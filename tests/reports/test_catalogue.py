"""The three catalogues say the same things, in forms the languages ask for."""

from __future__ import annotations

import re
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from reports.catalogue import catalogue, plural_form
from reports.issue import LANGUAGES, ReportError


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_catalogues_have_the_same_keys_and_placeholders() -> None:
    russian = catalogue("ru").messages
    for language in LANGUAGES:
        other = catalogue(language).messages
        plain = {key for key in other if not key.startswith("plural.")}
        assert plain == {key for key in russian if not key.startswith("plural.")}
        for key in plain:
            assert other[key].strip()
            allowed = placeholders(russian[key]) if not key.startswith("format.") else placeholders(other[key])
            assert placeholders(other[key]) == allowed, (language, key)
        nouns = {key.split(".")[1] for key in other if key.startswith("plural.")}
        assert nouns == {key.split(".")[1] for key in russian if key.startswith("plural.")}
        for noun in nouns:
            assert {plural_form(language, number) for number in range(200)} == {
                key.split(".")[2] for key in other if key.startswith(f"plural.{noun}.")
            }


def test_every_message_named_in_templates_and_code_exists() -> None:
    folder = Path(str(files("reports")))
    texts = [
        path.read_text(encoding="utf-8")
        for pattern in ("*.py", "mail/*.jinja", "site/*.py", "site/pages/*.jinja")
        for path in folder.glob(pattern)
    ]
    named = {
        key for text in texts for key in re.findall(r"words\.text\(\s*[\"']([a-z_]+\.[a-z0-9_]+)[\"']\s*[,)]", text)
    }
    assert len(named) > 80
    assert named - set(catalogue("ru").messages) == set()


@pytest.mark.parametrize(
    ("number", "form"),
    [(1, "сюжет"), (2, "сюжета"), (5, "сюжетов"), (11, "сюжетов"), (21, "сюжет"), (112, "сюжетов"), (1001, "сюжет")],
)
def test_russian_nouns_agree(number: int, form: str) -> None:
    assert catalogue("ru").noun("stories", number) == form


def test_numbers_and_days_follow_the_language() -> None:
    first, last = date(2026, 3, 30), date(2026, 4, 5)
    assert catalogue("ru").number(1234567.25, 1) == "1\u202f234\u202f567,2"
    assert catalogue("en").number(1234567.25, 1) == "1,234,567.2"
    assert catalogue("ru").days(first, last, year=True) == "30\u00a0марта\u00a0– 5\u00a0апреля 2026\u00a0года"
    assert catalogue("kk").days(first, last, year=True) == "2026\u00a0жылғы 30\u00a0наурыз\u00a0– 5\u00a0сәуір"
    assert catalogue("en").days(date(2026, 5, 25), date(2026, 5, 31)) == "25–31\u00a0May"
    assert catalogue("ru").days(date(2025, 12, 29), date(2026, 1, 4), year=True).count("года") == 2
    assert [catalogue("ru").figure(value) for value in (1.234, 12.6, 4.0, None)] == ["1,2", "13", "4", "–"]


def test_kazakh_words_stand_in_the_order_of_the_kazakh_alphabet() -> None:
    words = ["өзбектер", "орыстар", "қазақтар", "кәрістер", "әзербайжандар", "ағылшындар"]
    assert sorted(words, key=catalogue("kk").alphabetical) == [
        "ағылшындар",
        "әзербайжандар",
        "кәрістер",
        "қазақтар",
        "орыстар",
        "өзбектер",
    ]


def test_missing_message_is_named() -> None:
    with pytest.raises(ReportError, match=r"ru\.toml has no message 'held\.unheard'"):
        catalogue("ru").text("held.unheard")


def test_no_message_is_left_over() -> None:
    """A key is used by its whole name, or by a section whose names are data (`month`, `group`, a status …)."""
    folder = Path(str(files("reports")))
    patterns = ("*.py", "mail/*.jinja", "site/*.py", "site/pages/*.jinja")
    source = "".join(path.read_text(encoding="utf-8") for pattern in patterns for path in folder.glob(pattern))
    by_data = ("plural", "group", *re.findall(r"[\"']([a-z_]+)\.(?:nav_|layer_|level_|l)?(?:\{|[\"'] ~)", source))
    left = {key for key in catalogue("ru").messages if key not in source and key.split(".")[0] not in by_data}
    assert left == set()
