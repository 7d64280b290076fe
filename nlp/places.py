"""Which places a text names, in which region they lie and what they are in the text.

`locate` is a pure function of a text and a gazetteer (`nlp/gazetteer.py`). Read it in this order: `_hits` (tokens that
may be places), `_unlisted` (names beside "село" or "ауылы" which no table has), `_judge` (context: type words, streets,
persons, roles), `_settle` (one region for each name, the places of the rest of the text and the source's home region
deciding), `locate`.

An unknown region is a value, never a guess: a name that several regions share and nothing decides has `region` None. A
village which the table does not have is a place only where the text or the source says its region.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import pairwise

from crawlers.dates import almaty_day, given_moment
from nlp.gazetteer import Entry, Form, Gazetteer, region_on
from nlp.place_forms import fold, kazakh_case
from nlp.reading import Place, Span, Text

__all__ = ["Gazetteer", "headline_region", "locate", "region_on"]

# --- Tokens and hits ---------------------------------------------------------------------------------------------

# A word with inner hyphens, apostrophes, accents and zero-width characters, so that offsets stay those of the text.
_WORD = re.compile(
    "[^\\W\\d_](?:[\\w\u0300-\u036f\u200b-\u200d\u2060\ufeff\u00ad'’ʼ-]*[^\\W_\\-'’ʼ][\u0300-\u036f]*)?\\.?"
)


_ENGLISH_TAILS = frozenset({"based", "born"})  # "Almaty-based"
_HYPHENS = {0x2010: "-", 0x2011: "-"}  # outlets keep "Усть‑Каменогорск" on one line


@dataclass(slots=True)
class _Token:
    start: int
    end: int
    folded: str
    raw: str


# How firmly the words say that it happened there.
_FIRM = 3
_AROUND = 2  # the larger unit or the people of it: event unless something firm lies elsewhere
_PERHAPS = 1  # event only where the text names nothing better
_MERE = 0  # a birthplace, a number plate


@dataclass(slots=True)
class _Hit:
    first: int  # token numbers, inclusive
    last: int
    span: Span
    forms: list[Form]
    name_span: Span = (0, 0)  # without the type word
    typed: str | None = None  # region, district, city, village: the type word beside it
    strength: int = _FIRM
    dateline: bool = False
    supported: bool = False  # a type word, preposition or locative ending says "a place"
    regions: frozenset[str] = frozenset()
    within: _Hit | None = None  # the district or region said to hold it: "в селе Каракемер Байзакского района"
    chosen: Form | None = None
    region: str | None = None


_fold_word = lru_cache(maxsize=100_000)(fold)  # words repeat; longer strings are not worth keeping


def _tokens(text: str) -> list[_Token]:
    tokens = []
    for match in _WORD.finditer(text):
        raw = match.group()
        end = match.end()
        if raw.endswith("."):  # kept in the pattern so that "с." and "г." can be told from the preposition
            raw = raw[:-1]
            end -= 1
        tokens.append(_Token(match.start(), end, "", raw))
    return tokens


def _hits(text: str, gazetteer: Gazetteer) -> tuple[list[_Token], list[_Hit]]:
    """Tokens and, where a name may stand, its longest match; a hyphened word unknown as a whole counts by its parts."""
    look = gazetteer.look
    text = text.translate(_HYPHENS)
    tokens = _tokens(text)
    if not any(look(token.raw) or "-" in token.raw for token in tokens):
        return tokens, []
    split: list[_Token] = []
    for token in tokens:
        parts = [part for part in token.raw.split("-") if part not in _ENGLISH_TAILS] if "-" in token.raw else []
        if parts and not look(token.raw) and all(look(part) for part in parts):
            start = token.start
            for part in token.raw.split("-"):
                if part:
                    split.append(_Token(start, start + len(part), "", part))
                start += len(part) + 1
        else:
            split.append(token)
    for token in split:
        token.folded = _fold_word(token.raw) if len(token.raw) < 40 else fold(token.raw)
    hits: list[_Hit] = []
    index = 0
    while index < len(split):
        forms = look(split[index].raw)
        longest = 0
        best: list[Form] = []
        for form in forms:
            size = _match_rest(form, split, index)
            if size is None:
                continue
            length, case = size
            if length > longest:
                longest, best = length, []
            if length == longest:
                best.append(form if case is None else replace(form, case=case))
        if best:
            last = index + longest - 1
            span = (split[index].start, split[last].end)
            hits.append(_Hit(index, last, span, best, name_span=span))
            index = last + 1
        else:
            index += 1
    return split, hits


def _match_rest(form: Form, tokens: list[_Token], index: int) -> tuple[int, str | None] | None:
    """How many tokens the form covers, and its case if the last word decides it; None if it does not fit."""
    if not form.rest:
        return 1, None
    if index + len(form.rest) >= len(tokens):
        return None
    for offset, words in enumerate(form.rest, start=1):
        word = tokens[index + offset].folded
        if word in words:
            continue
        if form.open_end and offset == len(form.rest):
            stem = next(iter(words))
            case = kazakh_case(word[len(stem) :]) if word.startswith(stem) else None
            if case:
                return 1 + offset, case
        return None
    return 1 + len(form.rest), None


# A settlement which the table does not have. "село Каратобе" in any case; of "ауыл" only the possessive, since
# "Біздің ауылда" is no name.
_UNLISTED = Entry(region=None, precision=1, kind="village", flags=frozenset({"unlisted"}))
# Looking for a few substrings first saves most texts the search for the pattern.
_VILLAGE_PARTS = ("сел", "сёл", "с.", "аул", "посёл", "ауыл", "aуыл", "кенті", "кенти", "uyly", "illage")
_VILLAGE_NEAR = re.compile(
    r"\bс(?:[её]л(?:о|е|а|у|ом)|\.)\s*[«\"]?[А-ЯЁӘҒҚҢӨҰҮҺІ]|\bаул(?:а|е|у|ом)?\s[А-ЯЁӘҒҚҢӨҰҮҺІ]"
    r"|\bпос[её]л(?:ок|к[аеу]|ком)\s[«\"]?[А-ЯЁӘҒҚҢӨҰҮҺІ]|\b[аa][уu]([ыy])[лl]\1|\bкент[іи]|\b[Vv]illage\b"
)
_VILLAGE_WORD_RU = re.compile(r"сел(?:о|е|а|у|ом)|аул(?:а|е|у|ом)?|посел(?:ок|к[аеу]|ком)|с")
_VILLAGE_WORD_KK = re.compile(r"ауылы(?:н[ыда]\w*)?|кенти(?:н[иде]\w*)?|auyly(?:n[yda]\w*)?")
_NO_NAME_KK = re.compile(
    r"\w+[дтн][ыи]н|казак|озбек|уйгур|дунган|турик|курд|орыс|чечен|неми?с|корей|кыргыз|тажик|татар"
)
_FOREIGN_UNIT = re.compile(r"\w+[сц]к(?:ого|ой|ая|ий)")
_UNIT_WORD = re.compile(r"район\w*|област\w*|кра[йяею]\w*|округ\w*|республик\w*|р-н\w*|обл")


def _unlisted(text: str, tokens: list[_Token], hits: list[_Hit]) -> list[_Hit]:
    """Hits and, between them, the capitalised names beside a word for "village" of which the gazetteer has none."""
    if not any(part in text for part in _VILLAGE_PARTS) or not _VILLAGE_NEAR.search(text):
        return hits
    for token in tokens:
        token.folded = token.folded or fold(token.raw)  # `_hits` folds only where it found something
    taken = {number for hit in hits for number in range(hit.first, hit.last + 1)}
    found: list[_Hit] = []
    for number, token in enumerate(tokens):
        if number in taken:
            continue
        name = None
        if _VILLAGE_WORD_RU.fullmatch(token.folded):
            name = _name_after(text, tokens, number + 1, taken)
        elif token.folded == "village" and number + 2 < len(tokens) and tokens[number + 1].folded == "of":
            name = _name_after(text, tokens, number + 2, taken)
        elif (
            number and number - 1 not in taken and (_VILLAGE_WORD_KK.fullmatch(token.folded) or token.raw == "village")
        ):
            previous = tokens[number - 1]
            starts = _SENTENCE_END.search(text[max(0, previous.start - 6) : previous.start])
            if previous.raw[:1].isupper() and not _NO_NAME_KK.fullmatch(previous.folded) and not starts:
                name = (number - 1, number - 1)
        if name:
            first, last = name
            span = (tokens[first].start, tokens[last].end)
            form = Form(_UNLISTED, text[span[0] : span[1]], "noun", "nom", "kk" if last < number else "ru")
            found.append(_Hit(first, last, span, [form], name_span=span))
            taken.update(range(first, last + 1))
    return sorted([*hits, *found], key=lambda hit: hit.first) if found else hits


def _name_after(text: str, tokens: list[_Token], first: int, taken: set[int]) -> tuple[int, int] | None:
    """The token numbers of the name that begins at `first`: one or two capitalised words, no person, no unit abroad."""
    dotted = tokens[first - 1].folded == "с"  # the preposition, unless a dot follows and a district behind the name
    last = None
    for number in range(first, min(first + 2, len(tokens))):
        gap = text[tokens[number - 1].end : tokens[number].start].strip()
        joined = not gap or (number == first and (gap in ("«", '"') or (gap == "." and dotted)))
        if not joined or number in taken or not tokens[number].raw[:1].isupper() or _is_unit(tokens, number):
            break
        last = number
    if last is None or len(tokens[first].folded) < 3:
        return None
    if dotted and not (text[tokens[first - 1].end] == "." and last + 1 in taken):
        return None
    genitive = tokens[first - 1].folded in ("села", "аула", "поселка")
    if genitive and last > first and _PERSON_NEXT.fullmatch(tokens[last].folded):  # "аким села Айдос Сарымов"
        return None
    return None if last + 1 not in taken and _is_unit(tokens, last + 1) else (first, last)


def _is_unit(tokens: list[_Token], number: int) -> bool:
    """«Курской области»: an adjective and noun that name a unit of another country, as ours are all in the table."""
    return (
        number + 1 < len(tokens)
        and bool(_FOREIGN_UNIT.fullmatch(tokens[number].folded))
        and bool(_UNIT_WORD.fullmatch(tokens[number + 1].folded))
    )


# --- Context -----------------------------------------------------------------------------------------------------

_AFTER_KK = (
    ("region", re.compile(r"облыс\w*|онир\w*|oblys\w*|region|oblast")),
    ("district", re.compile(r"аудан\w*|audan\w*|district")),
    ("city", re.compile(r"кала(?:сы|лы|н|да|га)\w*|шахар\w*|qala\w*|city")),
    ("village", re.compile(r"ауыл\w*|кент(?:и|ин|те|тин|к)\w*|auyl\w*|village|town")),
)
_AFTER_RU = (("region", re.compile(r"област\w*|обл")), ("district", re.compile(r"район\w*|р-н\w*")))
_LAND_RU = re.compile(r"кра(?:й|я|ю|е|ем)|област\w*|район\w*|р-н\w*")
_BEFORE_RU = (
    ("region", re.compile(r"област(?:ь|и|ью)")),
    ("district", re.compile(r"район(?:а|е|у|ом)?|р-н\w?")),
    ("city", re.compile(r"город(?:а|е|у|ом|ах|ов|ами)?")),
    (
        "village",
        re.compile(
            r"сел(?:о|е|а|у|ом|ах)|аул(?:а|е|у|ом)?|поселок|поселк(?:а|е|у|ом|и|ах)|станци\w+|деревн\w+|разъезд\w*"
            r"|райцентр\w*"
        ),
    ),
)
_SETTLEMENT_BEFORE = re.compile(
    "|".join(pattern.pattern for kind, pattern in _BEFORE_RU if kind in ("city", "village"))
)
_BEFORE_DOTTED = {
    "обл": "region", "г": "city", "гор": "city", "с": "village", "п": "village", "пос": "village", "ст": "village",
}  # fmt: skip
# Streets and the like are named after places and persons: "улица Астана", "мкр Сайран".
_STREET_BEFORE = re.compile(
    r"улиц(?:а|е|у|ей|ы)|ул|проспект\w*|просп|пр|пр-т\w*|переул\w+|шоссе|бульвар\w*|микрорайон\w*|мкрн?|мкр-н\w*"
    r"|тц|трц|трк|жк|бц|фк|хк|бк|тоо|ао|имени|им|атындагы|fc|fk"
)
# "ресторан Астана" is a name, "ресторан Астаны" a place: the case decides; a name without cases may be either.
_THING_BEFORE = re.compile(
    r"площад\w+|гостиниц\w+|отел\w+|ресторан\w*|кафе|кинотеатр\w*|стадион\w*|телеканал\w*|канал\w*|газет\w+|журнал\w*"
    r"|фильм\w*|компани\w+|школ\w+|лице\w+|корабл\w+|поезд\w*|турнир\w*"
)
_NAMED_AFTER = re.compile(
    r"кошес\w*|данг[ыи]л\w*|алан(?:ы|ын|ында|ындагы)\w*|ыкшамаудан\w*|мкр|шагынаудан\w*|проспект\w*|street|avenue|ave|square|атындагы"
    r"|арена\w*|плаза\w*|сити|банк\w*"
)
_FEATURE_AFTER = re.compile(
    r"тен[гиз]{3}\w*|кол(?:и|ин)\w*|озен\w*|тау(?:ы|лары|дын)\w*|дала(?:сы|с)\w*|river|lake|sea|mountains"
)
# Words that follow a place's name only: "Кетпен бойында", "Шу базарында".
_AT_AFTER = re.compile(
    r"жак\w*|бойы\w*|маны\w*|иргес\w+|тонирег\w+|базары\w*|тургын\w*|кениш\w*|кен|вокзал\w*|станса\w*|бекет\w*"
    r"|аким\w*|полиция\w*|аурухана\w*|шекара\w*|халкы\w*|кеден\w*"
)
_POST_AFTER = re.compile(r"кеден\w*|бекет\w*|станса\w*|кениш\w*|кен|вокзал\w*|базары\w*|кент\w*|ауыл\w*")
_POST_BEFORE = re.compile(
    r"пост\w*|кпп|пункт\w*|пропуск\w*|таможн\w+|станци\w+|вокзал\w*|рын\w+|сел\w+|аул\w*|посел\w+|месторожден\w+"
)
_FEATURE_BEFORE = re.compile(
    r"рек(?:а|е|у|и|ой)|озер(?:о|е|а|у|ом)|мор(?:е|я|ю)|хреб\w+|гор(?:а|ы|ах)|lake|river|ледник\w*"
)
_KAZAKH_GENITIVE = re.compile(r"(?:облысы|ауданы|каласы|ауылы|кенти)нын")
_NOMINATIVE_TYPES = frozenset(("область", "облысы", "район", "ауданы"))
_TEAM_AFTER = re.compile(
    r"клуб\w*|команда\w*|сборн\w+|университет\w*|институт\w*|академи\w*|колледж\w*|консерватори\w*"
)
_LOCATIVE = frozenset(
    ("в", "во", "на", "под", "у", "около", "возле", "близ", "вокруг", "по", "за", "между", "in", "at", "near")
)
_ABLATIVE = frozenset(("из", "с", "со", "от", "from"))
_TOWARDS = frozenset(("до", "к", "ко", "через", "to"))
_PERSON_NEXT = re.compile(r"\w+(?:улы|кызы|[оеё]ва?|ина?|ич|вна)(?:[дтн][аеыи]н?|[гк][ае]|пен|мен)?")
_SENTENCE_END = re.compile(r"(?:^|[.!?…:;\n»\"]\s*[-–—]?\s*)$")
_DATELINE_END = re.compile(r"\s*(?:[,.:!|/(–—]|-(?![^\W\d_]))")

_LIVES_LEFT = re.compile(r"\b(?:жител\w+|граждан\w+|студент\w*|туристк?\w*|гост\w+|resident\w*)\W+$", re.I)
_BORN_LEFT = re.compile(r"(?:родил\w+|родом|урожен\w+|урождённ\w+|born|native of)\W+(?:\w+\W+){0,2}$", re.I)
_BORN_RIGHT = re.compile(
    r"^\W{1,2}(?:(?:ауыл|қала|аудан|облыс)\w*\W+)?(?:дүниеге|туған(?!-)|туып|туылған|тумасы)", re.I
)
_SELF_LEFT = re.compile(r"\b(?:я|мен|I)\b[^.!?]*$")
_SELF_RIGHT = re.compile(r"^[^.!?]*[мпб][ыі]н\b")
_PLATE_LEFT = re.compile(r"(?:номер\w*|госномер\w*)\W+(?:\w+\W+){0,2}$", re.I)
_LIKE_LEFT = re.compile(
    r"\b(?:как|словно|будто|чем|в отличие от|по примеру|не то что|like|unlike)\W+(?:(?:в|во|у|из|in)\W+)?$", re.I
)
_LIKE_RIGHT = re.compile(r"^\W+(?:сияқты|секілді|тәрізді)", re.I)
_MATCH_LEFT = re.compile(
    r"\b(?:матч\w*|обыгра\w+|сыгра\w+|против|соперник\w*|уступил\w*|команд\w+|клуб\w*)\W+(?:\w+\W+){0,2}$", re.I
)
_PAST_LEFT = re.compile(r"\b(?:событи\w+|трагеди\w+|погром\w*|после|after)\W+(?:(?:в|во|in)\W+)?$", re.I)
_PAST_RIGHT = re.compile(r"^\W{1,2}(?:оқиға|событи|трагед|қырғын)\w*", re.I)


def _judge(text: str, tokens: list[_Token], hits: list[_Hit]) -> list[_Hit]:
    """Hits that stand, with type word, strength and widened span; streets, teams, persons and brands are dropped."""
    out: list[_Hit] = []
    for hit in hits:
        previous = tokens[hit.first - 1] if hit.first else None
        following = tokens[hit.last + 1] if hit.last + 1 < len(tokens) else None
        if _is_named_thing(text, hit, previous, following):
            continue
        before = previous if previous and text[previous.end : hit.span[0]].strip() in ("", ".", "«") else None
        after = following if following and text[hit.span[1] : following.start].strip() in ("", "»") else None
        taken = bool(out) and previous is not None and out[-1].last >= hit.first - 1  # "в Абайском районе Шымкента"
        _find_type(text, tokens, hit, None if taken else before, after)
        if not _fits_type(text, hit):
            continue
        _find_support(text, tokens, hit, before, after)
        _find_role(text, tokens, hit, before, after, out[-1] if out else None)
        out.append(hit)
    if sum(hit.dateline for hit in out) > 2:  # a list of places, not where the text was sent from
        for hit in out:
            hit.dateline = False
    for left, right in pairwise(out):
        _find_container(text, tokens, left, right)
        # A road, a flight, a match: "Алматы – Астана".
        if right.first == left.last + 1 and text[left.span[1] : right.span[0]].strip() in ("-", "–", "—"):
            left.strength = min(left.strength, _PERHAPS)
            right.strength = min(right.strength, _PERHAPS)
        # "Қаскелеңнен Алматыға": from here to there.
        if right.first == left.last + 1 and _has_case(left, "abl") and _has_case(right, "dat"):
            right.strength = min(right.strength, _PERHAPS)
    return out


def _find_container(text: str, tokens: list[_Token], left: _Hit, right: _Hit) -> None:
    """«в Каракемере Байзакского района», «Жамбыл облысының Байзақ ауданы»: one names where the other lies."""
    gap = text[left.span[1] : right.span[0]].strip()
    between = [token.folded for token in tokens[left.last + 1 : right.first]]
    if right.typed in ("district", "region") and left.typed not in ("region", right.typed):
        words = {tokens[right.first].folded, tokens[right.last].folded}
        held = gap == "" and words & {"района", "области"}
        if not between and (held or (gap in (",", "(") and words & _NOMINATIVE_TYPES)):
            left.within = right
            return
    if (
        right.typed in ("district", "region")
        and left.forms[0].entry.kind == "abroad"
        and _has_case(left, "gen")
        and not gap
    ):
        right.within = left  # "Ресейдің Орал өңірінде"
        return
    if left.typed in ("district", "region") and right.typed not in ("region", left.typed):
        word = tokens[left.last].folded
        held_kk = gap == "" and (_KAZAKH_GENITIVE.fullmatch(word) or word in ("облысы", "ауданы"))
        listed = len(between) == 1 and _SETTLEMENT_BEFORE.fullmatch(between[0]) and word in _NOMINATIVE_TYPES
        if held_kk or listed:
            right.within = left


def _has_case(hit: _Hit, case: str) -> bool:
    return any(form.case == case for form in hit.forms)


def _is_named_thing(text: str, hit: _Hit, previous: _Token | None, following: _Token | None) -> bool:
    start, end = hit.span
    quoted = text[start - 1 : start] in ("«", '"', "“", "„") and text[end : end + 1] in ("»", '"', "”")
    post = quoted and (
        (previous and _POST_BEFORE.fullmatch(previous.folded))
        or (following and _POST_AFTER.fullmatch(following.folded))
    )
    if quoted and not post and not any(form.entry.kind == "feature" for form in hit.forms):
        return True  # a ship, a team, a newspaper
    foreign = hit.forms[0].entry.kind == "abroad"
    if previous and text[previous.end : start].strip() in ("", ".", "«"):
        city = any(form.entry.kind == "city" and not form.entry.flags & {"weak", "typed"} for form in hit.forms)
        if _STREET_BEFORE.fullmatch(previous.folded):
            # "по улицы Караганды" has the plural and a city behind it.
            return not (previous.folded == "улицы" and city)
        if _THING_BEFORE.fullmatch(previous.folded):
            if not city or (any(f.case == "nom" for f in hit.forms) and _declines(hit)):
                return True
            hit.strength = _PERHAPS
    if following and text[end : following.start].strip() in ("", "»"):
        if _NAMED_AFTER.fullmatch(following.folded) and not foreign and any(f.case == "nom" for f in hit.forms):
            return True
        # "Абай Құнанбайұлы", "Жамбыл Жабаев": a person whose name is a place's too.
        if (
            following.raw[:1].isupper()
            and _PERSON_NEXT.fullmatch(following.folded)
            and all(f.entry.kind != "city" or f.entry.flags & {"weak", "typed"} for f in hit.forms)
            and any(form.case == "nom" for form in hit.forms)
        ):
            return True
    # "И. Курчатов"
    initial = previous and len(previous.raw) == 1 and previous.raw.isupper() and text[previous.end : start][:1] == "."
    return bool(initial and any("weak" in form.entry.flags for form in hit.forms))


def _declines(hit: _Hit) -> bool:
    """Whether the name has Russian endings, so that its nominative says something."""
    return hit.forms[0].name[-1:] not in "еиоуыэюі"


def _find_type(text: str, tokens: list[_Token], hit: _Hit, before: _Token | None, after: _Token | None) -> None:
    nouns = any(form.shape == "noun" for form in hit.forms)
    adjectives = any(form.shape == "adjective" for form in hit.forms)
    if after and adjectives:
        for kind, pattern in _AFTER_RU:
            if pattern.fullmatch(after.folded):
                hit.typed, hit.span, hit.last = kind, (hit.span[0], after.end), hit.last + 1
                return
    if after and not nouns and not adjectives and _LAND_RU.fullmatch(after.folded):
        hit.forms = []  # "Туркестанский край", "Аксайский район" abroad: a city's adjective, but no district of ours
        return
    settlement = bool(before and _SETTLEMENT_BEFORE.fullmatch(before.folded))
    if adjectives and not (nouns and settlement):
        kind_ahead = _type_ahead(tokens, hit)
        if kind_ahead:
            hit.typed = kind_ahead
            return
    if not nouns:
        return
    if before and before.folded in ("в", "во", "на", "о", "об") and tokens[hit.first].folded.endswith("ском"):
        # "в Уральском институте": the town would be "в Уральске"
        hit.forms = [form for form in hit.forms if form.shape != "noun"]
        return
    if after and any(form.case == "nom" for form in hit.forms):
        for kind, pattern in _AFTER_KK:
            if pattern.fullmatch(after.folded):
                hit.typed = kind
                if kind in ("region", "district"):
                    hit.span, hit.last = (hit.span[0], after.end), hit.last + 1
                return
    if before:
        dotted = text[before.end : before.end + 1] == "."
        if dotted and before.folded in _BEFORE_DOTTED:
            hit.typed = _BEFORE_DOTTED[before.folded]
            return
        for kind, pattern in _BEFORE_RU:
            if pattern.fullmatch(before.folded):
                hit.typed = kind
                if kind in ("region", "district"):
                    hit.span, hit.first = (before.start, hit.span[1]), hit.first - 1
                return


def _type_ahead(tokens: list[_Token], hit: _Hit) -> str | None:
    """«в Талгарском, Карасайском и Илийском районах»: the noun that several adjectives share, up to six words ahead."""
    for token in tokens[hit.last + 1 : hit.last + 7]:
        for kind, pattern in _AFTER_RU:
            if pattern.fullmatch(token.folded):
                return kind
        if token.folded != "и" and not token.folded.endswith(("ской", "ском", "ских", "ская", "ский", "ские", "ского")):
            return None
    return None


_KINDS_OF_TYPE = {
    "region": frozenset({"region"}),
    "district": frozenset({"district"}),
    "city": frozenset({"city", "town"}),
    "village": frozenset({"village", "town", "city"}),
}


def _fits_type(text: str, hit: _Hit) -> bool:
    """Keep the forms that the type word allows; without one, those that need a type word fall away."""
    if hit.typed:
        kinds = _KINDS_OF_TYPE[hit.typed]
        fitting = [f for f in hit.forms if f.entry.kind in kinds and f.shape != "derived"]
        abroad = [f for f in hit.forms if f.entry.kind == "abroad"]
        if all(form.shape == "adjective" for form in hit.forms) and not fitting and not abroad:
            return False
        if not fitting and hit.typed == "region":  # "Орал облысы", "Орал өңірі": called after its centre
            cities = [f for f in hit.forms if f.entry.kind == "city" and f.shape == "noun"]
            fitting = [f for f in cities if "weak" not in f.entry.flags]
        if fitting or abroad:
            hit.forms = fitting or abroad
            return True
        if hit.typed == "village":  # one which the table does not have, whatever else is called so
            named = [f for f in hit.forms if f.shape == "noun" and f.entry.kind not in ("country", "macro", "abroad")]
            hit.forms = [replace(form, entry=_UNLISTED, name=text[slice(*hit.name_span)]) for form in named[:1]]
            return bool(named)
        hit.typed, hit.span = None, hit.name_span  # "в районе Караганды"
    untyped = []
    for form in hit.forms:
        if "typed" in form.entry.flags:
            continue
        if form.shape == "adjective":
            # "жамбылские фермеры": says less than a name; "уйгурский", "майский" say nothing.
            if form.entry.kind == "region" or (form.language == "ru" and not form.entry.flags):
                untyped.append(replace(form, shape="derived"))
            continue
        if form.typed == "region" and form.shape == "noun":
            continue  # the bare names of regions stand in the table by themselves
        if form.typed == "district" and form.shape == "noun" and not form.open_end:
            continue
        untyped.append(form)
    if all(form.shape == "derived" for form in untyped):  # "алматинский" is of the city rather than of the region
        untyped = [form for form in untyped if form.entry.kind == "city"] or untyped
    hit.forms = untyped
    return bool(untyped)


def _find_support(text: str, tokens: list[_Token], hit: _Hit, before: _Token | None, after: _Token | None) -> None:
    cases = {form.case for form in hit.forms if form.shape == "noun"}
    word = before.folded if before and text[before.end : before.end + 1] != "." else ""
    if word == "на":  # "на Абая" is a street; "на Тенгизе" an oilfield
        word = "в" if any(form.entry.kind in ("feature", "region") for form in hit.forms) else ""
    hit.supported = bool(
        hit.typed
        or cases & {"loc", "abl"}
        or word in _LOCATIVE | _ABLATIVE
        or (after and (_AT_AFTER.fullmatch(after.folded) or _FEATURE_AFTER.fullmatch(after.folded)))
        or ("gen" in cases and _owns(tokens, hit))
    )


def _owns(tokens: list[_Token], hit: _Hit) -> bool:
    """«Аралдың жергілікті халқы»: what only a place has follows its genitive, perhaps one word on."""
    return any(_AT_AFTER.fullmatch(token.folded) for token in tokens[hit.last + 1 : hit.last + 3])


def _find_role(
    text: str, tokens: list[_Token], hit: _Hit, before: _Token | None, after: _Token | None, last: _Hit | None
) -> None:
    start, end = hit.span
    left, right = text[max(0, start - 50) : start], text[end : end + 40]
    cases = {form.case for form in hit.forms}
    if (
        start < 40
        and cases & {"nom"}
        and (hit.typed not in ("region", "district") or tokens[hit.last].folded in _NOMINATIVE_TYPES)
        and not any(form.shape == "derived" for form in hit.forms)
        and (not text[:start].strip(" #@*_❗️⚡📍🔥") or (last and last.dateline and last.last == hit.first - 1))
        and _DATELINE_END.match(right)
    ):
        hit.dateline = True
        # "Шу, турнир", but "Абай – ақын": before a dash or a bracket a homonym proves nothing.
        plain = any(f.entry.kind == "city" and ("weak" not in f.entry.flags or right[:1] in ",.!:") for f in hit.forms)
        hit.supported = hit.supported or plain
        return
    word = before.folded if before and text[before.end : before.end + 1] != "." else ""  # not "с. Масанчи"
    genitive = "gen" in cases or _KAZAKH_GENITIVE.fullmatch(tokens[hit.last].folded)
    if genitive or word in _TOWARDS or _LIVES_LEFT.search(left):
        hit.strength = min(hit.strength, _AROUND)
    named_after = after and (_TEAM_AFTER.match(after.folded) or _FEATURE_AFTER.fullmatch(after.folded))
    of_feature = before and _FEATURE_BEFORE.fullmatch(before.folded)
    elsewhere = _LIKE_LEFT.search(left) or _LIKE_RIGHT.match(right) or _MATCH_LEFT.search(left)
    past = _PAST_LEFT.search(left) or _PAST_RIGHT.match(right)
    derived = all(form.shape == "derived" for form in hit.forms)
    if derived or word in _ABLATIVE or "abl" in cases or named_after or of_feature or elsewhere or past:
        hit.strength = min(hit.strength, _PERHAPS)
    if _BORN_LEFT.search(left) or _BORN_RIGHT.match(right) or _PLATE_LEFT.search(left):
        # "Петропавлда туған қазақпын": who speaks of himself speaks from there.
        hit.strength = _PERHAPS if _SELF_LEFT.search(left) or _SELF_RIGHT.match(right) else _MERE


# --- Regions -----------------------------------------------------------------------------------------------------


def _day(published_at: str | None) -> date | None:
    if not published_at:
        return None
    return almaty_day(given_moment(published_at))


def _alive(entry: Entry, day: date | None) -> bool:
    if day is None:
        return True
    return (entry.valid_from is None or entry.valid_from <= day) and (entry.valid_to is None or day < entry.valid_to)


def _options(hit: _Hit, day: date | None) -> list[tuple[Form, str | None]]:
    """The forms with their regions on the day; names valid on the day push out those that are not."""
    forms = [form for form in hit.forms if _alive(form.entry, day)] or hit.forms
    plain = [form for form in forms if form.shape != "derived"]
    return [(form, region_on(form.entry.region, day) if form.entry.region else None) for form in plain or forms]


_CITY_REGIONS = frozenset({"KZ-71", "KZ-75", "KZ-79"})  # no villages but their own lie in these


def _settle(hits: Iterable[_Hit], evidence: frozenset[str], home: str | None, day: date | None) -> None:
    """Give each hit its form and region: the only one, the one the text or the source points to, the city, or None."""
    near = evidence - _CITY_REGIONS
    only = next(iter(near)) if len(near) == 1 else None
    for hit in hits:
        options = _options(hit, day)
        regions = {region for _, region in options if region}
        holder = _holder_region(hit, day)
        pointed = regions & evidence
        small = hit.typed == "village" or all(form.entry.kind in ("village", "town") for form, _ in options)
        if holder and holder not in regions and small:  # another one of that name, or one the table does not have
            options, regions = [(options[0][0], holder)], {holder}
        elif hit.typed == "village" and only and not pointed and all("shared" in f.entry.flags for f, _ in options):
            options, regions = [(options[0][0], only)], {only}
        elif options[0][0].entry is _UNLISTED:
            options = [(options[0][0], only if near else home)]
            regions = {region for _, region in options if region}
        hit.regions = frozenset(regions)
        pointed = {holder} if holder in regions else regions & evidence
        if hit.typed == "village" and not pointed:  # a city is called a village only where it is meant by all else
            options = [(form, region) for form, region in options if form.entry.kind != "city"] or options
            regions = {region for _, region in options if region}
        if len(regions) > 1 and len(pointed) == 1:
            options = [(form, region) for form, region in options if region in pointed]
        elif len(regions) > 1 and home in regions:
            options = [(form, region) for form, region in options if region == home]
        elif len(regions) > 1:
            cities = [(form, region) for form, region in options if form.entry.kind == "city" and not hit.typed]
            main = [(form, region) for form, region in options if "main" in form.entry.flags]
            options = cities if len({region for _, region in cities}) == 1 else main or options
        if hit.typed == "village" and evidence and not pointed and all("weak" in f.entry.flags for f in hit.forms):
            # "село Абай Карагандинской области": a village of that name which the table does not have.
            options = [(options[0][0], next(iter(evidence)) if len(evidence) == 1 else None)]
        kinds = ("country", "abroad", "city", "town", "village", "feature", "district", "region", "macro")
        options.sort(key=lambda o: (o[0].typed != hit.typed, kinds.index(o[0].entry.kind)))
        hit.chosen = options[0][0]
        hit.region = options[0][1] if len({region for _, region in options}) == 1 else None


def _holder_region(hit: _Hit, day: date | None) -> str | None:
    """The one region of the units said to hold the place, the nearest that tells first."""
    holder = hit.within
    while holder is not None:
        regions = {region for _, region in _options(holder, day) if region}
        if len(regions) == 1:
            return regions.pop()
        holder = holder.within
    return None


_HOME_SITES = frozenset(
    {"kazakhstan", "казахстан", "қазақстан", "kz", "kaz", "republic of kazakhstan", "республика казахстан", "рк"}
    | {"қазақстан республикасы", "қр"}
)


def is_home_site(site: str) -> bool:
    """Whether a country of publication, by name in three languages or ISO code, is Kazakhstan."""
    return " ".join(site.split()).lower() in _HOME_SITES


def _is_unsure(hit: _Hit, site: str) -> bool:
    """Homonyms (a word, a person, a river); on another country's site villages and districts too ("Малиновка")."""
    if is_home_site(site):
        return all("weak" in form.entry.flags for form in hit.forms)
    return all("weak" in form.entry.flags or form.entry.kind in ("village", "district") for form in hit.forms)


