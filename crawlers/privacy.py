"""What names a private person never gets past this file: handles, phones, IINs, cards, mails and profile links.

`mask` runs before the first write of a text. It errs towards masking where a string can hardly be anything but an
identifier, and leaves alone what tension is told in: dates, prices, counts, article numbers of the codes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final, Literal, NamedTuple, get_args

Kind = Literal["mail", "profile", "handle", "card", "iin", "phone"]
# Order is precedence: a mail holds an "@" that is no handle, a profile link may hold digits that are no phone.
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class Identifier(NamedTuple):
    """A span `[start, end)` of the text, in code points."""

    kind: Kind
    start: int
    end: int


def mask(text: str) -> str:
    """The text with each identifier replaced by its kind in brackets: `[phone]`. `mask(mask(t)) == mask(t)`."""
    # Masking one identifier can bring two halves of another together; every round removes at least one, and no
    # placeholder can be part of a finding, so the rounds end.
    while found := find_identifiers(text):
        parts: list[str] = []
        position = 0
        for kind, start, end in found:
            parts += (text[position:start], f"[{kind}]")
            position = end
        text = "".join((*parts, text[position:]))
    return text


def find_identifiers(text: str) -> list[Identifier]:
    """All identifiers in order of place, without overlap; full-width and zero-width disguises are looked through."""
    plain, places = _plain(text)
    found: list[Identifier] = []
    taken = bytearray(len(plain))
    for kind in KINDS:
        for start, end in _FINDERS[kind](plain):
            if taken.find(1, start, end) >= 0:
                continue
            taken[start:end] = b"\x01" * (end - start)
            if places is None:
                found.append(Identifier(kind, start, end))
            else:
                found.append(Identifier(kind, places[start], places[end - 1] + 1))
    return sorted(found, key=lambda item: item.start)


def _plain(text: str) -> tuple[str, list[int] | None]:
    """The text without disguise and, for each of its characters, the place in `text`; None if nothing changed.

    Full-width and other compatibility forms become plain ones; zero-width and other format characters (category Cf)
    and variation selectors vanish: `8７07\u200b123…` is a phone number to every reader.
    """
    if text.isascii() or not _DISGUISE.search(text):
        return text, None
    letters: list[str] = []
    places: list[int] = []
    position = 0
    for match in _DISGUISE.finditer(text):
        place = match.start()
        letters.append(text[position:place])
        places.extend(range(position, place))
        position = match.end()
        character = match[0]
        if unicodedata.category(character) == "Cf" or character in _OVERLAYS:
            continue
        digit = unicodedata.digit(character, None)
        plain = str(digit) if digit is not None else unicodedata.normalize("NFKC", character)
        letters.append(plain)
        places.extend([place] * len(plain))
    letters.append(text[position:])
    places.extend(range(position, len(text)))
    return "".join(letters), places


# Anything beyond ASCII, Cyrillic letters, common punctuation and Latin letters is looked at one by one; the soft
# hyphen, which hides between digits, is not among the common ones.
_DISGUISE: Final = re.compile(
    r"[^\x00-\x7f\u00a0\u00ab\u00bb\u00b0\u00b7\u00c0-\u024f\u0400-\u0482\u048a-\u052f\u1e00-\u1eff"
    r"\u2010-\u2015\u2018-\u201f\u2022\u2026\u20b8\u20bd\u20ac\u2116]"
)
# Variation selectors and the keycap: "8\ufe0f\u20e37\ufe0f\u20e3…" shows digits in boxes.
_OVERLAYS: Final = frozenset("\u20e3" + "".join(map(chr, range(0xFE00, 0xFE10))))

# --- mails -----------------------------------------------------------------------------------------------------------

_MAIL_SIGN: Final = re.compile(
    r"(?P<tight>@)|\s?@\s?|\s?[(\[{]\s?(?:at|эт|собака|собачка)\s?[)\]}]\s?|\s(?:собака|собачка)\s", re.IGNORECASE
)
_DOT: Final = r"(?:\.|\s\.\s?|\s?[(\[{]\s?(?:dot|точка)\s?[)\]}]\s?|\s(?:dot|точка)\s)"
_DOMAIN: Final = re.compile(
    rf"[^\W_][\w-]{{0,62}}(?:{_DOT}[^\W_][\w-]{{0,62}}){{0,4}}{_DOT}[^\W\d_]{{2,24}}", re.IGNORECASE
)
# Beside a spelt or spaced sign a Cyrillic "domain" is the next sentence: "злая собака дома.Потом".
_LATIN_DOMAIN: Final = re.compile(
    rf"[a-z0-9][a-z0-9-]{{0,62}}(?:{_DOT}[a-z0-9-]{{1,63}}){{0,4}}{_DOT}[a-zа-я]{{2,24}}", re.IGNORECASE
)
_LOCAL_PART: Final = re.compile(r"[\w.+-]{0,63}[\w+-]\Z")


def _mails(text: str) -> Iterator[tuple[int, int]]:
    # From the sign outwards, so that a long text costs one pass and a text full of signs no more than its length.
    position = 0
    while (sign := _MAIL_SIGN.search(text, position)) is not None:
        position = sign.end()
        # A tight "@" may still be part of "name@ mail.ru": the wide form is tried where the tight one fails.
        pattern = _DOMAIN if sign["tight"] and not text[position : position + 1].isspace() else _LATIN_DOMAIN
        start = sign.end() + (1 if sign["tight"] and text[position : position + 1].isspace() else 0)
        domain = pattern.match(text, start)
        if domain is None:
            continue
        local = _LOCAL_PART.search(text, max(0, sign.start() - 64), sign.start())
        if local is None or text[local.start() - 1 : local.start()] == "@":  # @name@host is a Mastodon handle
            continue
        yield local.start(), domain.end()
        position = domain.end()


# --- profile links ---------------------------------------------------------------------------------------------------

_LINK_DOT: Final = r"(?:\.|\s?[(\[{]\s?(?:\.|dot|точка)\s?[)\]}]\s?|\s\.\s?)"
_SLASH: Final = r"(?:/|\s/\s?)"
_REST: Final = r"[^\s<>\"'«»“”()\[\]{}|\\^`,;]*[^\s<>\"'«»“”()\[\]{}|\\^`,;.!?:…*_]"


def _site(*names: str) -> str:
    return "(?:" + "|".join(name.replace(".", _LINK_DOT) for name in names) + ")"


# Everything below these is a person, a channel or a group; outlets are named in the record's own columns.
_PERSONAL_SITES: Final = _site(
    "t.me", "telegram.me", "telegram.dog", "vk.com", "vk.ru", "vkontakte.ru", "instagram.com", "instagr.am",
    "facebook.com", "fb.com", "fb.me", "ok.ru", "odnoklassniki.ru", "tiktok.com", "wa.me", "api.whatsapp.com",
    "chat.whatsapp.com", "x.com", "twitter.com", "threads.net", "threads.com", "my.mail.ru", "snapchat.com",
    "bsky.app", "mssg.me", "taplink.cc", "linktr.ee",
)  # fmt: skip
_PROFILE: Final = re.compile(
    rf"(?:h(?:tt|xx)ps?://)?(?<![\w@.-])(?:(?:www|m|mobile|[a-z]{{2}}-[a-z]{{2}}){_LINK_DOT})?(?:"
    rf"{_PERSONAL_SITES}{_SLASH}{_REST}"
    rf"|youtube\.com/(?:@|channel/|user/|c/){_REST}"
    rf"|linkedin\.com/in/{_REST}"
    rf"|[a-z][\w]{{3,31}}\.t\.me\b"
    rf"|[\w-]{{2,40}}\.livejournal\.com\b(?:/{_REST})?"
    rf")|\b(?:tg|viber|whatsapp)://{_REST}",
    re.IGNORECASE,
)
_PROFILE_SIGN: Final = re.compile(r"/|t\.me|livejournal", re.IGNORECASE)


def _profiles(text: str) -> Iterator[tuple[int, int]]:
    if _PROFILE_SIGN.search(text) is not None:
        for match in _PROFILE.finditer(text):
            yield match.span()


# --- handles ---------------------------------------------------------------------------------------------------------

_HANDLE: Final = re.compile(
    # VK wall markup: [id123|Name], @id123 (Name), *id123 (Name); the name goes with it
    r"\[(?:id|club|public)\d+\|[^\]\n]{0,80}\]"
    r"|[@*](?:id|club|public)\d+(?:\s?\([^)\n]{0,80}\))?"
    # @name, @name.surname, Mastodon's @name@host; YouTube lets handles be Cyrillic
    r"|(?<![\w@/.])@(?=[\w.]*[^\W\d])\w[\w.]*\w(?:@[\w-]+(?:\.[\w-]+)+)?",
    re.IGNORECASE,
)
# A blank after the sign is a disguise only if what follows cannot be a place or a word ("встреча @ Almaty").
_SPACED_HANDLE: Final = re.compile(r"(?<![\w@])@\s(?=[A-Za-z0-9.]*[_\d])[A-Za-z][\w.]{3,31}\b")
_NAMED_HANDLE: Final = re.compile(
    r"\b(?:telegram|телеграмм?|тг|tg|инстаграмм?|инста|instagram|insta|whats?app|ватсап|вотсап|тикток|tiktok|"
    r"skype|скайп|никнейм|ник|nick)\s?(?::|—|–|-)\s?(?P<name>[A-Za-z][A-Za-z0-9_.]{2,31}[A-Za-z0-9_])(?![\w.]*[/@])",
    re.IGNORECASE,
)


def _handles(text: str) -> Iterator[tuple[int, int]]:
    if "@" in text or "|" in text or "*" in text:
        for pattern in (_HANDLE, _SPACED_HANDLE):
            for match in pattern.finditer(text):
                yield match.span()
    for match in _NAMED_HANDLE.finditer(text):
        yield match.span("name")


# --- numbers ---------------------------------------------------------------------------------------------------------

# Most texts hold no number that long: one cheap look spares them a dozen patterns.
_FIVE_DIGITS: Final = re.compile(r"\d(?:[^\w\n]{0,5}_{0,2}\d){4}")
_GAP: Final = r"[ \u00a0\t]?[-‐‑‒–—−./_*]?[ \u00a0\t]?"
# Not inside a hash, a path or a longer figure: 43.238949, 1 700 123 45 67, /news/87071234567/.
_BEFORE: Final = r"(?<![A-Za-z\d+/=])(?<!\d[ \u00a0.,-])"
_MONEY: Final = (
    r"(?!\s?(?:тг\b|тенге|теңге|теңг|tenge|kzt|₸|\$|€|₽|%|руб|долл|евро|сом\b|сум\b|тыс|млн|млрд|трлн|милли|шт\b|кв"
    r"|человек|адам))"
)
_AFTER: Final = rf"(?![A-Za-z\d]){_MONEY}"
_CARD: Final = re.compile(rf"{_BEFORE}[2-6]\d{{3}}(?:[ \u00a0-]?\d{{4}}){{3}}(?!\d)")
_IBAN: Final = re.compile(r"\bKZ\s?\d{2}(?:\s?[0-9A-Z]){16}\b")
_CARD_CUE: Final = re.compile(
    r"(?:карт[аеуы]|карточк|kaspi|каспи|halyk|халық|сбер|visa|mastercard)\W{0,20}$", re.IGNORECASE
)


def _cards(text: str) -> Iterator[tuple[int, int]]:
    if _FIVE_DIGITS.search(text) is None:
        return
    for match in _CARD.finditer(text):
        if _luhn(match[0]) or _CARD_CUE.search(text, max(0, match.start() - 40), match.start()):
            yield match.span()
    for match in _IBAN.finditer(text):
        yield match.span()


def _luhn(number: str) -> bool:
    """ISO/IEC 7812-1 check digit."""
    digits = [int(character) for character in number if character.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


# Never in groups of three: "120 515 000 000" is a budget.
_IIN: Final = re.compile(
    rf"{_BEFORE}\d{{6}}(?:[ \u00a0-]?\d{{3}}[ -]?\d{{3}}|[ \u00a0-]\d[ -]?\d{{5}}){_AFTER}"
    rf"|{_BEFORE}\d{{4}}[ \u00a0-]\d{{4}}[ \u00a0-]\d{{4}}{_AFTER}"
    rf"|{_BEFORE}\d(?:[ \u00a0]\d){{11}}(?![\d])(?! ?\d)"
)
_IIN_CUE: Final = re.compile(r"(?:иин|жсн|иік|\biin\b)\W{0,8}$", re.IGNORECASE)
_CUED_IIN: Final = re.compile(r"\d(?:[ \u00a0.-]?\d){11}(?!\d)")


def _iins(text: str) -> Iterator[tuple[int, int]]:
    if _FIVE_DIGITS.search(text) is None:
        return
    for match in _IIN.finditer(text):
        if _is_iin(match[0]):
            yield match.span()
    for match in _CUED_IIN.finditer(text):
        if _IIN_CUE.search(text, max(0, match.start() - 20), match.start()):
            yield match.span()


def _is_iin(text: str) -> bool:
    """Birth date YYMMDD, then century and sex 0–6 (Government decree 853 of 2003; 0: foreigners).

    A company's BIN has 4–6 in the fifth place, so it is no date and stays readable.
    """
    digits = "".join(character for character in text if character.isdigit())
    century = int(digits[6])
    if century > 6:
        return False
    # 0 tells no century: 1900s would only differ on 29 February 1900.
    year = {0: 2000, 1: 1800, 2: 1800, 3: 1900, 4: 1900, 5: 2000, 6: 2000}[century] + int(digits[:2])
    try:
        date(year, int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return False
    return True


_TAIL: Final = (
    rf"(?:\d{{3}}{_GAP}\d{{2}}{_GAP}\d{{2}}|\d{{2}}{_GAP}\d{{2}}{_GAP}\d{{3}}|\d{{2}}{_GAP}\d{{3}}{_GAP}\d{{2}}"
    rf"|\d{{3}}{_GAP}\d{{4}})"
)
# Kazakhstan's and Russia's mobile codes; a bare ten-digit number is a phone only with one of them.
_MOBILE: Final = r"(?:70[0-8]|747|75[0-9]|76[0-4]|77[0-8]|9\d\d)"
_PHONES: Final = (
    # any country: +996 555 12 34 56, 00 1 202 555 0143
    re.compile(rf"(?<![\d+])\+{_GAP}[1-9](?:{_GAP}[()]?{_GAP}\d){{7,14}}{_AFTER}"),
    re.compile(rf"(?<![\d.,])(?<!\d[ \u00a0])00[1-9](?:{_GAP}[()]?{_GAP}\d){{8,13}}{_AFTER}"),
    # 8 (707) 123-45-67, 7.707.123.45.67, 87071234567
    re.compile(rf"{_BEFORE}[78]{_GAP}\(?{_GAP}[3-9]\d{{2}}{_GAP}\)?{_GAP}{_TAIL}{_AFTER}"),
    # 8 (7172) 55-12-34, 8 (71722) 5-12-34, 8 7172 551234
    re.compile(rf"{_BEFORE}[78]{_GAP}\({_GAP}[37]\d{{3,4}}{_GAP}\){_GAP}\d(?:{_GAP}\d){{4,5}}(?!\d)"),
    re.compile(rf"{_BEFORE}[78]{_GAP}[37]\d{{3}}{_GAP}\d{{2}}{_GAP}\d{{2}}{_GAP}\d{{2}}{_AFTER}"),
    # digit by digit: 8 7 0 7 1 2 3 4 5 6 7
    re.compile(rf"{_BEFORE}[78](?:[ \u00a0._*-]{{1,2}}\d){{10}}(?!\d)(?![ .]\d)"),
    # (727) 250-12-34, 707 123 45 67, 7071234567
    re.compile(rf"{_BEFORE}\([3-9]\d{{2,4}}\){_GAP}\d(?:{_GAP}\d){{4,6}}(?!\d)"),
    re.compile(rf"{_BEFORE}{_MOBILE}{_GAP}{_TAIL}{_AFTER}"),
)
# Short city numbers are phones only beside such a word; a date or opening hours after it are none.
_PHONE_CUE: Final = re.compile(
    r"\b(?:тел(?:ефон(?:ы|у|а|ом)?|ефондар\w{0,4})?|тлф|моб(?:ильный)?|сотовый|ұялы|байланыс\w{0,4}|(?:поз)?звоните"
    r"|қоңырау шал\w{0,8}|whats?app|ватсап\w{0,2}|вотсап\w{0,2}|phone|tel|call)\b[^\w\n]{0,6}"
    r"(?!\d{1,2}[./]\d{1,2}[./]\d\d|\d{1,2}[.:]\d\d\s?[-–—])"
    rf"(?P<number>\(?\d(?:[ \u00a0()./-]{{0,2}}\d){{4,11}}){_AFTER}",
    re.IGNORECASE,
)
# Tax and registration numbers of companies: public, and ten digits long in Russia.
_COMPANY_CUE: Final = re.compile(r"\b(?:инн|огрн|кпп|бин|бсн|erid|isbn|issn)\W*_*$", re.IGNORECASE)


def _phones(text: str) -> Iterator[tuple[int, int]]:
    if _FIVE_DIGITS.search(text) is None:
        return
    for pattern in _PHONES:
        for match in pattern.finditer(text):
            if _COMPANY_CUE.search(text, max(0, match.start() - 12), match.start()) is None:
                yield match.span()
    for match in _PHONE_CUE.finditer(text):
        yield match.span("number")


_FINDERS: Final[dict[Kind, Callable[[str], Iterator[tuple[int, int]]]]] = {
    "mail": _mails,
    "profile": _profiles,
    "handle": _handles,
    "card": _cards,
    "iin": _iins,
    "phone": _phones,
}
