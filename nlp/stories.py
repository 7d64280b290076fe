"""Copies: which texts tell the same story in nearly the same words.

In: texts with dates. Out: for each the story it belongs to. Two texts are copies if their sets of 3-word shingles
have a Jaccard similarity of at least .7, or if at least .8 of the shorter one's shingles stand in the longer one
(shorter one of 20 words or more), and they lie within 14 days. Copies are joined transitively.

The search is exact, by prefix filtering (Chaudhuri, Ganti, Kaushik 2006; Bayardo, Ma, Srikant 2007): a text that
shares a share t of its n shingles with another one shares at least one of any n − ⌈t·n⌉ + 1 of them, so it is enough
to look up its rarest ones. MinHash only estimates the Jaccard number and cannot find a short text inside a long one.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from crawlers.article import Article
from crawlers.dates import given_moment
from crawlers.layout import World, whole_file

JACCARD: Final = 0.7
CONTAINMENT: Final = 0.8
CONTAINMENT_WORDS: Final = 20  # below it a phrase inside a long text is a quotation, not a copy
DAYS: Final = 14
_SHINGLE: Final = 3
_WORD: Final = re.compile(r"[^\W_]+")
_ADDRESS: Final = re.compile(r"https?://\S+|t\.me/\S+|www\.\S+")
_SECONDS: Final = DAYS * 86_400.0
# Odd 64-bit multipliers (splitmix64 constants): a shingle's key is the sum of its words' keys times these, mod 2⁶⁴.
_MIX: Final = np.array([0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB], dtype=np.uint64)

Keys = npt.NDArray[np.uint64]
Ranks = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StoryInput:
    """One text; `published_at` is an ISO date or date-time (without an offset: Almaty time) or None."""

    id: str
    text: str
    published_at: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class StoryAssignment:
    """`story` is the id of the cluster's earliest text, `copy_of` the same id or None for that text itself."""

    id: str
    story: str
    copy_of: str | None


def normalised_words(text: str) -> list[str]:
    """Lower-case letters and digits without addresses; ё is е, so that house styles do not differ."""
    plain = unicodedata.normalize("NFKC", _ADDRESS.sub(" ", text)).lower().replace("ё", "е")
    return _WORD.findall(plain)


def instant_of(published_at: str | None) -> float | None:
    """Seconds since 1970 of an ISO date or date-time, None for None; ValueError for anything else."""
    return given_moment(published_at).timestamp() if published_at else None


def cluster(texts: Sequence[StoryInput]) -> list[StoryAssignment]:
    """The story of each text, in the order given. A text without words is a story of its own.

    Ids need not be unique; the first of a cluster is its earliest by date, ties and undated ones by input order,
    dated before undated.
    """
    instants = [instant_of(item.published_at) for item in texts]
    words = [normalised_words(item.text) or normalised_words(item.title or "") for item in texts]
    union = _Union(len(texts))
    runs = list(_runs_of_equal_texts(words, instants, union))
    _join_near_copies(runs, union)
    order = sorted(range(len(texts)), key=lambda i: (instants[i] is None, instants[i] or 0.0, i))
    first: dict[int, int] = {}
    for i in order:
        first.setdefault(union.root(i), i)
    assignments = []
    for i, item in enumerate(texts):
        head = first[union.root(i)]
        assignments.append(StoryAssignment(item.id, texts[head].id, None if head == i else texts[head].id))
    return assignments


