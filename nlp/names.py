"""Names of persons and organisations in a text, found for one purpose only: to hide them.

Nothing here says who somebody is, and no stage keeps what it finds: `mask_names` replaces persons by `[P]` and
organisations by `[O]`. A person is known by the build of the name (Kazakh and Russian surnames, patronymics, given
names, initials) or by the office before it; an organisation by its legal form or kind beside a quoted name.

Run it on slotted text (`groups.slots`) or on plain text: names of peoples and slots are no names here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from nlp import groups
from nlp.lexicon import KAZAKH_LETTERS, sense_of
from nlp.normalise import fold_word
from nlp.reading import Span
from nlp.russian import analyses

PERSON: Final = "person"
ORGANISATION: Final = "organisation"
_MARK: Final = {PERSON: "[P]", ORGANISATION: "[O]"}

_LISTS: Final[dict[str, list[str]]] = tomllib.loads(Path(__file__).with_name("names.toml").read_text("utf-8"))
_GIVEN: Final = frozenset(_LISTS["given"])
_WORDS_TOO: Final = frozenset(_LISTS["words_too"])
_NEVER: Final = frozenset((*_LISTS["never"], *_LISTS["titles"]))


def _alternatives(name: str) -> str:
    return "|".join(map(re.escape, sorted(_LISTS[name], key=len, reverse=True)))


_UPPER: Final = "A-ZА-ЯЁӘҒҚҢӨҰҮҺІ"
_NAME_WORD: Final = rf"[{_UPPER}][^\W\d_]+(?:[-’'ʼ‑][^\W\d_]+)*"
_INITIALS: Final = rf"[{_UPPER}]\.(?:[ \u00a0]?[{_UPPER}]\.)?"
_UNIT: Final = re.compile(rf"(?<!\w)(?:(?P<initials>{_INITIALS})|(?P<word>{_NAME_WORD})(?!\w))")
_HYPHEN: Final = re.compile(r"[-’'ʼ‑]")
_GAP: Final = re.compile(r"[ \u00a0]{0,2}")
_LONGEST: Final = 4  # units of one name: given name, patronymic, surname and one more

# A chain of Kazakh endings as a name takes them: plural, possessive, case, "-дағы".
_KAZAKH_CASE: Final = re.compile(
    r"(?:[лдт][ае]р)?(?:с?[ыі])?(?:[ндт][ыі]ң|[ғгқк][ае]|н?[ае]|[ндт][ыі]|н?[дт][ае]|[дтн][ае]н|[мпб]ен|н?[дт][ае][ғг][ыі]"
    r"|[дтн][іы]к[іи]|ш[ае]|дай|дей)?"
)
_RUSSIAN_CASE: Final = r"(?:ых|ыми|ом|ым|ой|ою|а|у|е|ы)?"
_SURNAME: Final = re.compile(
    rf"[^\W\d_]{{2,}}(?:(?:ов|ев|ёв|ин|цын){_RUSSIAN_CASE}|(?:ск|цк)ий|енко|чук|швили|дзе"
    r"|[нр]ян(?:а|у|ом|е)?|(?:ov|ev|in|sky|skiy)a?|enko)"
)
_PATRONYMIC: Final = re.compile(
    r"[^\W\d_]{3,}(?:(?:ович|евич|ич)(?:а|у|ем|е)?|(?:овн|евн|ичн)(?:а|ы|е|у|ой)|ұлы|қызы|кызы|uly|kyzy|qyzy)"
)
_GIVEN_END: Final = re.compile(rf"[^\W\d_]{{2,}}(?:{_alternatives('given_ends')})")
# "министрі", "министрдің", "әкімнің", "төрағасы", "министра", "министром", "главы"
_TITLE_BEFORE: Final = re.compile(
    rf"(?<!\w)(?:{_alternatives('titles')})"
    r"(?:[аыуе]|ом|ем|я|ю|ей|й|ша|с?[ыі]|с?[ыі]м?[ыі]з|с?[ыі]н?[ыі]ң|с?[ыі]н[ае]|[ндт][ыі]ң|л[ае]р[ыі]?|с?[ыі]мен)?"
    r"[ \u00a0]{1,2}$",
    re.IGNORECASE,
)
_STARTS: Final = re.compile(r"(?:^|[.!?…\n:»\"”“«(\[]|[—–-][ \u00a0])[ \u00a0]*$")
_OPENING, _CLOSING = tuple("«\"“„'"), tuple("»\"”“'")
_IN_HONOUR_BEFORE: Final = re.compile(r"(?<!\w)(?:имени|им\.)[ \u00a0]$")
_IN_HONOUR_AFTER: Final = re.compile(r"[ \u00a0](?:атындағы|атында\w*|атты|көшес\w+|даңғыл\w+|ауданы\w*|облысы\w*)")

_QUOTED: Final = r"(?:«[^«»\[\]\n]{1,80}»|[\"“„][^\"“”„\[\]\n]{1,80}[\"”“])"
_FORM: Final = f"(?:{_alternatives('forms')})"
_BODY: Final = f"(?:{_alternatives('bodies')})"
_ORGANISATION: Final = re.compile(
    rf"(?<!\w){_FORM}[ \u00a0]?{_QUOTED}"
    rf"|{_QUOTED}[ \u00a0]?{_FORM}(?!\w)(?:-[^\W\d_]+)?"
    rf"|(?<!\w)(?i:{_BODY})[^\W\d_]{{0,8}}[ \u00a0](?P<after>{_QUOTED})"
    rf"|(?P<before>{_QUOTED})[ \u00a0](?i:{_BODY})[^\W\d_]{{0,12}}"
    rf"|(?<!\w)(?:{_NAME_WORD}[ \u00a0]){{1,4}}(?:LLP|JSC|LLC|Ltd|Inc)(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Name:
    """`kind` person or organisation; `span` in code points of the text as given."""

    kind: str
    span: Span


@dataclass(frozen=True, slots=True)
class _Unit:
    start: int
    end: int
    kind: str  # initials, given, surname, patronymic, other
    latin: bool


def mask_names(text: str) -> str:
    """`text` with every name found replaced: `[P]` a person, `[O]` an organisation. Slots and peoples stay."""
    pieces: list[str] = []
    position = 0
    for name in find_names(text):
        pieces += [text[position : name.span[0]], _MARK[name.kind]]
        position = name.span[1]
    return "".join((*pieces, text[position:]))


def find_names(text: str) -> tuple[Name, ...]:
    """Persons and organisations in order of place, without overlap; an organisation named after a person is one.

    Nothing that holds the name of a people is a name here: hiding it would hide whom the text is about.
    """
    bodies = [_named(match) for match in _ORGANISATION.finditer(text)]
    persons = [span for span in _persons(text) if not _touches(span, bodies)]
    if not bodies and not persons:
        return ()
    peoples = [mention.span for mention in groups.find(text).mentions]
    found = [(span, ORGANISATION) for span in bodies] + [(span, PERSON) for span in persons]
    return tuple(Name(kind, span) for span, kind in sorted(found) if not _touches(span, peoples))


def _touches(span: Span, others: Iterable[Span]) -> bool:
    return any(first < span[1] and span[0] < last for first, last in others)


def _named(match: re.Match[str]) -> Span:
    group = "after" if match["after"] else "before" if match["before"] else 0
    return match.span(group)


def _persons(text: str) -> Iterator[Span]:
    kazakh = not KAZAKH_LETTERS.isdisjoint(text.lower())
    for run in _runs(text, kazakh):
        start, end = run[0].start, run[-1].end
        before = text[max(0, start - 40) : start]
        quoted = before[-1:] in _OPENING and text[end : end + 1] in _CLOSING
        if quoted or _IN_HONOUR_BEFORE.search(before) or _IN_HONOUR_AFTER.match(text, end):
            continue  # "«Спартак»", "театр имени Вахтангова": a thing bears the name
        yield from _persons_of(run, _TITLE_BEFORE.search(before) is not None, bool(_STARTS.search(before)), kazakh)


def _runs(text: str, kazakh: bool) -> Iterator[list[_Unit]]:
    """Capitalised words and initials that follow each other, cut at words that are no part of a name."""
    run: list[_Unit] = []
    for match in _UNIT.finditer(text):
        word = match["word"]
        kind = "initials" if word is None else _kind(word, kazakh)
        if run and not (kind and len(run) < _LONGEST and _GAP.fullmatch(text, run[-1].end, match.start())):
            yield run
            run = []
        if kind:
            run.append(_Unit(match.start(), match.end(), kind, match[0].isascii()))
    if run:
        yield run


def _persons_of(run: list[_Unit], titled: bool, starts: bool, kazakh: bool) -> Iterator[Span]:
    if starts and not titled and len(run) > 1 and run[0].kind == "other" and (len(run) > 2 or run[1].kind == "given"):
        run, starts = run[1:], False  # "Жиында Асқар Мамин": the first word has its capital from the sentence
    while run and run[-1].kind == "initials" and {unit.kind for unit in run} == {"initials"}:
        run = run[:-1]
    kinds = [unit.kind for unit in run]
    if not kinds:
        return
    sure = not {"given", "patronymic", "surname"}.isdisjoint(kinds)
    with_initials = "initials" in kinds and len(kinds) > 1
    # Two words in a row that the Russian dictionary does not know: "Маттео Сальвини".
    foreign = not kazakh and kinds.count("other") > 1 and not run[0].latin
    if sure or with_initials or foreign or (titled and (len(kinds) > 1 or not kazakh)):
        yield run[0].start, run[-1].end


@lru_cache(maxsize=100_000)
def _kind(word: str, kazakh: bool) -> str:
    """What a capitalised word may be in a name; empty where it is none: a people, a place, a plain or an all-caps word.

    `kazakh`: in a Kazakh text the Russian dictionary counts for base forms only, as "айта" is no form of "Айт" there.
    """
    if word.isupper() and len(word) > 1:
        return ""
    lower = word.lower().replace("‑", "-")
    bases = list(_bases(lower))
    if not _NEVER.isdisjoint(bases):
        return ""
    if not _GIVEN.isdisjoint(bases):
        return "given"
    if not _WORDS_TOO.isdisjoint(bases):
        return "other"
    if any(sense_of(fold_word(part)) is not None for part in {lower, *_HYPHEN.split(lower)}):
        return ""
    russian = _russian(lower, bases, kazakh)
    if russian is not None:
        return russian
    for kind, pattern in (("patronymic", _PATRONYMIC), ("surname", _SURNAME), ("given", _GIVEN_END)):
        if any(pattern.fullmatch(base) for base in bases):
            return kind
    return "other"


def _bases(word: str) -> Iterator[str]:
    """The word and, for each Kazakh ending it may carry, what is before it, four letters at least."""
    yield word
    for end in range(4, len(word)):
        if _KAZAKH_CASE.fullmatch(word, end):
            yield word[:end]


def _russian(word: str, bases: list[str], kazakh: bool) -> str | None:
    """What the Russian dictionary says of a word; None where it does not know it."""
    known = [analysis for analysis in analyses(word) if analysis.known and (not kazakh or analysis.lemma in bases)]
    if not known:
        return None
    if known[0].naming in ("given", "patronymic", "surname"):  # the likelier reading: "Роман", "Вера" are words as well
        return known[0].naming
    possible = any(analysis.naming in ("given", "surname") for analysis in known)
    # "Токаев" is also the genitive plural of a wine: with an office or a given name beside it, it is a surname.
    return "other" if possible or _SURNAME.fullmatch(word) else ""
