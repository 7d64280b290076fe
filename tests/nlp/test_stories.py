"""Copies are found exactly, in any order of input, and a story is its earliest text."""

from __future__ import annotations

import json
import random
from datetime import date
from itertools import combinations
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.article import Article
from crawlers.layout import Window, World
from nlp.stories import (
    CONTAINMENT,
    CONTAINMENT_WORDS,
    DAYS,
    JACCARD,
    StoryInput,
    cluster,
    instant_of,
    normalised_words,
    write_stories,
)

LEAD = (
    "В посёлке под Карагандой двое соседей поссорились из-за места на стоянке, один получил ушиб руки. "
    "Полиция начала проверку, обе семьи уже помирились и просят не раздувать историю."
)


def assigned(texts: list[StoryInput]) -> dict[str, tuple[str, str | None]]:
    return {a.id: (a.story, a.copy_of) for a in cluster(texts)}


def test_copies_edits_and_quotations_of_one_story() -> None:
    edited = LEAD.replace("ушиб руки", "лёгкий ушиб").replace("двое", "Двое")
    inside = "Главное за день. Цены на хлеб выросли, мост открыт. " + LEAD + " Завтра ожидается снег и ветер до 20 м/с."
    texts = [
        StoryInput("late", LEAD, "2026-05-02T10:00:00+05:00"),
        StoryInput("first", LEAD, "2026-05-01"),
        StoryInput("edited", edited, "2026-05-01T09:00:00+05:00"),
        StoryInput("inside", inside, "2026-05-03"),
        StoryInput(
            "other", "Совсем другой текст о погоде в Уральске на ближайшие выходные дни и о паводке", "2026-05-01"
        ),
        StoryInput("month later", LEAD, "2026-06-20"),
        StoryInput("empty", "", "2026-05-01"),
        StoryInput("empty too", " … ", "2026-05-01"),
    ]
    assert assigned(texts) == {
        "late": ("first", "first"),
        "first": ("first", None),
        "edited": ("first", "first"),
        "inside": ("first", "first"),
        "other": ("other", None),
        "month later": ("month later", None),
        "empty": ("empty", None),
        "empty too": ("empty too", None),
    }


def test_undated_texts_have_no_time_limit_and_come_after_dated_ones() -> None:
    assert assigned(
        [StoryInput("a", LEAD), StoryInput("b", LEAD, "2020-01-01"), StoryInput("c", LEAD, "2026-01-01")]
    ) == {
        "a": ("b", "b"),
        "b": ("b", None),
        "c": ("b", "b"),
    }


def test_a_short_phrase_inside_a_long_text_is_no_copy_but_equal_short_texts_are() -> None:
    assert assigned(
        [StoryInput("a", "Снег идёт"), StoryInput("b", "снег идет!"), StoryInput("c", "Снег идёт. " + LEAD)]
    ) == {
        "a": ("a", None),
        "b": ("a", "a"),
        "c": ("c", None),
    }


words = st.sampled_from(["а", "б", "в", "г", "д", "е", "ж", "з", "и", "к"])
short_texts = st.lists(words, min_size=0, max_size=45).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(short_texts, st.integers(0, 40) | st.none()), min_size=1, max_size=12), st.integers(0, 5))
def test_the_search_equals_comparing_every_pair(rows: list[tuple[str, int | None]], seed: int) -> None:
    # Texts that resemble each other: prefixes and edits of earlier ones.
    chance = random.Random(seed)
    texts = []
    for i, (own, day) in enumerate(rows):
        alike = i and chance.random() < 0.6
        text = chance.choice(texts).text + chance.choice(["", " л", " м н о п р с т"]) if alike else own
        stamp = None if day is None else f"2026-01-{day + 1:02d}" if day < 31 else f"2026-02-{day - 30:02d}"
        texts.append(StoryInput(str(i), text, stamp))
    parent = list(range(len(texts)))

    def root(i: int) -> int:
        return i if parent[i] == i else root(parent[i])

    for i, j in combinations(range(len(texts)), 2):
        if by_definition(texts[i], texts[j]):
            parent[root(j)] = root(i)
    same = {(i, j) for i, j in combinations(range(len(texts)), 2) if root(i) == root(j)}
    found = [a.story for a in cluster(texts)]
    assert {(i, j) for i, j in combinations(range(len(texts)), 2) if found[i] == found[j]} == same


def by_definition(a: StoryInput, b: StoryInput) -> bool:
    first, second = normalised_words(a.text), normalised_words(b.text)
    at, other = instant_of(a.published_at), instant_of(b.published_at)
    if not first or not second or (at is not None and other is not None and abs(at - other) > DAYS * 86_400):
        return False
    if first == second:
        return True
    one, two = shingles(first), shingles(second)
    common = len(one & two)
    shorter, length = min((len(one), len(first)), (len(two), len(second)))
    if common / len(one | two) >= JACCARD:
        return True
    if len(one) == len(two):
        length = min(len(first), len(second))
    return length >= CONTAINMENT_WORDS and common >= CONTAINMENT * shorter


def shingles(text: list[str]) -> set[tuple[str, ...]]:
    width = min(3, len(text))
    return {tuple(text[i : i + width]) for i in range(len(text) - width + 1)}


def test_write_stories_reads_every_window_once_and_leaves_comments_apart(tmp_path: Path) -> None:
    world = World(tmp_path, "sample")
    articles = [
        Article("a1", "one", "https://one.kz/1", "news", LEAD, published_at="2026-05-01T00:00:00+05:00"),
        Article("b1", "two", "https://two.kz/1", "news", LEAD, published_at="2026-05-02T00:00:00+05:00"),
        Article("c1", "two", "https://two.kz/1#comment-1", "comment", "Согласен", parent_id="b1"),
        Article("c2", "two", "https://two.kz/1#comment-2", "comment", "Согласен", parent_id="b1"),
    ]
    window = Window(date(2026, 5, 1), date(2026, 5, 7))
    for source in ("one", "two"):
        path = world.articles(source, window)
        path.parent.mkdir(parents=True)
        lines = [article.to_json() + "\n" for article in articles if article.source_id == source]
        path.write_text("".join(lines + lines), "utf-8")  # an overlapping window brings the same lines again
    assert write_stories(world) == {"articles": 4, "stories": 3, "copies": 1}
    rows = [json.loads(line) for line in world.stories.read_text("utf-8").splitlines()]
    assert rows == [
        {"article_id": "a1", "story_id": "a1", "copy_of": None},
        {"article_id": "b1", "story_id": "a1", "copy_of": "a1"},
        {"article_id": "c1", "story_id": "c1", "copy_of": None},
        {"article_id": "c2", "story_id": "c2", "copy_of": None},
    ]