def _certain_regions(hits: Iterable[_Hit], site: str, day: date | None) -> frozenset[str]:
    """Regions of the names that need no help: one region only, no homonym or a type word beside it."""
    out = set()
    for hit in hits:
        regions = {region for _, region in _options(hit, day) if region}
        typed = is_home_site(site) and hit.typed in ("region", "district", "city")
        if all("shared" in form.entry.flags for form in hit.forms):
            continue  # which of them is meant is what the evidence shall tell
        if len(regions) == 1 and (typed or not _is_unsure(hit, site)):
            out |= regions
    return frozenset(out)


def _stands(hit: _Hit, text: Text, evidence: frozenset[str], home: str | None) -> bool:
    """Whether a name that may be something else is a place here."""
    if hit.within and any(form.entry.kind == "abroad" for form in hit.within.forms):
        return False  # "в селе Каменка Пензенской области"
    starts = _SENTENCE_END.search(text.text[max(0, hit.span[0] - 6) : hit.span[0]])
    if starts and not hit.supported and not hit.dateline and any("word" in form.entry.flags for form in hit.forms):
        return not re.match(r"\s+[а-яё]", text.text[hit.span[1] :])  # "Семей много, квартир мало"
    if _UNLISTED in (form.entry for form in hit.forms):
        return hit.within is not None or (hit.region is not None and is_home_site(text.site))
    if not _is_unsure(hit, text.site) or hit.regions & evidence:
        return True
    if hit.supported and is_home_site(text.site):
        return True
    return home in hit.regions and (hit.dateline or not starts)


