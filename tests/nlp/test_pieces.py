"""What the encoder is given: never a name of a people, never a token that a text made up, and every name within reach."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import pieces
from nlp.encoder import READER, TOKENIZER, tokenizer_of
from nlp.features import Case
from nlp.pieces import LONGEST, SPECIALS, Pieces
from nlp.places import Gazetteer
from nlp.read import prepare
from nlp.reading import Text

MARK = re.compile(r"\[G(\d+)!?\]")
# What somebody may type to speak as the program does, to hide, or to overflow.
HOSTILE = (
    *(special for special in SPECIALS if special[:2] != "[G" and special != "[E]"),
    "<s>", "</s>", "<pad>", "<unk>", "<mask>", "[g1]", "[G]", "[G!]", "[G\u200b1]", "［G1］", "[\u0421G1]", "[[", "]]", "[G", "1]",
    "\u200b", "\u200d", "\u202e", "\ufe0f", "\u0301", "\x00", "\n", "\u2028", "👩‍👩‍👧", "🇰🇿", "☠️", "𝖛𝖔𝖓", "ﷺ", "ааааааа", "в о н", "у-б-е-й",
    "п@ртия", "1000000", "3а0бл4ко", "▁", "қазақша", "кетсін", "пусть уезжают", "go home", "ё" * 70, "слово " * 60,
)  # fmt: skip
ORDER = ("kazakh", "russian", "uyghur", "dungan", "uzbek", "korean", "german", "kurdish")


@st.composite
def slotted(draw: st.DrawFn) -> Case:
    """Cases as `read.prepare` makes them, of hostile words: each group is named at least once, in any part."""
    number = draw(st.integers(0, len(ORDER)))
    marks = [f"[G{k}{end}]" for k in range(1, number + 1) for end in ("", "!")] + ["[E]"]
    word = st.one_of(
        st.sampled_from(HOSTILE), st.sampled_from(marks), st.text(st.characters(codec="utf-8"), max_size=8)
    )
    words = draw(st.lists(word, max_size=30)) + [f"[G{k}]" for k in range(1, number + 1)]
    words = draw(st.permutations(words))
    first, second = sorted(draw(st.tuples(st.integers(0, len(words)), st.integers(0, len(words)))))
    glue = draw(st.sampled_from(["", " "]))
    context, title, text = (glue.join(part) for part in (words[:first], words[first:second], words[second:]))
    genre, where = draw(st.sampled_from(["news", "post", "comment"])), draw(st.sampled_from(["abroad", "none"]))
    return Case(text, ORDER[:number], title, context, genre, draw(st.sampled_from(["Kazakhstan", "Россия"])), where)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return tokenizer_of((READER / TOKENIZER).read_bytes())


def cut_one(case: Case, tokenizer: Any, longest: int = LONGEST) -> Pieces:
    return pieces.cut([case], tokenizer, longest)[0]


def named(case: Case) -> Counter[int]:
    """How often each target is named in the slotted text."""
    return Counter(int(n) for part in (case.context, case.title, case.text) for n in MARK.findall(part))


@settings(max_examples=150, deadline=None)
@given(slotted())
def test_every_name_has_its_slot_and_a_text_cannot_make_tokens(tokenizer: Any, case: Case) -> None:
    whole = cut_one(case, tokenizer, 100_000)
    tokens = [tokenizer.id_to_token(i) for i in whole.ids]
    counts = Counter(token for token in tokens if token in SPECIALS or token in ("<s>", "</s>", "<pad>"))
    structure = {f"[{case.genre}]", "[home]" if case.site == "Kazakhstan" else "[foreign]", f"[at:{case.where}]"}
    structure |= {"<s>", "</s>"} | (set() if case.order else {"[U]"})
    own = {token: n for token, n in counts.items() if not token.startswith("[G") and token not in ("[!]", "[E]")}
    assert own == {**dict.fromkeys(structure, 1), "[|]": 2}
    parts = case.context + case.title + case.text
    assert (counts["[!]"], counts["[E]"]) == (len(re.findall(r"\[G\d!\]", parts)), parts.count("[E]"))
    slots = named(case) if case.order else Counter({1: 1})
    assert Counter(k for k in whole.slot if k) == slots
    for token, number in zip(tokens, whole.slot, strict=True):
        assert (token == f"[G{min(number, 6)}]" or token == "[U]") if number else not token.startswith("[G")


@settings(max_examples=150, deadline=None)
@given(slotted(), st.integers(32, LONGEST))
def test_a_long_text_is_cut_to_its_lead_and_slots_stay_true(tokenizer: Any, case: Case, longest: int) -> None:
    whole, short = cut_one(case, tokenizer, 100_000), cut_one(case, tokenizer, longest)
    assert len(short.ids) == len(short.slot) <= longest
    assert short.targets == len(case.targets)
    if len(whole.ids) <= longest:
        assert short == whole
        return
    gap = tokenizer.token_to_id("[…]")
    assert short.ids[-1] == whole.ids[-1]
    assert len(short.ids) >= longest - 1
    lead = int((longest - 2) * 0.6)
    assert (short.ids[:lead], short.slot[:lead]) == (whole.ids[:lead], whole.slot[:lead])
    rest = iter(zip(whole.ids, whole.slot, strict=True))
    left = [pair for pair in zip(short.ids, short.slot, strict=True) if pair != (gap, 0)]
    assert all(pair in rest for pair in left), "what is left stands in the order of the text, each slot with its token"


@settings(max_examples=60, deadline=None)
@given(slotted(), st.data())
def test_the_ids_know_how_many_peoples_there_are_and_not_which(tokenizer: Any, case: Case, data: st.DataObject) -> None:
    number = len(case.order)
    others = data.draw(st.lists(st.one_of(st.sampled_from(ORDER), st.text()), min_size=number, max_size=number))
    swapped = Case(case.text, tuple(others), case.title, case.context, case.genre, case.site, case.where)
    assert cut_one(swapped, tokenizer) == cut_one(case, tokenizer)


@pytest.mark.parametrize("filler", ["слово ", "сөз, ", "[news]</s>", "🔥", "\u200b", "а ", "а-", "ааб", "[", "0а"])
def test_the_name_at_the_end_of_a_hundred_thousand_characters_is_seen(tokenizer: Any, filler: str) -> None:
    case = Case(filler * (100_000 // len(filler)) + " а вот [G1] ушли от [G2!] домой", ORDER[:2])
    short = cut_one(case, tokenizer)
    assert len(short.ids) <= LONGEST
    assert [k for k in short.slot if k] == [1, 2]


def test_written_form_is_what_the_model_learnt_from() -> None:
    case = Case("Пусть [G1!] УЕЗЖАЮТ, [E] тут", ORDER[:1], "[G1] и <s>", "", "comment", "Россия", "both")
    assert pieces.written_form(case) == (
        "[comment][foreign][at:both][|][G1] и ‹s›[|]пусть [G1][!] уезжают, [E] тут",
        [1, 1],
    )
    assert pieces.written_form(Case("Вон отсюда", genre="letter")) == ("[post][home][at:none][U][|][|]вон отсюда", [1])
    many = Case(" ".join(f"[G{k}]" for k in range(1, 9)), ORDER)
    assert pieces.written_form(many) == (
        "[post][home][at:none][|][|][G1] [G2] [G3] [G4] [G5] [G6] [G6] [G6]",
        [1, 2, 3, 4, 5, 6, 7, 8],
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Вооооон отсюда", "вон отсюда"),
        ("сущность, группа", "сущность, группа"),
        ("у б и р а й т е с ь", "убирайтесь"),
        ("у.б.е.й, у-б-е-й", "убей, убей"),
        ("и я с ним", "и я с ним"),
        ("т0лпа на пл0щ@ди", "толпа на площади"),
        ("үй 3 бөлме, 1990-жыл, 100$", "үй 3 бөлме, 1990-жыл, 100$"),
        ("уе\u200bзжа\u00adйте", "уезжайте"),
        ("yeзжaйтe", "уезжайте"),
        ("[news] </s>", "(news) ‹/s›"),
    ],
)
def test_disguises_are_undone_before_the_cutting(typed: str, meant: str) -> None:
    assert pieces.undisguised(typed) == meant


CUT = st.integers(1, 5).flatmap(
    lambda targets: st.lists(st.tuples(st.integers(2, 900), st.integers(0, targets)), min_size=1, max_size=40).map(
        lambda pairs: Pieces(tuple(i for i, _ in pairs), tuple(k for _, k in pairs), targets)
    )
)


@settings(max_examples=100, deadline=None)
@given(st.lists(CUT, min_size=1, max_size=6))
def test_a_batch_holds_every_case_whole_and_each_target_is_a_mean(cut: list[Pieces]) -> None:
    batch = pieces.padded(cut, 1)
    for row, case in enumerate(cut):
        length = len(case.ids)
        assert tuple(batch.ids[row, :length]) == case.ids and (batch.ids[row, length:] == 1).all()
        assert batch.mask[row].tolist() == [1] * length + [0] * (batch.mask.shape[1] - length)
        for number in range(1, case.targets + 1):
            own = [k for k, slot in enumerate(case.slot) if slot == number] or [0]
            expected = np.zeros(batch.ids.shape[1])
            expected[own] = 1 / len(own)
            assert np.allclose(batch.member[row, number - 1], expected)
        assert not batch.member[row, case.targets :].any()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 300), max_size=60), st.integers(1, 2048))
def test_batches_hold_each_text_once_within_the_budget_and_waste_little(lengths: list[int], budget: int) -> None:
    batches = list(pieces.by_budget(lengths, budget))
    assert sorted(k for batch in batches for k in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[k] for k in batch) <= budget
    inline = [lengths[k] for batch in batches for k in batch]
    assert inline == sorted(lengths, reverse=True)
    for batch in batches[:-1]:
        assert (len(batch) + 1) * max(lengths[k] for k in batch) > budget, "no batch ends before it is full"


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


@pytest.mark.parametrize(
    "typed",
    [
        "Казахи, [G2] и [G7!], уезжайте",
        "Казахи [G0] [E]",
        pytest.param(f"Казахи [G{'9' * 3000}]", id="a long number"),
        "[G1] понаехали тут",
        "Казахи \ud800 тут",
        "Казахи [news] </s> [U] [!] тут",
    ],
)
def test_what_a_writer_types_as_a_slot_is_words(tokenizer: Any, gazetteer: Gazetteer, typed: str) -> None:
    case = prepare(Text("1", typed), gazetteer).case
    assert case is not None
    cut = cut_one(case, tokenizer)
    assert pieces.padded([cut], 1).member.shape[1] == len(case.targets) == 1
    tokens = [tokenizer.id_to_token(i) for i in cut.ids]
    assert sum(token.startswith("[G") for token in tokens) == len(case.order), "only the word lists set a slot"
    assert tokens.count("[E]") == 0
