"""Bytes of a page → text, when the page lies about its charset, as old Cyrillic sites do.

Valid UTF-8 wins, since text in another Cyrillic charset is practically never valid UTF-8 by accident; otherwise the
candidates are tried and the one that reads most like a Cyrillic (or Latin) language is taken, the declared one first
among equals.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from resiliparse.parse.encoding import detect_encoding

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED: Final = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
# kz1048 (RK1048:2002) is windows-1251 with the Kazakh letters in places where Russian text has none.
_CANDIDATES: Final = ("windows-1251", "kz1048", "koi8-r", "ibm866", "iso-8859-5", "mac-cyrillic")
_SAMPLE: Final = 60_000  # characters judged; beyond that the picture does not change

# The fifteen commonest letters of Russian (86 % of running text) and the Kazakh ones; words are lower case but for
# their first letter, which tells windows-1251 from the charsets that swap cases (koi8-r).
_COMMON: Final = frozenset("оеаинтсрвлкмдпыуяқғәңөұүһі")
_CYRILLIC_RUN: Final = re.compile(r"[А-Яа-яЁёӘәҒғҚқҢңӨөҰұҮүҺһІі]+")


def text_of(body: bytes, content_type: str | None = None) -> str:
    """The page as text; never fails: what no candidate can read is replaced by U+FFFD."""
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body.decode(name, "replace").removeprefix("\ufeff")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = _declared(body, content_type)
    names = [*declared, *_CANDIDATES]
    if guess := detect_encoding(body):
        names.insert(len(declared), guess)
    # One broken byte in a UTF-8 page must not make it windows-1251 mojibake: UTF-8 stands if it reads best.
    names.append("utf-8")
    best, best_score = "", -1.0
    for name in dict.fromkeys(names):
        try:
            text = body.decode(name, "replace")
        except (LookupError, UnicodeError):  # a charset that does not exist, or a codec that is not for text
            continue
        score = _plausibility(text)
        if score > best_score + 0.01:  # a later candidate must be clearly better than the declared one
            best, best_score = text, score
    return best


def _declared(body: bytes, content_type: str | None) -> list[str]:
    """Charsets named by the header, then by the page; only such as Python can decode text with."""
    found = [match[1] for match in _DECLARED.finditer((content_type or "").encode("ascii", "replace"))]
    found += [match[1] for match in _DECLARED.finditer(body[:4096])]
    names: list[str] = []
    for name in (item.decode("ascii") for item in found):
        try:
            codec = codecs.lookup(name)
        except LookupError:
            continue
        names.append(codec.name)
    return names


def _plausibility(text: str) -> float:
    """0…1: share of letters beyond ASCII that are common lower-case Cyrillic in runs of one case, less damage."""
    sample = re.sub(r"[\x00-\x7f]+", " ", text[: _SAMPLE * 4])[:_SAMPLE]
    beyond = len(sample) - sample.count(" ")
    if beyond == 0:
        return 0.0
    good = 0
    for run in _CYRILLIC_RUN.findall(sample):
        if run[1:].islower() or run.isupper() or len(run) == 1:
            good += sum(letter in _COMMON for letter in run.lower()) - (len(run) if run.isupper() else 0) // 2
    return max(0.0, (good - 3 * sample.count("\ufffd")) / beyond)
