"""A checkpoint made on the spot answers the heads it is configured for, blind to who is named; a bad folder is refused."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp import checkpoint, groups
from nlp.checkpoint import PLAN, Answer, Plan, Plugged, Words, hashes_of, load, read_plan, view
from nlp.features import Case
from nlp.labels import read_labels
from nlp.verdict import GroupPrediction, ModelError, Prediction

ROOT = Path(__file__).parents[2]
needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="LOUD SKIP: torch is not installed (train extra), no checkpoint was opened",
)
SENTIMENTS = ("NEGATIVE", "NEUTRAL", "POSITIVE")
RU = Words("эти люди", "другие люди", "эти чужаки", "местный")
TWO = Case("[G1] и [G2] вместе ели [E] плов, а [G2!] ушли раньше", ("kazakh", "uzbek"), title="Праздник [G1]")


@dataclass
class Shipped:
    """Stands for the shipped model: the same answer to every case."""

    name: str = "shipped-1"
    model_hash: str = "1" * 64
    seen: list[Case] = field(default_factory=list)

    def predict(self, cases: Sequence[Case]) -> list[Prediction]:
        self.seen.extend(cases)
        p = {"rel": {"domestic": 1.0}, "acts": {"clash": 0.9, "threat": 0.8}}
        group = GroupPrediction(1, 0, {"st": {"-1": 0.1, "0": 0.2, "1": 0.7}, "sev": {"0": 1.0}})
        return [
            Prediction(
                "domestic", "report", "current", "none", ("clash", "threat"), ("land",), (group,) * len(c.targets), p
            )
            for c in cases
        ]


def folder_from_the_docs(folder: Path) -> Path:
    """`checkpoint.toml` as docs/plug-in-model.md prints it, beside a config.json and files that are no checkpoint."""
    model = folder / "model"
    model.mkdir(parents=True)
    config = {"id2label": dict(enumerate(SENTIMENTS)), "max_position_embeddings": 64}
    (model / "config.json").write_text(json.dumps(config))
    for name in ("model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        (model / name).write_text("{}")
    text = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "plug-in-model.md").read_text("utf-8"), re.S)
    assert len(text) == 1
    write_plan(folder, text[0])
    return folder


def write_plan(folder: Path, text: str) -> None:
    """The text with the hashes of the files that are there."""
    body = text.partition("[sha256]")[0]
    hashes = "\n".join(f'"{name}" = "{digest}"' for name, digest in hashes_of(folder / "model").items())
    (folder / PLAN).write_text(f"{body}[sha256]\n{hashes}\n", "utf-8")


@pytest.fixture
def documented(tmp_path: Path) -> Path:
    return folder_from_the_docs(tmp_path / "my-stance")


def edited(folder: Path, old: str, new: str) -> None:
    path = folder / PLAN
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


# --- the plan --------------------------------------------------------------------------------------------------------


def test_the_documented_file_is_a_valid_plan(documented: Path) -> None:
    plan = read_plan(documented)
    assert (plan.name, plan.scores, plan.parts, plan.max_length, plan.batch_size) == (
        "my-stance",
        "one",
        ("title", "text"),
        64,
        16,
    )
    assert plan.words == {
        "ru": RU,
        "kk": Words("бұл адамдар", "басқа адамдар", "бұл адамдар", "жергілікті"),
        "en": Words("these people", "other people", "these people", "local"),
    }
    assert plan.labels == SENTIMENTS
    assert plan.answers == (Answer(read_labels()["st"], ("-1", "0", "1"), 1.4, "window", 20, 0.5),)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("format = 1", "format = 2", r"format 2, this program reads 1"),
        ("scores = ", "score = ", r"the file: unknown entry score; known: format"),
        ("max_length = 64", "", r"max_length is missing"),
        ("max_length = 64", "max_length = 65", r"max_length 65 is more than the 64 positions"),
        ("batch_size = 16", "batch_size = 0", r"batch_size 0 is no whole number above 0"),
        ('scores = "one"', 'scores = "many"', r"\[heads.st\]: exactly one label of st holds"),
        ("[heads.st]", "[heads.mood]", r"\[heads.mood\]: unknown head; known: rel"),
        ("NEUTRAL", "neutral", r"\[heads.st\]: labels do not match the checkpoint's; without a code: NEUTRAL; not in config.json: neutral"),
        ('POSITIVE = "1"', 'POSITIVE = "2"', r"\[heads.st\]: st: unknown label '2'; known: -1, 0, 1"),
        ('POSITIVE = "1"', 'POSITIVE = ""', r"\[heads.st\]: no code for POSITIVE"),
        ('"title"', '"headline"', r"parts 'headline'; known: context, title, text"),
        ("temperature = 1.4", "temperature = -1", r"temperature -1 is no number above 0"),
        ("temperature = 1.4", "cut = 0.3", r"a cut is for heads of which any number"),
        ('homonym = "местный"', "", r"homonym is missing"),
        ('model = "model"', 'model = "elsewhere"', r"No such file.*elsewhere"),
        ("format = 1", "format = ", r"not readable"),
    ],
)  # fmt: skip
def test_a_wrong_plan_is_refused_in_one_line(documented: Path, old: str, new: str, complaint: str) -> None:
    edited(documented, old, new)
    with pytest.raises(ModelError, match=complaint) as caught:
        read_plan(documented)
    assert str(caught.value).startswith(f"{documented / PLAN}: ")
    assert "\n" not in str(caught.value)
    assert "docs/plug-in-model.md" in str(caught.value)


def damage(model: Path) -> None:
    (model / "model.safetensors").write_text("{} ")


def remove(model: Path) -> None:
    (model / "tokenizer.json").unlink()


def add(model: Path) -> None:
    (model / "added_tokens.json").write_text("{}")


def pickle_weights(model: Path) -> None:
    (model / "pytorch_model.bin").write_bytes(b"")


@pytest.mark.parametrize(
    ("harm", "complaint"),
    [
        (damage, r"model.safetensors: hash \w{12}… is not the one in checkpoint.toml; restore the file"),
        (remove, r"tokenizer.json: file is missing"),
        (add, r"added_tokens.json: no hash in checkpoint.toml"),
        (pickle_weights, r"pytorch_model.bin: only safetensors are read"),
    ],
)
def test_files_that_are_not_those_of_the_plan_are_refused(
    documented: Path, harm: Callable[[Path], None], complaint: str
) -> None:
    harm(documented / "model")
    with pytest.raises(ModelError, match=complaint):
        load(documented, Shipped())


def test_without_torch_the_extra_is_named(documented: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModelError, match=r"torch, which is not installed; install the train extra: pip install"):
        load(documented, Shipped())


# --- what is shown, and what becomes of the scores -------------------------------------------------------------------


def test_slots_become_words_and_each_people_has_its_turn() -> None:
    parts = ("title", "text")
    first = "Праздник эти люди\nэти люди и другие люди вместе ели местный плов, а эти чужаки ушли раньше"
    assert view(TWO, 1, parts, RU, None) == view(TWO, 0, parts, RU, None) == first
    second = "Праздник другие люди\nдругие люди и эти люди вместе ели местный плов, а эти чужаки ушли раньше"
    assert view(TWO, 2, parts, RU, None) == second


def test_a_window_holds_the_words_around_the_slots() -> None:
    assert view(TWO, 2, ("text",), RU, 1) == "и эти люди вместе … а эти чужаки ушли"
    assert view(TWO, 1, ("title", "text"), RU, 1) == "Праздник эти люди\nэти люди и"
    assert view(TWO, 0, ("text",), RU, 1) == "эти люди и другие люди вместе … а эти чужаки ушли"
    unnamed = Case("Пусть едут домой", ())
    assert view(unnamed, 1, ("text",), RU, 1) == "Пусть едут домой"


def plugged(answers: tuple[Answer, ...], score: checkpoint.Score, scores: str = "one") -> Plugged:
    plan = Plan("own", "-", Path("model"), scores, ("text",), 64, 16, {"ru": RU}, SENTIMENTS, answers, {})
    return Plugged(plan, score, Shipped(), "2" * 64)


def test_heads_are_overridden_and_the_rest_stays() -> None:
    shown: list[str] = []

    def score(texts: Sequence[str]) -> Any:
        shown.extend(texts)
        return np.array([[3.0, 0.0, 0.0] if t.startswith("эти люди") else [0.0, 0.0, 3.0] for t in texts], np.float32)

    heads = read_labels()
    codes = tuple(heads["sev"].codes[:2])
    model = plugged(
        (
            Answer(heads["st"], ("-1", "0", "1"), 1.5, "text", 30, 0.5),
            Answer(heads["sev"], (codes[1], codes[0], codes[0]), 1.0, "text", 30, 0.5),
        ),
        score,
    )
    case = Case("[G1] и [G2]", ("kazakh", "uzbek"))
    (told,) = model.predict([case])
    assert shown == ["эти люди и другие люди", "другие люди и эти люди"], "each text once, whatever asks for it"
    assert [(g.st, g.sev) for g in told.groups] == [(-1, 1), (1, 0)]
    e2, e3 = np.exp(2), np.exp(3)
    assert told.groups[0].p["st"] == pytest.approx(
        {"-1": e2 / (e2 + 2), "0": 1 / (e2 + 2), "1": 1 / (e2 + 2)}, abs=1e-4
    )
    assert told.groups[1].p["sev"][codes[0]] == pytest.approx((1 + e3) / (2 + e3), abs=1e-4), "two labels, one code"
    assert sum(told.groups[1].p["sev"].values()) == pytest.approx(1, abs=1e-3)
    assert (told.rel, told.acts, told.themes, told.p["rel"]) == (
        "domestic",
        ("clash", "threat"),
        ("land",),
        {"domestic": 1.0},
    )
    assert model.name == "shipped-1+own-222222222222"
    assert model.model_hash != Shipped().model_hash


def test_an_insulted_people_is_not_praised() -> None:
    heads = read_labels()
    answer = Answer(heads["sev"], ("1", "0", "0"), 1.0, "text", 30, 0.5)
    (told,) = plugged((answer,), lambda texts: np.array([[9.0, 0, 0]] * len(texts), np.float32)).predict([TWO])
    assert [(g.st, g.sev) for g in told.groups] == [(0, 1), (0, 1)], (
        "the shipped model said st 1 and thinks 0 likelier than -1"
    )


def test_any_of_heads_keep_what_the_checkpoint_does_not_know() -> None:
    answer = Answer(read_labels()["acts"], ("threat", "", "rumour"), 1.0, "text", 30, 0.4)
    model = plugged((answer,), lambda texts: np.array([[-2.0, 9.0, 0.0]] * len(texts), np.float32), "many")
    (told,) = model.predict([TWO])
    assert set(told.acts) == {"clash", "rumour"}
    assert told.p["acts"] == pytest.approx({"clash": 0.9, "threat": 0.1192, "rumour": 0.5})


def test_nothing_to_read_asks_nothing() -> None:
    def never(texts: Sequence[str]) -> Any:
        raise AssertionError(texts)

    assert plugged((Answer(read_labels()["rel"], ("none",) * 3, 1.0, "text", 30, 0.5),), never).predict([]) == []


# --- a real checkpoint, tiny and made on the spot --------------------------------------------------------------------

WORDS_OF_THE_TINY_MODEL = [
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ",", ".", "эти", "люди", "другие", "чужаки", "местный"),
    *("и", "вместе", "пришли", "уходят", "праздник", "драка", "а", "в"),
]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT of two layers with its tokenizer, saved as Hugging Face saves, under the documented plan."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("tiny")
    tokenizer = transformers.BertTokenizerFast(
        vocab={word: number for number, word in enumerate(WORDS_OF_THE_TINY_MODEL)}, do_lower_case=True
    )
    torch.manual_seed(7)
    config = transformers.BertConfig(
        vocab_size=len(WORDS_OF_THE_TINY_MODEL), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=64, id2label=dict(enumerate(SENTIMENTS)),
        label2id={label: number for number, label in enumerate(SENTIMENTS)}, initializer_range=0.5,
    )  # fmt: skip
    network = transformers.BertForSequenceClassification(config)
    documented = folder_from_the_docs(folder / "plan")
    text = (documented / PLAN).read_text("utf-8")
    shutil.rmtree(documented / "model")
    network.save_pretrained(documented / "model")
    tokenizer.save_pretrained(documented / "model")
    write_plan(documented, text)
    return documented


SENTENCES = (
    "{0} и {1} вместе пришли в праздник",
    "{0} уходят, а {1} пришли. драка",
    "драка в праздник, {1} и {0}",
)
PEOPLES = (("казахи", "узбеки"), ("русские", "дунгане"), ("уйгуры", "чеченцы"), ("немцы", "курды"))


def case_of(text: str) -> Case:
    slotted = groups.slots(text, groups.find(text))
    return Case(slotted.text, slotted.order)


@needs_torch
def test_a_checkpoint_answers_and_is_blind_to_the_people(tiny: Path) -> None:
    model = load(tiny, Shipped())
    answers = []
    for pair in PEOPLES:
        cases = [case_of(sentence.format(*pair)) for sentence in SENTENCES]
        assert [len(case.order) for case in cases] == [2, 2, 2]
        answers.append(model.predict(cases))
    assert all(answer == answers[0] for answer in answers)
    told = answers[0]
    stances = [group.p["st"] for prediction in told for group in prediction.groups]
    assert all(sum(p.values()) == pytest.approx(1, abs=1e-3) for p in stances)
    assert len({tuple(p.values()) for p in stances}) > 3, "the checkpoint does tell texts and peoples' turns apart"
    assert all(group.st == int(max(group.p["st"], key=lambda c: group.p["st"][c])) for p in told for group in p.groups)
    assert {p.rel for p in told} == {"domestic"}


@needs_torch
def test_its_scores_are_those_of_the_plain_pipeline(tiny: Path) -> None:
    import torch
    import transformers

    network = transformers.AutoModelForSequenceClassification.from_pretrained(tiny / "model").eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny / "model")
    texts = ["эти люди пришли", "драка, драка, драка. " * 40, "праздник"]
    with torch.inference_mode():
        plain = [
            network(**tokenizer(t, truncation=True, max_length=64, return_tensors="pt")).logits[0].numpy()
            for t in texts
        ]
    assert load(tiny, Shipped()).score(texts) == pytest.approx(np.stack(plain), abs=1e-5)


@needs_torch
def test_loading_twice_gives_the_same_model(tiny: Path) -> None:
    first, second = load(tiny, Shipped()), load(tiny, Shipped())
    assert (first.name, first.model_hash) == (second.name, second.model_hash)
    assert first.predict([TWO]) == second.predict([TWO])


@needs_torch
def test_a_model_without_a_trained_classifier_is_refused(tiny: Path, tmp_path: Path) -> None:
    import transformers

    folder = tmp_path / "headless"
    shutil.copytree(tiny, folder)
    encoder = transformers.AutoModelForSequenceClassification.from_pretrained(tiny / "model")
    config = json.loads((folder / "model" / "config.json").read_text("utf-8"))
    encoder.bert.save_pretrained(folder / "model")
    (folder / "model" / "config.json").write_text(json.dumps(config))
    write_plan(folder, (tiny / PLAN).read_text("utf-8"))
    with pytest.raises(ModelError, match=r"no weights for classifier\.\w+"):
        load(folder, Shipped())


@needs_torch
def test_weights_that_are_no_weights_are_refused(documented: Path) -> None:
    with pytest.raises(ModelError, match="checkpoint not readable"):
        load(documented, Shipped())
