"""Groups, places and names as components of a spaCy pipeline, for analysts who work in spaCy.

    from nlp.pipeline import build_pipeline
    doc = build_pipeline("kk")("Қордайда дүнгендер мен қазақтар ас берді")
    doc.spans["groups"]    # label_ a group id; span._.pejorative
    doc.spans["homonyms"]  # ethnonym-shaped words that name no people; span._.kind
    doc.spans["places"]    # label_ a region code or "unknown"; span._.place the record of `shanyraq locate`
    doc.spans["names"]     # persons and organisations, only to be hidden: doc._.masked
    doc._.slotted          # the text as the classifier sees it, doc._.slot_groups who is behind the slots

The answers are those of `groups.find`, `places.locate` and `names.find_names`, to the code point: where a span begins
or ends within a token, the token is split, never the span widened. What is known beside the text (day, home region,
title …) goes in as `doc._.about`, a dict of fields of `reading.Text`.
"""

from __future__ import annotations

import bisect
import functools
import itertools
from collections.abc import Iterable
from typing import Any, Final

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from nlp import groups, names
from nlp.gazetteer import Gazetteer
from nlp.kazakh import Kazakh
from nlp.places import locate
from nlp.reading import Text, place_record

LANGUAGES: Final = ("kk", "ru", "en")
COMPONENTS: Final = ("shanyraq_groups", "shanyraq_places", "shanyraq_names")
UNKNOWN: Final = "unknown"  # label of a place whose region nothing tells: spaCy knows no empty label

# One span as the word lists find it: start, end, label, and what `span._` shall hold.
_Found = tuple[int, int, str, dict[str, Any]]


def build_pipeline(language: str) -> Any:
    """A blank spaCy `Language` for kk, ru or en with the three components; an unknown language is a ValueError."""
    if language not in LANGUAGES:
        raise ValueError(f"no pipeline for language {language!r}; known: {', '.join(LANGUAGES)}")
    pipeline = Kazakh() if language == "kk" else spacy.blank(language)
    for component in COMPONENTS:
        pipeline.add_pipe(component)
    return pipeline


def mark_groups(doc: Doc) -> Doc:
    """Write `doc.spans["groups"]`, `doc.spans["homonyms"]`, `doc._.slotted` and `doc._.slot_groups`."""
    found = groups.find(doc.text)
    slotted = groups.slots(doc.text, found)
    _write(doc, "groups", [(*m.span, m.group, {"pejorative": m.pejorative}) for m in found.mentions])
    _write(doc, "homonyms", [(*h.span, h.group, {"kind": h.kind}) for h in found.homonyms])
    doc._.slotted, doc._.slot_groups = slotted.text, list(slotted.order)
    return doc


def mark_places(doc: Doc) -> Doc:
    """Write `doc.spans["places"]`; `doc._.about` is read first. An unknown field in it is a ValueError."""
    about = doc._.about or {}
    unknown = sorted(set(about) - _ABOUT)
    if unknown:
        raise ValueError(f"doc._.about: unknown field {', '.join(unknown)}; known: {', '.join(sorted(_ABOUT))}")
    places = locate(Text("", doc.text, **about), _gazetteer())
    _write(doc, "places", [(*p.span, p.region or UNKNOWN, {"place": place_record(p)}) for p in places])
    return doc


def mark_names(doc: Doc) -> Doc:
    """Write `doc.spans["names"]` and `doc._.masked`, the text with `[P]` and `[O]` for them."""
    _write(doc, "names", [(*name.span, name.kind, {}) for name in names.find_names(doc.text)])
    doc._.masked = names.mask_names(doc.text)
    return doc


_ABOUT: Final = frozenset({"title", "published_at", "genre", "site", "context", "home_region"})


@functools.cache
def _gazetteer() -> Gazetteer:
    return Gazetteer.load()


def _write(doc: Doc, key: str, found: Iterable[_Found]) -> None:
    """Set one group of spans; tokens are split first where a span's border lies within one."""
    spans = list(found)
    _split_tokens(doc, {offset for start, end, _, _ in spans for offset in (start, end)})
    written = []
    for start, end, label, facts in spans:
        span = doc.char_span(start, end, label=label)
        assert span is not None, (doc.text, start, end)  # the split above made it whole
        for name, value in facts.items():
            span._.set(name, value)
        written.append(span)
    doc.spans[key] = SpanGroup(doc, name=key, spans=written)


def _split_tokens(doc: Doc, offsets: set[int]) -> None:
    """Split tokens so that each offset (code points) stands at a token's border."""
    starts = [token.idx for token in doc]
    inside: dict[int, list[int]] = {}
    for offset in sorted(offsets):
        number = bisect.bisect_right(starts, offset) - 1
        within = offset - starts[number]
        if 0 < within < len(doc[number]):
            inside.setdefault(number, []).append(within)
    if not inside:
        return
    # spaCy keeps spans as token numbers and leaves them behind when tokens are split: they are set again by offset.
    kept = {key: [_offsets_of(span) for span in group] for key, group in doc.spans.items()}
    with doc.retokenize() as retokenizer:
        for number, cuts in inside.items():
            token = doc[number]
            borders = [0, *cuts, len(token)]
            parts = [token.text[a:b] for a, b in itertools.pairwise(borders)]
            retokenizer.split(token, parts, heads=[(token, k) for k in range(len(parts))])
    for key, spans in kept.items():
        again = [
            doc.char_span(start, end, label=label, kb_id=kb_id, span_id=span_id)
            for start, end, label, kb_id, span_id in spans
        ]
        doc.spans[key] = SpanGroup(doc, name=key, attrs=doc.spans[key].attrs, spans=again)


def _offsets_of(span: Span) -> tuple[int, int, int, int, int]:
    return span.start_char, span.end_char, span.label, span.kb_id, span.id


def _register() -> None:
    for owner, extensions in (
        (Doc, ("about", "slotted", "slot_groups", "masked")),
        (Span, ("pejorative", "kind", "place")),
    ):
        for name in extensions:
            owner.set_extension(name, default=None, force=True)
    # Registered by call: as a decorator spaCy, which has no types here, would hide those of the functions.
    for component, mark in zip(COMPONENTS, (mark_groups, mark_places, mark_names), strict=True):
        Language.component(component, func=mark, retokenizes=True)


_register()
