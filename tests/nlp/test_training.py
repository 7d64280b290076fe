"""A network learns, goes on after a break as if there had been none, and its served graph says what it said.

On a random base of two layers and some fifty pieces; needs the extra `train`, skips loudly without it.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from test_base_model import tiny_base

from nlp import pieces
from nlp.base_model import BaseModel
from nlp.encoder import Encoder
from nlp.features import Case
from nlp.gold import UNKNOWN, Labelled
from nlp.labels import heads_of
from nlp.tune import decisions_of

_LOUD = "LOUD SKIP: {} is not installed (train extra), nothing was trained or exported"
torch = pytest.importorskip("torch", reason=_LOUD.format("torch"))
for module in ("transformers", "nncf", "onnx", "onnxscript"):
    pytest.importorskip(module, reason=_LOUD.format(module))

from nlp import export, finetune, network  # noqa: E402 - they import torch

HOSTILE = {"rel": 2, "voice": 1, "time": 0, "frame": 1}
KIND = {"rel": 3, "voice": 0, "time": 1, "frame": 0}
SETTINGS = finetune.Settings(epochs=12, budget=256, body_rate=2e-3, head_rate=5e-3, average=0.9, longest=64)


def item(number: int) -> Labelled:
    """Texts of four sorts: a threat, a feast of two peoples, nobody named, and one with a stance only."""
    sort, filler = number % 4, ", ".join("абвгд"[: 1 + number % 5])
    many: dict[str, list[int] | None] = {h.head: [0] * len(h.codes) for h in heads_of("text") if h.kind == "many"}
    if sort == 0:
        case = Case(f"[G1!] вон из города {filler}", ("uzbek",), genre="comment")
        acts: dict[str, list[int] | None] = {**many, "acts": [0, 1, 0, 0, 0, 0, 0, 0]}
        return Labelled(case, "ru", HOSTILE, acts, [{"st": 0, "sev": 3}], True)
    if sort == 1:
        case = Case(f"[G1] и [G2] вместе, праздник {filler}", ("german", "kazakh"), genre="news")
        return Labelled(case, "kk", KIND, many, [{"st": 2, "sev": 0}, {"st": 1, "sev": 0}], True)
    if sort == 2:
        return Labelled(Case(f"вон, {filler}"), "ru", HOSTILE, many, [{"st": 0, "sev": 1}], True)
    case = Case(f"праздник, а [G1] и [G2] {filler}", ("kurdish", "korean"))
    unknown: dict[str, list[int] | None] = dict.fromkeys(many)
    groups = [{"st": 1, "sev": UNKNOWN}, {"st": UNKNOWN, "sev": UNKNOWN}]
    return Labelled(case, "ru", dict.fromkeys(KIND, UNKNOWN), unknown, groups, False)


ITEMS = [item(number) for number in range(32)]
CASES = [i.case for i in ITEMS]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Sums in one order: what is compared bit by bit must not depend on threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> BaseModel:
    return tiny_base(tmp_path_factory.mktemp("base"))


def fresh(base: BaseModel) -> Any:
    torch.manual_seed(5)
    return network.from_base(base)


def fitted(base: BaseModel, checkpoint: Path, settings: finetune.Settings = SETTINGS, **more: Any) -> Any:
    return finetune.fit(fresh(base), ITEMS, base.tokenizer, settings, checkpoint, **{"log": lambda line: None, **more})


@pytest.fixture(scope="module")
def trained(base: BaseModel, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return fitted(base, tmp_path_factory.mktemp("run") / "x.checkpoint")


def loss(net: Any, base: BaseModel, items: list[Labelled]) -> float:
    weights = finetune.class_weights(ITEMS)
    cut = pieces.cut([i.case for i in items], base.tokenizer)
    net.eval()
    with torch.no_grad():
        return float(finetune.loss_of(net, items, cut, weights, base.tokenizer.token_to_id("<pad>")))


def differences(first: Any, second: Any) -> list[str]:
    other = second.state_dict()
    return [name for name, values in first.state_dict().items() if not torch.equal(values, other[name])]


def test_the_base_weights_are_in_the_network(base: BaseModel) -> None:
    net = fresh(base)
    own = net.body.state_dict()
    assert base.weights.keys() <= own.keys(), "a name the body does not know would be left at random"
    assert all(np.array_equal(own[name].numpy(), values) for name, values in base.weights.items())
    assert np.array_equal(net.word.numpy(), base.word) and not net.word.requires_grad
    ids = torch.tensor([[0, len(base.word) - 1, len(base.word), len(base.word) + len(pieces.SPECIALS) - 1]])
    expected = torch.stack([net.word[0], net.word[-1], net.special[0], net.special[-1]])
    assert torch.equal(net.embedded(ids)[0], expected)


def test_learning_lowers_every_loss_and_leaves_the_word_vectors(base: BaseModel, trained: Any) -> None:
    start = fresh(base)
    for sort in range(4):
        items = ITEMS[sort::4]
        assert loss(trained, base, items) < 0.6 * loss(start, base, items)
    assert "word" not in differences(start, trained)
    scores = finetune.scores_of(trained, CASES, base.tokenizer)
    decisions = decisions_of(ITEMS, scores.text, scores.groups)
    assert decisions.temperature.keys() == {h.head for scope in ("text", "group") for h in heads_of(scope)}


def test_scores_do_not_depend_on_company(base: BaseModel, trained: Any) -> None:
    together = finetune.scores_of(trained, CASES, base.tokenizer)
    alone = [finetune.scores_of(trained, [case], base.tokenizer) for case in CASES]
    np.testing.assert_allclose(np.concatenate([s.text for s in alone]), together.text, atol=1e-4)
    np.testing.assert_allclose(np.concatenate([s.groups for s in alone]), together.groups, atol=1e-4)


class CutShortError(Exception):
    pass


def cut_short(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """A clock by which every step takes six minutes, so each leaves a checkpoint; the run ends after that of `step`."""
    minutes = iter(range(0, 10**9, 360))
    save = finetune._save

    def saved(*arguments: Any) -> None:
        save(*arguments)
        if arguments[-2] == step:
            raise CutShortError

    monkeypatch.setattr(finetune, "time", SimpleNamespace(monotonic=lambda: next(minutes)))
    monkeypatch.setattr(finetune, "_save", saved)


@pytest.mark.parametrize("step", [1, 17])
def test_a_run_cut_short_goes_on_to_the_same_weights(
    base: BaseModel, trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    checkpoint = tmp_path / "new" / "x.checkpoint"
    with monkeypatch.context() as patch:
        cut_short(patch, step)
        with pytest.raises(CutShortError):
            fitted(base, checkpoint)
    lines: list[str] = []
    resumed = fitted(base, checkpoint, log=lines.append)
    assert lines[0].startswith(f"going on from x.checkpoint, step {step} of ")
    assert differences(resumed, trained) == []


def test_a_checkpoint_of_another_run_is_not_gone_on_from(
    base: BaseModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, short = tmp_path / "x.checkpoint", dataclasses.replace(SETTINGS, epochs=1.0)
    with monkeypatch.context() as patch:
        cut_short(patch, 2)
        with pytest.raises(CutShortError):
            fitted(base, checkpoint, short)
    other = dataclasses.replace(short, seed=8)
    lines: list[str] = []
    resumed = fitted(base, checkpoint, other, log=lines.append)
    assert lines[0] == "x.checkpoint is of another run (other texts or settings): starting anew"
    assert differences(resumed, fitted(base, tmp_path / "none", other)) == []


def test_the_watch_sees_the_averaged_weights_and_changes_nothing(base: BaseModel, trained: Any, tmp_path: Path) -> None:
    seen: list[tuple[int, bool, float]] = []

    def watch(net: Any, epoch: int) -> None:
        seen.append((epoch, net.training, loss(net, base, ITEMS)))

    watched = fitted(base, tmp_path / "x.checkpoint", watch=watch)
    assert [epoch for epoch, _, _ in seen] == list(range(12))
    assert not any(training for _, training, _ in seen)
    assert seen[-1][2] == pytest.approx(loss(watched, base, ITEMS))
    assert differences(watched, trained) == []


def test_an_epoch_holds_each_whole_text_once_and_a_share_of_the_others() -> None:
    lengths = [10 + number for number in range(len(ITEMS))]
    half = dataclasses.replace(SETTINGS, stance_share=0.5)
    plans = [finetune.epoch_plan(ITEMS, lengths, half, epoch) for epoch in range(40)]
    whole = {k for k, i in enumerate(ITEMS) if i.complete}
    taken = 0
    for plan in plans:
        chosen = [k for batch in plan for k in batch]
        assert len(chosen) == len(set(chosen)) and whole <= set(chosen)
        assert all(len(batch) * max(lengths[k] for k in batch) <= SETTINGS.budget for batch in plan)
        taken += len(chosen) - len(whole)
    assert 0.35 < taken / 40 / (len(ITEMS) - len(whole)) < 0.65
    assert plans[0] == finetune.epoch_plan(ITEMS, lengths, half, 0) != plans[1]


def test_the_labels_of_a_shaken_text_go_with_its_groups() -> None:
    for seed in range(20):
        shaken = finetune._shaken(ITEMS[1], random.Random(seed))
        stance = dict(zip(shaken.case.order, (g["st"] for g in shaken.groups), strict=True))
        assert stance == {"german": 2, "kazakh": 1}


def test_rates_rise_then_fall() -> None:
    rates = [finetune.rate_at(step, 200, SETTINGS) for step in range(200)]
    assert rates[:16] == [pytest.approx((k + 1) / 16) for k in range(16)]
    assert rates[15:] == sorted(rates[15:], reverse=True)
    assert 0.02 <= rates[-1] < 0.021


def test_a_batch_that_nobody_labelled_teaches_nothing(base: BaseModel) -> None:
    net = fresh(base)
    groups = [dict.fromkeys(("st", "sev"), UNKNOWN)] * 2
    lone = dataclasses.replace(ITEMS[3], groups=groups)
    cut = pieces.cut([lone.case], base.tokenizer)
    finetune.loss_of(net, [lone], cut, finetune.class_weights(ITEMS), 1).backward()


@pytest.fixture(scope="module")
def folder(base: BaseModel, trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    scores = finetune.scores_of(trained, CASES, base.tokenizer)
    card = {"name": "tiny", "decisions": decisions_of(ITEMS, scores.text, scores.groups).to_record()}
    path = tmp_path_factory.mktemp("served") / "tiny"
    export.write_folder(path, trained, base.tokenizer, CASES, card)
    return path


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_the_served_graph_says_what_the_network_said(base: BaseModel, trained: Any, folder: Path, engine: str) -> None:
    reader = Encoder.load(folder, engine)
    assert reader.engine == engine and reader.name.startswith("tiny-")
    full = finetune.scores_of(trained, CASES, base.tokenizer)
    for ours, theirs in zip(reader.scores(CASES), (full.text, full.groups), strict=True):
        assert ours.shape == theirs.shape
        assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.99
        assert np.abs(ours - theirs).mean() < 0.1 * theirs.std()
    hostile, kind = reader.predict(CASES[:2])
    assert (hostile.rel, hostile.acts, [(g.st, g.sev) for g in hostile.groups]) == ("domestic", ("threat",), [(-1, 3)])
    assert (kind.rel, kind.acts, [(g.st, g.sev) for g in kind.groups]) == ("abroad", (), [(1, 0), (0, 0)])


def test_the_folder_is_int8_and_whole(folder: Path) -> None:
    import onnx

    graph = onnx.load(folder / "model.onnx").graph
    kinds = {node.op_type for node in graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    assert sorted(path.name for path in folder.iterdir()) == ["model.json", "model.onnx", "tokenizer.json"]
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"], "no leftovers of the work"
    table = next(
        t for t in graph.initializer if t.dims[:1] == [tiny_rows(folder)] and t.data_type == onnx.TensorProto.INT8
    )
    assert len(table.dims) == 2


def tiny_rows(folder: Path) -> int:
    return int(Encoder.load(folder, "onnxruntime").tokenizer.get_vocab_size())
