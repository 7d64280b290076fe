"""The shipped reader: refused when one byte is not its own, the same answer from both engines, alone or in company."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlp import encoder, pieces
from nlp.encoder import BUDGET, CARD, GRAPH, READER, TOKENIZER, Encoder
from nlp.features import Case
from nlp.verdict import ModelError, Prediction

CASES = (
    Case("Пусть [G1] убираются туда, откуда приехали, гнать их надо из города", ("migrants",), genre="comment"),
    Case("[G1] и [G2] вместе отметили праздник, накрыли общий стол и помогли соседям", ("german", "kazakh")),
    Case("Вон из нашей страны, пока целы!", genre="comment"),
    Case(
        "Ауылда [G1] мен [G2] жастары төбелесіп, үш адам ауруханаға түсті", ("kazakh", "dungan"), "Төбелес", "", "news"
    ),
    Case("Рецепт: [E] с мясом, готовится полчаса", genre="post"),
    Case("In the city [G1] and [G2] students opened a language club", ("korean", "uzbek"), genre="news", where="both"),
    Case("[G1!] понаехали, [G2] терпят, а [G3] молчат. " + "Об этом говорят давно. " * 80, ("a", "b", "c")),
)


@pytest.fixture(scope="module")
def reader() -> Encoder:
    return Encoder.load(READER)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped folder; the graph is a link, so whoever damages it must replace it."""
    copy = tmp_path / "model"
    copy.mkdir()
    (copy / GRAPH).symlink_to(READER / GRAPH)
    shutil.copy(READER / TOKENIZER, copy)
    shutil.copy(READER / CARD, copy)
    return copy


def rewritten(folder: Path, change: Callable[[dict[str, Any]], object], *, hashes: bool = False) -> None:
    """model.json after `change`, with the hashes of what lies there if asked."""
    card = json.loads((folder / CARD).read_text("utf-8"))
    change(card)
    if hashes:
        card["sha256"] = {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in (GRAPH, TOKENIZER)}
    (folder / CARD).write_text(json.dumps(card), "utf-8")