def _headline_hits(text: Text, gazetteer: Gazetteer) -> list[_Hit]:
    out: list[_Hit] = []
    for headline in (text.title, text.context):
        if headline:
            tokens, hits = _hits(headline, gazetteer)
            out += _judge(headline, tokens, hits)
    return out


def locate(text: Text, gazetteer: Gazetteer) -> tuple[Place, ...]:
    """The places `text.text` names, one entry for each place (name and region), in the order of their first naming.

    Title and context have no offsets: they only help to decide between regions. `published_at` must be ISO or None.
    """
    tokens, raw_hits = _hits(text.text, gazetteer)
    raw_hits = _unlisted(text.text, tokens, raw_hits)
    if not raw_hits:
        return ()
    day = _day(text.published_at)
    hits = _judge(text.text, tokens, raw_hits)
    evidence = _certain_regions([*hits, *_headline_hits(text, gazetteer)], text.site, day)
    home = region_on(text.home_region, day) if text.home_region else None
    _settle(hits, evidence, home, day)
    hits = [hit for hit in hits if _stands(hit, text, evidence, home)]
    abroad = any(hit.strength == _FIRM and hit.supported and _is_abroad(hit) for hit in hits)
    firm = frozenset(hit.region for hit in hits if hit.strength == _FIRM and hit.region and not hit.dateline)
    around = any(hit.region and (hit.strength == _AROUND or hit.dateline) for hit in hits)
    places: dict[tuple[str, str | None], Place] = {}
    for hit in hits:
        happened = (
            hit.strength == _FIRM
            or (hit.strength == _AROUND and (hit.region in firm or not (firm or abroad)))
            or (hit.strength == _PERHAPS and not (firm or around or abroad))
        )
        place = _place(hit, happened, bool(firm))
        key = (place.name, place.region)
        known = places.get(key)
        if known is None or _ROLE_RANK[place.role] > _ROLE_RANK[known.role]:
            places[key] = place
    return tuple(places.values())


def headline_region(text: Text, gazetteer: Gazetteer) -> str | None:
    """The one region which the title (of a comment: the headline above it) names; None if it names none or several.

    For stories whose text names no place: one in four of the sample's routine items has its place in the title only.
    """
    headline = text.title or text.context
    if not headline:
        return None
    places = locate(replace(text, text=headline, title=None, context=None), gazetteer)
    regions = {place.region for place in places if place.region and place.role in ("event", "dateline")}
    return regions.pop() if len(regions) == 1 else None


def _is_abroad(hit: _Hit) -> bool:
    return hit.chosen is not None and hit.chosen.entry.kind == "abroad"


_ROLE_RANK = {"mention": 0, "abroad": 1, "dateline": 2, "event": 3}


def _place(hit: _Hit, happened: bool, somewhere: bool) -> Place:
    assert hit.chosen is not None
    entry = hit.chosen.entry
    if entry.kind == "abroad":
        role = "abroad"
    elif hit.dateline:
        role = "dateline"
    elif entry.kind in ("country", "macro"):
        role = "event" if hit.supported and happened and not somewhere else "mention"
    else:
        role = "event" if happened else "mention"
    return Place(region=hit.region, name=hit.chosen.name, role=role, precision=entry.precision, span=hit.span)
