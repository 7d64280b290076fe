"""The reading of one text, step by step: language → groups → gate → places → classify → the codebook's rules.

In: texts as stored (already masked). Out: readings in the same order. Nothing here knows the clock or chance: the
same text, model and word lists give the same reading.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from crawlers.article import Article
from crawlers.layout import Window, World, whole_file
from crawlers.outcomes import Outcome
from nlp import gate, groups
from nlp.classify import Baseline
from nlp.encoder import GRAPH, READER, Encoder
from nlp.features import UNSPECIFIED, Case
from nlp.language import identify
from nlp.normalise import fold, latin_readings
from nlp.places import Gazetteer, headline_region, is_home_site, locate
from nlp.reading import GroupReading, Place, Reading, Span, Text
from nlp.verdict import Classifier, Prediction

BATCH: Final = 256  # texts of like length share a batch of the encoder: the more to choose from, the less padding
_CUT: Final = "\n␞\n"  # stands between headline, title and text while groups are numbered over all three
# A text is judged by its title and lead (codebook, "Unit"), characters; groups and places are found in all of it.
_LEAD: Final = 4_000
_WORD_OR_SLOT: Final = re.compile(r"\[(?:G\d+!?|E)\]|[^\W\d_]+")
_UNSEEN: Final = re.compile(  # joiners, marks of direction, variation selectors, soft hyphens
    r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f]"
)
_PICTURE: Final = re.compile(r"[\u2190-\u2bff\U0001f000-\U0001faff]")  # arrows, dingbats, emoji


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text after the word lists: what the gate lets through has a `case` for the classifier."""

    text: Text
    language: str
    spans: dict[str, list[Span]]  # by group, in order of first mention in headline, title, text
    places: tuple[Place, ...]
    case: Case | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A text that could not be read, and why in one line."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Reader:
    """The pipeline with its model and word lists; `lexicon_hash` names the state of the lists."""

    classifier: Classifier
    gazetteer: Gazetteer
    lexicon_hash: str

    @classmethod
    def load(cls, model_folder: Path | None = None, gazetteer_extra: Path | None = None) -> Reader:
        """The shipped reader unless another model folder is named; `gazetteer_extra` adds invented villages."""
        model = load_classifier(model_folder or READER)
        return cls(model, Gazetteer.load(gazetteer_extra), lexicon_hash(gazetteer_extra))

    @property
    def model_hash(self) -> str:
        return self.classifier.model_hash

    def read(self, texts: Iterable[Text]) -> Iterator[Reading]:
        """Readings in the order of the texts; a text that cannot be read raises ValueError with its id."""
        for result in self.read_each(texts):
            if isinstance(result, Failure):
                raise ValueError(f"text {result.id!r}: {result.why}")
            yield result

    def read_each(self, texts: Iterable[Text]) -> Iterator[Reading | Failure]:
        """The same, but a bad text becomes a `Failure` and never stops the rest."""
        rest = iter(texts)
        while batch := list(itertools.islice(rest, BATCH)):
            prepared = [self._prepare_or_fail(text) for text in batch]
            open_cases = [item.case for item in prepared if isinstance(item, Prepared) and item.case]
            predictions = iter(self._predict_each(open_cases))
            for item in prepared:
                predicted = next(predictions) if isinstance(item, Prepared) and item.case else None
                if isinstance(item, Failure):
                    yield item
                elif isinstance(predicted, str):
                    yield Failure(item.text.id, predicted)
                else:
                    yield reading_of(item, predicted, self.classifier.name)

    def _predict_each(self, cases: Sequence[Case]) -> list[Prediction | str]:
        """A prediction for each case, or what went wrong with it: one odd text must not cost its neighbours theirs."""
        try:
            return list(self.classifier.predict(cases))
        except Exception as error:
            if len(cases) == 1:
                return [f"{type(error).__name__}: {error}"]
            return [answer for case in cases for answer in self._predict_each([case])]

    def _prepare_or_fail(self, text: Text) -> Prepared | Failure:
        try:
            return prepare(text, self.gazetteer)
        except Exception as error:  # one bad text becomes an outcome, whatever is wrong with it
            return Failure(text.id, f"{type(error).__name__}: {error}")


