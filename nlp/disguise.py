"""The words of a folded text, disguised ones undone: "к а з а х и", "х*хлы", "казаааахи" become the names they hide."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nlp.lexicon import sense_of

_WORD = re.compile(r"[^\W\d_]+")
_SIGNED = re.compile(r"[^\W\d_][0-9@*#$]+[^\W\d_]|(?<![\w@])[034@][^\W\d_]{2}")
_SIGNED_WORD = re.compile(r"(?<![\w@*#$])[034@]?[^\W\d_]+(?:[0-9@*#$]{1,2}[^\W\d_]+)*[@0]?(?!\w)")
_SPACED = re.compile(r"(?<!\w)[^\W\d_](?:[ .\-_*·,]{1,2}[^\W\d_](?!\w)){3,}")
_HYPHENED = re.compile(r"[^\W\d_]+(?:-\s?[^\W\d_]+)+")
_APOSTROPHE = re.compile(r"[a-zñşğıöüç]['’ʻʼ`‘][a-zñşğıöüç]{2}")
_APOSTROPHED = re.compile(r"[^\W\d_]+(?:['’ʻʼ`‘][^\W\d_]{2,})+")
_HYPHEN = re.compile(r"[^\W\d_]-\s?[^\W\d_]")
_RUN = re.compile(r"(.)\1{2,}")
# What a sign may stand for; "*" hides any vowel, "#" is noise or a vowel.
_CYRILLIC_SIGNS = {
    "0": "о",
    "1": "иил",
    "3": "зе",
    "4": "ча",
    "5": "с",
    "6": "б",
    "8": "в",
    "9": "я",
    "@": "а",
    "$": "с",
}
_LATIN_SIGNS = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "@": "a", "$": "s"}
_LONGEST_SPACED = 120  # longer runs are tables and garbage
_MOST_SIGNS = 4  # 7 readings of a sign: 2,401 look-ups at the most, and such words are rare


@dataclass(frozen=True, slots=True)
class Word:
    start: int  # in the folded text
    end: int
    text: str


def words_of(text: str) -> list[Word]:
    """The words of a folded text in order, with disguised names read as what they hide; spans are the text's."""
    words = [Word(match.start(), match.end(), match[0]) for match in _WORD.finditer(text)]
    undone: list[Word] = []
    if _SIGNED.search(text):
        undone += _signed_words(text)
    if _SPACED.search(text):
        undone += _spaced_words(text)
    if "-" in text and _HYPHEN.search(text):
        undone += _hyphened_words(text)
    if _APOSTROPHE.search(text):
        undone += _apostrophed_words(text)
    if _RUN.search(text):
        undone += _drawn_words(words)
    if undone:
        covered = bytearray(len(text))
        apart: list[Word] = []
        for word in sorted(undone, key=lambda word: (word.start, -word.end)):
            if not apart or word.start >= apart[-1].end:
                apart.append(word)
                covered[word.start : word.end] = b"\1" * (word.end - word.start)
        words = [word for word in words if not covered[word.start] and not covered[word.end - 1]]
        words = sorted([*words, *apart], key=lambda word: word.start)
    return words


def _signed_words(text: str) -> Iterator[Word]:
    """Words with digits or signs for letters: "к4захи", "х*хлы", "0рыст@р"."""
    for match in _SIGNED_WORD.finditer(text):
        disguised = match[0]
        signs = [character for character in disguised if character in "0123456789@*#$"]
        if not signs or len(signs) > _MOST_SIGNS or len(disguised) < 4:
            continue
        latin = re.search(r"[a-z]", disguised) is not None
        table = _LATIN_SIGNS if latin else _CYRILLIC_SIGNS
        vowels = "aeiouy" if latin else "аоуеиы"
        choices = [
            (*vowels, "") if c in "*#" else (tuple(table.get(c, c)) if c in "0123456789@$" else (c,)) for c in disguised
        ]
        reading = next((r for r in map("".join, itertools.product(*choices)) if sense_of(r) is not None), None)
        if reading is not None:
            yield Word(match.start(), match.end(), reading)


def _spaced_words(text: str) -> Iterator[Word]:
    """Letters set apart: "к а з а х и", "у.з.б.е.к.и"; the run may hold more words than the name."""
    for match in _SPACED.finditer(text):
        if match.end() - match.start() > _LONGEST_SPACED:
            continue
        letters = [(i, text[i]) for i in range(match.start(), match.end()) if text[i].isalpha()]
        joined = "".join(letter for _, letter in letters)
        start = 0
        while start + 4 <= len(joined):
            end = next((e for e in range(len(joined), start + 3, -1) if sense_of(joined[start:e]) is not None), None)
            if end is None:
                start += 1
                continue
            yield Word(letters[start][0], letters[end - 1][0] + 1, joined[start:end])
            start = end


def _hyphened_words(text: str) -> Iterator[Word]:
    """Names cut by hyphens ("каза-хи"), but not compounds of two names ("казахско-узбекский")."""
    for match in _HYPHENED.finditer(text):
        parts = re.split(r"-\s?", match[0])
        joined = "".join(parts)
        if len(joined) > 24 or any(sense_of(part) is not None for part in parts):
            continue
        if sense_of(joined) is not None:
            yield Word(match.start(), match.end(), joined)


def _apostrophed_words(text: str) -> Iterator[Word]:
    """Latin spellings that mark a letter with an apostrophe: "o'zbeklar", "qyrg'yzdar"."""
    for match in _APOSTROPHED.finditer(text):
        joined = re.sub(r"['’ʻʼ`‘]", "", match[0])
        if len(joined) <= 24 and sense_of(joined) is not None:
            yield Word(match.start(), match.end(), joined)


def _drawn_words(words: Iterable[Word]) -> Iterator[Word]:
    """Names drawn out: "казаааахи"."""
    for word in words:
        if _RUN.search(word.text):
            for keep in (r"\1", r"\1\1"):
                short = _RUN.sub(keep, word.text)
                if sense_of(short) is not None:
                    yield Word(word.start, word.end, short)
                    break
