"""The pipeline keeps the codebook's rules, its promised shape, and never lets one text stop the rest."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.article import Article
from crawlers.layout import Window, World
from nlp.features import Case
from nlp.read import Failure, Prepared, Reader, read_window, reading_of, where_of
from nlp.reading import Place, Text
from nlp.verdict import GroupPrediction, Prediction

FRIENDLY = "В Уральске казахи и немцы вместе восстановили мост после паводка, накрыли общий стол и помогли соседям."
HARMLESS = "Завтра в городе ожидается снег, дороги посыпали солью, школьникам разрешили опоздать."
HOSTILE = "Понаехали эти узбеки, пусть убираются к себе, гнать их надо из города"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load()


def predicted(rel: str, groups: int = 1) -> Prediction:
    judged = GroupPrediction(-1, 3, {"st": {"-1": 1.0}, "sev": {"3": 1.0}})
    return Prediction(
        rel, "opinion", "current", "framed", ("threat",), ("jobs",), (judged,) * groups, {"rel": {rel: 1.0}}
    )


def prepared(*groups: str) -> Prepared:
    spans = {group: [(0, 5)] for group in groups}
    return Prepared(Text("1", "текст"), "ru", spans, (), Case("[G1]", groups))


@pytest.mark.parametrize(
    ("rel", "groups", "expected"),
    [
        ("domestic", ("uzbek",), ("domestic", ("threat",), "framed", ("jobs",), ["uzbek"])),
        ("mention", ("uzbek",), ("mention", (), "none", ("jobs",), ["uzbek"])),
        ("none", ("uzbek",), ("mention", (), "none", ("jobs",), ["uzbek"])),  # a people is named: at least a mention
        ("none", (), ("none", (), "none", (), [])),
        ("domestic", (), ("domestic", ("threat",), "framed", ("jobs",), ["unspecified"])),  # "let them go home"
        ("mention", (), ("mention", (), "none", ("jobs",), [])),
    ],
)
def test_codebook_rules(rel: str, groups: tuple[str, ...], expected: tuple[object, ...]) -> None:
    reading = reading_of(prepared(*groups), predicted(rel), "m")
    assert (reading.rel, reading.acts, reading.frame, reading.themes, [g.g for g in reading.groups]) == expected


def test_the_gate_answers_as_promised_and_still_tells_places(reader: Reader) -> None:
    record = next(iter(reader.read([Text("n", HARMLESS + " Так решили в Семее.")]))).to_record()
    places = record.pop("places")
    assert [place["region"] for place in places] == ["KZ-10"]
    assert record == {
        "id": "n", "language": "ru", "rel": "none", "voice": "report", "time": "current", "acts": [], "frame": "none",
        "themes": [], "groups": [], "p": {}, "model": reader.classifier.name,
    }  # fmt: skip


def test_plain_cases_are_read_right_and_spans_point_into_the_text(reader: Reader) -> None:
    friendly, hostile = reader.read([Text("f", FRIENDLY, genre="news"), Text("h", HOSTILE, genre="comment")])
    assert friendly.rel == "domestic"
    assert "cooperation" in friendly.acts
    assert [FRIENDLY[a:b] for group in friendly.groups for a, b in group.spans] == ["казахи", "немцы"]
    assert [group.sev for group in friendly.groups] == [0, 0]
    assert hostile.rel == "domestic"
    assert [(group.g, group.st) for group in hostile.groups] == [("uzbek", -1)]
    assert hostile.groups[0].sev >= 2


def test_a_group_of_the_headline_is_judged_without_spans(reader: Reader) -> None:
    text = Text(
        "c", "Пусть убираются к себе, нечего им тут делать", genre="comment", context="Узбеки открыли рынок в Таразе"
    )
    reading = next(iter(reader.read([text])))
    assert [(group.g, group.spans) for group in reading.groups] == [("uzbek", ())]


def test_abroad_is_decided_by_place_manner_and_site(reader: Reader) -> None:
    abroad = "Баткен облысында шекарада қырғыз және тәжік тұрғындары су үшін төбелесті, бірнеше адам жараланды, деп хабарлады милиция."
    texts = [
        Text("a", abroad, genre="news"),
        Text("k", HOSTILE, genre="comment"),
        Text("r", HOSTILE, genre="comment", site="Russia"),
    ]
    assert [reading.rel for reading in reader.read(texts)] == ["abroad", "domestic", "abroad"]


def test_a_related_text_never_falls_to_mention_by_the_split_between_home_and_abroad(reader: Reader) -> None:
    text = "в Москве таджиков опять гоняют"
    comments = [Text("c", text, genre="comment"), Text("r", text, genre="comment", site="Russia")]
    readings = list(reader.read(comments))
    assert readings[1].rel == "abroad"
    for reading in readings:
        assert reading.rel in ("domestic", "abroad")
        assert reading.p["rel"]["domestic"] + reading.p["rel"]["abroad"] > reading.p["rel"]["mention"]


def test_where_of_places() -> None:
    home, away = Place("KZ-31", "Тараз", "event", 1, (0, 5)), Place(None, "Баткен", "abroad", None, (6, 12))
    assert [where_of(p) for p in ([], [home], [away], [home, away])] == ["none", "kazakhstan", "abroad", "both"]


def test_one_bad_text_becomes_a_failure_and_the_rest_is_read(reader: Reader) -> None:
    texts = [Text("a", HOSTILE), Text("b", None), Text("c", FRIENDLY)]  # type: ignore[arg-type]
    results = list(reader.read_each(texts))
    assert [type(result) is Failure for result in results] == [False, True, False]
    assert [result.id for result in results] == ["a", "b", "c"]
    with pytest.raises(ValueError, match="text 'b'"):
        list(reader.read(texts))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.text(max_size=40) | st.none())
def test_any_text_is_read_alike_twice_with_known_codes(reader: Reader, text: str, title: str | None) -> None:
    case = Text("x", f"узбеки {text} казахи", title)
    first, second = reader.read([case, case])
    assert first == second
    for group in first.groups:
        assert all(0 <= a < b <= len(case.text) for a, b in group.spans)
    json.dumps(first.to_record())


def test_awkward_texts_are_read(reader: Reader) -> None:
    awkward = [
        "",
        " ",
        "😀" * 2_000,
        "узбек " * 20_000,
        "у" * 100_000,
        "␞ узбеки ␞",
        "узбеки\u202e\u200b" * 50,
        "ҚАЗАҚТАР!!!",
    ]
    readings = list(reader.read(Text(str(i), text) for i, text in enumerate(awkward)))
    assert [reading.id for reading in readings] == [str(i) for i in range(len(awkward))]


def test_read_window_writes_readings_and_one_outcome_for_each_article(tmp_path: Path, reader: Reader) -> None:
    world, window = World(tmp_path, "sample"), Window(date(2026, 5, 1), date(2026, 5, 7))
    path = world.articles("s", window)
    path.parent.mkdir(parents=True)
    articles = [
        Article("a1", "s", "https://s.kz/1", "news", FRIENDLY),
        Article("a2", "s", "https://s.kz/2", "news", HARMLESS),
    ]
    bad = Article("a3", "s", "https://s.kz/3", "news", None)  # type: ignore[arg-type]
    path.write_text("".join(article.to_json() + "\n" for article in [*articles, bad]), "utf-8")
    for _ in range(2):  # a rerun gives the same bytes
        assert read_window("s", world, window, reader) == {"read": 1, "gated": 1, "failed": 1}
        outcomes = [json.loads(line) for line in world.outcomes("read", "s", window).read_text("utf-8").splitlines()]
        assert [(o["item"], o["word"]) for o in outcomes] == [("a1", "read"), ("a2", "gated"), ("a3", "failed")]
        readings = [json.loads(line) for line in world.readings("s", window).read_text("utf-8").splitlines()]
        assert [reading.pop("headline_region") for reading in readings] == [None, None]
        assert readings == [reading.to_record() for reading in reader.read(
            Text(a.article_id, a.text, genre="news") for a in articles
        )]  # fmt: skip


@pytest.mark.parametrize("noise", ["😀" * 10_000, "\n" * 5_000, "\u200b" * 5_000], ids=["emoji", "lines", "zero-width"])
def test_a_row_of_pictures_or_empty_lines_hides_no_words(reader: Reader, noise: str) -> None:
    plain, noisy = reader.read([Text("1", HOSTILE), Text("2", noise + HOSTILE)])
    assert (noisy.rel, noisy.acts, noisy.language) == (plain.rel, plain.acts, plain.language)
    assert [(group.g, group.st, group.sev) for group in noisy.groups] == [(g.g, g.st, g.sev) for g in plain.groups]