def load_classifier(folder: Path) -> Classifier:
    """The model of a folder, whatever its kind; a folder that holds none is a `ModelError`."""
    if (folder / "checkpoint.toml").exists():
        from nlp import checkpoint  # noqa: PLC0415 - torch is an extra

        return checkpoint.load(folder, Encoder.load(READER))
    if (folder / GRAPH).exists():
        return Encoder.load(folder)
    return Baseline.load(folder)


def prepare(text: Text, gazetteer: Gazetteer) -> Prepared:
    """Language, groups, gate and places of one text."""
    parts = [part.replace("␞", " ") for part in (text.context or "", text.title or "", text.text)]
    whole = _CUT.join(parts)
    start = len(whole) - len(text.text)
    found = groups.find(whole)
    spans: dict[str, list[Span]] = {}
    for mention in found.mentions:
        first, last = mention.span[0] - start, mention.span[1] - start
        spans.setdefault(mention.group, []).extend([(first, last)] if first >= 0 else [])
    places = locate(text, gazetteer)
    guess = identify(lead_of(text.text))
    if not gate.passes(whole, found):
        return Prepared(text, guess.code, {}, places, None)
    slotted = groups.slots(whole, found)
    context, title, body = slotted.text.split(_CUT)
    if guess.code == "kk" and guess.script == "Latn":
        body = _WORD_OR_SLOT.sub(_cyrillic, body)
    site = "Kazakhstan" if is_home_site(text.site) else text.site
    named = [span for group in spans.values() for span in group]
    named += [(homonym.span[0] - start, homonym.span[1] - start) for homonym in found.homonyms]
    where = where_of([place for place in places if not _overlaps(place.span, named)])
    if where == "none":
        where = where_of(_headline_places(text, gazetteer))
    case = Case(lead_of(body), tuple(slotted.order), title, context, text.genre, site, where)
    return Prepared(text, guess.code, spans, places, case)


def lead_of(text: str) -> str:
    """The part that is judged: its words, one space between them.

    Pictures, zero-width characters and empty lines are passed over first, or a row of them would push the words out.
    """
    # Twenty raw characters for one kept are more than any honest text has, and bound the work on a dishonest one.
    seen = _PICTURE.sub(" ", _UNSEEN.sub("", text[: 20 * _LEAD]))
    return " ".join(seen.split())[:_LEAD]


def where_of(places: Sequence[Place]) -> str:
    """kazakhstan, abroad, both or none: the places a text names."""
    abroad = any(place.role == "abroad" for place in places)
    at_home = any(place.role != "abroad" for place in places)
    return "both" if abroad and at_home else "abroad" if abroad else "kazakhstan" if at_home else "none"


def reading_of(item: Prepared, prediction: Prediction | None, model: str) -> Reading:
    """The codebook's rules over what the model chose; without a prediction the gate's empty answer."""
    head = (item.text.id, item.language)
    if prediction is None:
        return Reading(*head, "none", "report", "current", (), "none", (), (), item.places, {}, model)
    # "None" means that no group is spoken of: where one is named, the least is a mention.
    rel = "mention" if prediction.rel == "none" and item.spans else prediction.rel
    related = rel in ("domestic", "abroad")
    told = tuple(
        GroupReading(group, judged.st, judged.sev, tuple(item.spans.get(group, ())), judged.p)
        for group, judged in zip(item.case.targets if item.case else (), prediction.groups, strict=True)
        # A people nobody names enters only where something is said about it ("let them go home").
        if group in item.spans or (related and group == UNSPECIFIED and (judged.sev or judged.st))
    )
    return Reading(
        *head,
        rel,
        prediction.voice,
        prediction.time,
        prediction.acts if related else (),
        prediction.frame if related else "none",
        prediction.themes if rel != "none" else (),
        told,
        item.places,
        prediction.p,
        model,
    )