def replaced(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def flipped_bit(folder: Path) -> None:
    content = bytearray((folder / GRAPH).read_bytes())
    content[len(content) // 2] ^= 1
    replaced(folder / GRAPH, bytes(content))


def no_slots(folder: Path) -> None:
    words = (folder / TOKENIZER).read_text("utf-8").replace('"[G3]"', '"[X3]"').replace('"[home]"', '"[house]"')
    (folder / TOKENIZER).write_text(words, "utf-8")
    rewritten(folder, lambda card: None, hashes=True)


def no_tokenizer(folder: Path) -> None:
    (folder / TOKENIZER).write_text("[]", "utf-8")
    rewritten(folder, lambda card: None, hashes=True)


def no_graph(folder: Path) -> None:
    replaced(folder / GRAPH, b"not a graph")
    rewritten(folder, lambda card: None, hashes=True)


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a flipped bit": (flipped_bit, r"model\.onnx: hash \w{12}… is not the one in model\.json; restore the file"),
    "a truncated graph": (
        lambda f: replaced(f / GRAPH, (READER / GRAPH).read_bytes()[:-1]),
        r"model\.onnx: hash \w{12}… is not the one in model\.json; restore the file",
    ),
    "another tokenizer": (lambda f: (f / TOKENIZER).write_text("{}"), r"tokenizer\.json: hash \w{12}… is not the one"),
    "no graph": (lambda f: (f / GRAPH).unlink(), r"model: model not readable \(.*model\.onnx.*\); restore the folder"),
    "no tokenizer": (lambda f: (f / TOKENIZER).unlink(), r"not readable \(.*tokenizer\.json.*\); restore the folder"),
    "no card": (lambda f: (f / CARD).unlink(), r"not readable \(.*model\.json.*\); restore the folder or retrain"),
    "a card of no JSON": (lambda f: (f / CARD).write_text("{"), r"not readable \(.*\); restore the folder or retrain"),
    "a card of a list": (lambda f: (f / CARD).write_text("[]"), r"not readable \(.*\); restore the folder or retrain"),
    "a card of bytes": (lambda f: (f / CARD).write_bytes(b"\xff\x00"), r"not readable \(.*\); restore the folder"),
    "another format": (
        lambda f: rewritten(f, lambda card: card.update(format=2)),
        r"model\.json: format 2, this program reads 3; retrain the model",
    ),
    "no hashes": (lambda f: rewritten(f, lambda card: card.pop("sha256")), r"not readable \('sha256'\); restore"),
    "no hash of the graph": (
        lambda f: rewritten(f, lambda card: card["sha256"].pop(GRAPH)),
        r"model\.json: no hash of model\.onnx; restore the file or retrain the model",
    ),
    "one label more": (
        lambda f: rewritten(f, lambda card: card["labels"]["acts"].append("riot")),
        r"model\.json: labels of acts differ from labels\.toml; retrain the model",
    ),
    "labels in another order": (
        lambda f: rewritten(f, lambda card: card["labels"]["st"].reverse()),
        r"labels of st differ from labels\.toml",
    ),
    "no labels": (
        lambda f: rewritten(f, lambda card: card.pop("labels")),
        r"labels of acts, frame, rel, .* differ from",
    ),
    "no decisions": (
        lambda f: rewritten(f, lambda card: card.pop("decisions")),
        r"model: 'decisions'; restore the folder or retrain the model",
    ),
    "a cut too few": (
        lambda f: rewritten(f, lambda card: card["decisions"]["cut"]["acts"].pop()),
        r"model: no cuts or factors for acts with 8 labels; restore the folder or retrain the model",
    ),
    "a tokenizer without slots": (no_slots, r"tokenizer\.json lacks the pieces \[G3\], \[home\]; restore the folder"),
    "no tokenizer in the file": (no_tokenizer, r"model: .*Tokenizer.*; restore the folder or retrain the model"),
    "no graph in the file": (
        no_graph,
        r"model\.onnx: no engine opens it \(openvino: .*; onnxruntime: .*\); install openvino or onnxruntime",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_folder_is_refused_in_one_sentence(folder: Path, damage: str) -> None:
    spoil, sentence = DAMAGE[damage]
    spoil(folder)
    with pytest.raises(ModelError, match=sentence) as refused:
        Encoder.load(folder)
    assert str(folder) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_unknown_engine_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="unknown engine 'tensorrt'; known: openvino, onnxruntime"):
        Encoder.load(READER, "tensorrt")


def test_one_missing_engine_gives_way_to_the_other_and_two_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert Encoder.load(READER).engine == "onnxruntime"
    with pytest.raises(
        ModelError, match=r"no engine opens it \(openvino: ModuleNotFoundError .*\); install openvino or"
    ):
        Encoder.load(READER, "openvino")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match=r"\(openvino: .*; onnxruntime: .*\); install openvino or onnxruntime"):
        Encoder.load(READER)


def test_the_shipped_folder_is_small_and_says_what_it_is(reader: Encoder) -> None:
    assert sum(path.stat().st_size for path in READER.iterdir()) <= 60_000_000
    assert {"name", "recipe", "licence", "data", "lexicon_hash", "longest", "decisions"} <= set(reader.card)
    assert reader.card["longest"] == pieces.LONGEST
    assert reader.name == f"reader-{reader.model_hash[:12]}"
    assert reader.engine == "openvino"
    first = reader.tokenizer.token_to_id(pieces.SPECIALS[0])
    ids = [reader.tokenizer.token_to_id(token) for token in pieces.SPECIALS]
    assert ids == list(range(first, first + len(ids))), "the graph's table has the special tokens in this order"


def test_another_card_is_another_model(folder: Path, reader: Encoder) -> None:
    assert Encoder.load(folder, "onnxruntime").model_hash == reader.model_hash
    rewritten(folder, lambda card: card["decisions"]["cut"]["sev"].__setitem__(0, 0.123))
    assert Encoder.load(folder, "onnxruntime").model_hash != reader.model_hash


def answers(predictions: Sequence[Prediction]) -> list[Any]:
    """Every single answer, in order: one of each one-of head, yes or no of each any-of label, two of each group."""
    told: list[Any] = []
    for p in predictions:
        told += [p.rel, p.voice, p.time, p.frame]
        told += [code in chosen for head, chosen in (("acts", p.acts), ("themes", p.themes)) for code in p.p[head]]
        told += [answer for group in p.groups for answer in (group.st, group.sev)]
    return told


def differing(first: Sequence[Prediction], second: Sequence[Prediction]) -> int:
    return sum(a != b for a, b in zip(answers(first), answers(second), strict=True))


def test_both_engines_say_the_same(reader: Encoder) -> None:
    other = Encoder.load(READER, "onnxruntime")
    for ours, theirs in zip(reader.scores(CASES), other.scores(CASES), strict=True):
        assert ours == pytest.approx(theirs, abs=0.3)  # scores spread over ten; measured .13 at most
    ours, theirs = reader.predict(CASES), other.predict(CASES)
    # One in a hundred may stand on its cut: kernels round differently.
    assert differing(ours, theirs) <= len(answers(ours)) // 100


def test_company_and_order_do_not_change_an_answer(reader: Encoder) -> None:
    text, group = reader.scores(CASES)
    alone = [reader.scores([case]) for case in CASES]
    # Other shapes round int8 sums otherwise: scores spread over ten, measured .04 at most.
    assert np.concatenate([t for t, _ in alone]) == pytest.approx(text, abs=0.05)
    assert np.concatenate([g for _, g in alone]) == pytest.approx(group, abs=0.05)
    together = reader.predict(CASES)
    assert [len(p.groups) for p in together] == [len(case.targets) for case in CASES]
    assert differing([reader.predict([case])[0] for case in CASES], together) <= 1  # one may stand on its cut
    assert differing(reader.predict(CASES[::-1])[::-1], together) <= 1
    assert reader.predict([]) == []


def test_hostile_is_told_from_friendly_whoever_is_meant(reader: Encoder) -> None:
    hostile, friendly = CASES[0], CASES[1]
    named = ("kazakh", "russian", "uyghur", "x" * 50, "")
    first, *others = reader.predict([Case(hostile.text, (name,), genre=hostile.genre) for name in named])
    assert all(other == first for other in others)
    told, kind = reader.predict([hostile, friendly])
    assert min(g.p["sev"]["0"] for g in kind.groups) > told.groups[0].p["sev"]["0"] + 0.3
    assert (told.groups[0].st, kind.acts) == (-1, ("cooperation",))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=80), min_size=1, max_size=4))