def write_stories(world: World) -> dict[str, int]:
    """Read every articles file of the world, write `world.stories`; counts of articles, stories and copies.

    An article crawled twice (overlapping windows) counts once. Comments are left out of the search, each a story of
    its own: two readers who write the same short sentence are two voices.
    """
    articles: dict[str, Article] = {}
    for path in sorted((world.folder / "articles").glob("*/*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                article = Article.from_json(line)
                articles.setdefault(article.article_id, article)
    searched = [a for a in articles.values() if a.genre != "comment"]
    own = [StoryAssignment(a.article_id, a.article_id, None) for a in articles.values() if a.genre == "comment"]
    found = cluster([StoryInput(a.article_id, a.text, a.published_at, a.title) for a in searched])
    with whole_file(world.stories) as handle:
        for item in sorted(found + own, key=lambda assignment: assignment.id):
            record = {"article_id": item.id, "story_id": item.story, "copy_of": item.copy_of}
            handle.write(json.dumps(record, ensure_ascii=False) + "\n")
    copies = sum(item.copy_of is not None for item in found)
    return {"articles": len(articles), "stories": len(articles) - copies, "copies": copies}


@dataclass(frozen=True, slots=True)
class _Run:
    """Equal texts with no gap over 14 days: one node of the search. Undated ones span all time."""

    member: int
    words: list[str]
    first: float
    last: float

    def near(self, other: _Run) -> bool:
        # Inside a run a member is never more than 7 days away, so the gap between the two spans decides.
        return max(self.first - other.last, other.first - self.last) <= _SECONDS


class _Union:
    """Disjoint sets of 0 … n-1 with path halving."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, i: int) -> int:
        parent = self._parent
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    def join(self, i: int, j: int) -> None:
        a, b = sorted((self.root(i), self.root(j)))
        self._parent[b] = a


def _runs_of_equal_texts(words: list[list[str]], instants: list[float | None], union: _Union) -> Iterator[_Run]:
    equal: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, text in enumerate(words):
        if text:
            equal[tuple(text)].append(i)
    for members in equal.values():
        text = words[members[0]]
        dated = sorted((instant, i) for i in members if (instant := instants[i]) is not None)
        if len(dated) < len(members):
            for i in members[1:]:
                union.join(members[0], i)
            yield _Run(members[0], text, -math.inf, math.inf)
            continue
        start = 0
        for k in range(1, len(dated) + 1):
            if k == len(dated) or dated[k][0] - dated[k - 1][0] > _SECONDS:
                for _, i in dated[start + 1 : k]:
                    union.join(dated[start][1], i)
                yield _Run(dated[start][1], text, dated[start][0], dated[k - 1][0])
                start = k


def _shingles(words: list[str], vocabulary: dict[str, int]) -> Keys:
    """Distinct keys of the 3-word shingles; a text of one or two words is one shingle."""
    ids = np.array([vocabulary.setdefault(word, len(vocabulary) + 1) for word in words], dtype=np.uint64)
    width = min(_SHINGLE, len(ids))
    keys = np.zeros(len(ids) - width + 1, dtype=np.uint64)
    for k in range(width):
        keys += ids[k : len(ids) - width + 1 + k] * _MIX[k]
    return np.unique(keys)


def _join_near_copies(runs: list[_Run], union: _Union) -> None:
    if not runs:
        return
    vocabulary: dict[str, int] = {}
    keys = [_shingles(run.words, vocabulary) for run in runs]
    sizes = np.array([len(k) for k in keys])
    owner = np.repeat(np.arange(len(runs)), sizes)
    # Rank every shingle by rarity; rank order makes "the rarest n" a slice.
    _, inverse, counts = np.unique(np.concatenate(keys), return_inverse=True, return_counts=True)
    by_rarity = np.argsort(counts, kind="stable")
    rank_of = np.empty(len(counts), dtype=np.int64)
    rank_of[by_rarity] = np.arange(len(counts))
    ranks = rank_of[inverse]
    sets: list[Ranks] = [np.sort(part) for part in np.split(ranks, np.cumsum(sizes)[:-1])]
    holders = owner[np.argsort(ranks, kind="stable")]
    starts = np.concatenate(([0], np.cumsum(counts[by_rarity])))
    for i, mine in enumerate(sets):
        n = len(mine)
        prefix = mine[: n - math.ceil(JACCARD * n) + 1]
        shared = [holders[starts[rank] : starts[rank + 1]] for rank in prefix if starts[rank + 1] - starts[rank] > 1]
        if not shared:
            continue
        for j in np.unique(np.concatenate(shared)).tolist():
            # Each pair is seen from its shorter side, where the prefix argument holds.
            if j == i or (sizes[j], j) < (n, i) or not runs[i].near(runs[j]):
                continue
            if union.root(runs[i].member) != union.root(runs[j].member) and _is_copy(mine, sets[j], len(runs[i].words)):
                union.join(runs[i].member, runs[j].member)


def _is_copy(shorter: Ranks, longer: Ranks, words_of_shorter: int) -> bool:
    common = np.intersect1d(shorter, longer, assume_unique=True).size
    if common >= JACCARD * (len(shorter) + len(longer) - common):
        return True
    return words_of_shorter >= CONTAINMENT_WORDS and common >= CONTAINMENT * len(shorter)