def read_window(source_id: str, world: World, window: Window, reader: Reader, *, force: bool = False) -> dict[str, int]:
    """Read one source's articles of a window; write its readings and outcomes; counts of read, gated, failed.

    A window whose articles were read before by the same model and word lists is left as it is: its counts are told
    again. The key of that reading stands beside the file and is written last. A reading's line also holds the region
    that the headline names: the text of many a news item names none.
    """
    articles = world.articles(source_id, window)
    readings, outcomes = world.readings(source_id, window), world.outcomes("read", source_id, window)
    key_file = readings.with_suffix(".key")
    key = f"{hashlib.sha256(articles.read_bytes()).hexdigest()} {reader.model_hash} {reader.lexicon_hash}\n"
    if not force and readings.exists() and key_file.exists() and key_file.read_text("utf-8") == key:
        with outcomes.open(encoding="utf-8") as lines:
            return {**_NOTHING, **Counter(str(json.loads(line)["word"]) for line in lines)}
    counts: Counter[str] = Counter(_NOTHING)
    with articles.open(encoding="utf-8") as lines, whole_file(readings) as told, whole_file(outcomes) as fates:
        texts = (text_of(Article.from_json(line)) for line in lines)
        for text, result in _paired(texts, reader):
            word = "failed" if isinstance(result, Failure) else "read" if result.p else "gated"
            if isinstance(result, Reading):
                record = {**result.to_record(), "headline_region": headline_region(text, reader.gazetteer)}
                line = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
                told.write(line + "\n")
            fates.write(Outcome("read", source_id, result.id, word).to_json() + "\n")
            counts[word] += 1
    with whole_file(key_file) as handle:
        handle.write(key)
    return dict(counts)


_NOTHING: Final = {"read": 0, "gated": 0, "failed": 0}


def _paired(texts: Iterable[Text], reader: Reader) -> Iterator[tuple[Text, Reading | Failure]]:
    first, second = itertools.tee(texts)  # the reader runs one batch ahead at most
    return zip(first, reader.read_each(second), strict=True)


def text_of(article: Article) -> Text:
    """The part of an article that is read."""
    return Text(
        article.article_id,
        article.text,
        article.title,
        article.published_at,
        article.genre,
        article.site,
        article.context,
        article.home_region,
    )


def lexicon_hash(gazetteer_extra: Path | None = None) -> str:
    """SHA-256 over every word list beside this file, in order of name, and the extra gazetteer."""
    folder = Path(__file__).parent
    lists = sorted(path for path in folder.iterdir() if path.suffix in (".csv", ".toml") and path.name != "labels.toml")
    digest = hashlib.sha256()
    for path in [*lists, *([gazetteer_extra] if gazetteer_extra else [])]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _overlaps(span: Span, others: Iterable[Span]) -> bool:
    # "Қытай" is a country and a people: where it names the people it says nothing about the place.
    return any(first < span[1] and span[0] < last for first, last in others)


def _cyrillic(match: re.Match[str]) -> str:
    # Kazakh in Latin letters is rare in what the classifier learnt from: it reads it in Cyrillic ones.
    readings = () if match[0].startswith("[") else latin_readings(fold(match[0]).text)
    return readings[-1] if readings else match[0]


def _headline_places(text: Text, gazetteer: Gazetteer) -> tuple[Place, ...]:
    headline = " ".join(part for part in (text.title, text.context) if part)
    if not headline:
        return ()
    found = groups.find(headline)
    named = [m.span for m in found.mentions] + [h.span for h in found.homonyms]
    told = locate(replace(text, text=headline, title=None, context=None), gazetteer)
    return tuple(place for place in told if not _overlaps(place.span, named))