def test_any_text_has_finite_scores(reader: Encoder, texts: list[str]) -> None:
    text, group = reader.scores([Case(f"[G1] {t}", ("kazakh",)) for t in texts])
    assert np.isfinite(text).all() and np.isfinite(group).all()


def test_a_batch_never_holds_more_than_the_budget() -> None:
    seen: list[pieces.Batch] = []
    tokenizer = encoder.tokenizer_of((READER / TOKENIZER).read_bytes())

    def run(batch: pieces.Batch) -> tuple[Any, Any]:
        # Each case's scores are its first word and how many of its pieces stand for each target: a swap would show.
        seen.append(batch)
        return batch.ids[:, 5:6].astype(np.float32), batch.member.max(axis=2)[:, :, None]

    chance = np.random.default_rng(0)
    words = ("вот", "там", "тут", "город", "село", "вода")
    cases = []
    for k in range(60):
        named, rest = "[G1] " * (1 + k % 3) + "[G2] " * (k % 2), "слово " * int(chance.integers(0, 300))
        cases.append(Case(f"{words[k % 6]} {named}{rest}", ("kazakh", "russian")[: 1 + k % 2]))
    made = Encoder(run, tokenizer, Any, {"name": "n"}, "0" * 64, "none")
    text, group = made.scores(cases)
    cut = pieces.cut(cases, tokenizer)
    assert all(batch.ids.size <= BUDGET for batch in seen)
    # Long texts that differ behind the cut alone are one text here: it is read once, and each case gets its scores.
    assert sum(len(batch.ids) for batch in seen) == len(set(cut)) < len(cases)
    assert text[:, 0].tolist() == [p.ids[5] for p in cut]
    shares = [1 / max(1, p.slot.count(target)) for p in cut for target in range(1, p.targets + 1)]
    assert group[:, 0] == pytest.approx(shares)
