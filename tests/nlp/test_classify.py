"""The classifier never sees which people a text is about, and a damaged model is refused before use."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import features
from nlp.calibrate import choice_weights, cut_of, expected_calibration_error, temperature_of, threshold_of
from nlp.classify import BASELINE, RELATION, Baseline, degree, hostility, probabilities
from nlp.encoder import READER
from nlp.features import Case
from nlp.verdict import ModelError

HOSTILE = Case("Пусть [G1] убираются туда, откуда приехали, гнать их надо из города", ("migrants",), genre="comment")
FRIENDLY = Case("[G1] и [G2] вместе отметили праздник, накрыли общий стол и помогли соседям", ("german", "kazakh"))


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return Baseline.load()


def test_the_name_of_the_group_changes_nothing(baseline: Baseline) -> None:
    swapped = [Case(HOSTILE.text, (group,), genre="comment") for group in ("kazakh", "russian", "uyghur")]
    first, *others = baseline.predict(swapped)
    assert all(other == first for other in others)


def test_groups_are_judged_apart_and_batches_do_not_matter(baseline: Baseline) -> None:
    alone = [baseline.predict([case])[0] for case in (HOSTILE, FRIENDLY)]
    together = baseline.predict([HOSTILE, FRIENDLY])
    assert [p.rel for p in together] == [p.rel for p in alone] == ["domestic", "domestic"]
    assert [len(p.groups) for p in together] == [1, 2]
    assert together[0].groups[0].p["sev"]["0"] < together[1].groups[0].p["sev"]["0"]
    for prediction in together:
        for head in ("rel", "voice", "time", "frame"):
            assert sum(prediction.p[head].values()) == pytest.approx(1, abs=1e-3)


def test_the_shipped_model_is_small_and_says_what_it_is(baseline: Baseline) -> None:
    both = sum(path.stat().st_size for folder in (BASELINE, READER) for path in folder.iterdir())
    assert both <= 60_000_000  # what the reader alone may weigh
    assert sum(path.stat().st_size for path in BASELINE.iterdir()) <= 13_000_000
    assert {"data", "labels", "licence", "recipe", "temperatures", "thresholds", "lexicon_hash"} <= set(baseline.card)


def test_relation_is_decided_before_none_against_mention(baseline: Baseline) -> None:
    cut = baseline.card["related"]
    for none in np.linspace(0, 1 - cut - 0.01, 8):
        p = np.array([none, 1 - cut - 0.01 - none, cut + 0.01], dtype=np.float32)
        assert RELATION[baseline.choose_relation(p)] == "relation"
    assert RELATION[baseline.choose_relation(np.array([0.1, 0.9 - cut / 2, cut / 2], dtype=np.float32))] == "mention"


def test_hostility_needs_wording_and_attitude_and_no_more_than_the_share_is_flagged(baseline: Baseline) -> None:
    severity = np.array([[0.1, 0.2, 0.3, 0.4, 0.0]] * 2, dtype=np.float32)
    stance = np.array([[0.9, 0.1, 0.0], [0.1, 0.9, 0.0]], dtype=np.float32)  # negative; neutral, as in counter-speech
    both, quoted = hostility(severity, stance)
    assert both == pytest.approx(0.9)
    assert quoted == pytest.approx(0.3)
    assert [degree(row) for row in severity] == [3, 3]
    rule = baseline.card["hostile"]
    assert rule["harmless_flagged"] <= 0.03
    assert rule["hostile_found"] >= 0.4


def test_a_handful_of_texts_moves_no_cut() -> None:
    chance = np.random.default_rng(3)
    harmless = chance.random(3000) < 0.8
    score = np.where(harmless, chance.beta(2, 8, 3000), chance.beta(4, 4, 3000)).astype(np.float32)
    gold = (~harmless).astype(np.int64)
    p = np.stack([1 - score, score], axis=1)
    cut, threshold, factors = cut_of(score, harmless, 0.015), threshold_of(score, gold), choice_weights(p, gold)
    assert (score[harmless] >= cut).mean() <= 0.015
    for seed in range(4):
        kept = np.sort(np.random.default_rng(seed).permutation(3000)[6:])
        assert cut_of(score[kept], harmless[kept], 0.015) == pytest.approx(cut, abs=0.01)
        assert threshold_of(score[kept], gold[kept]) == pytest.approx(threshold, abs=0.03)
        assert choice_weights(p[kept], gold[kept]) == pytest.approx(factors, rel=0.15)


def bit_flipped(folder: Path) -> None:
    content = bytearray((folder / "weights.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "weights.npz").write_bytes(bytes(content))


def truncated(folder: Path) -> None:
    content = (folder / "weights.npz").read_bytes()
    (folder / "weights.npz").write_bytes(content[: len(content) // 2])


def pickled(folder: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        member = io.BytesIO()
        np.lib.format.write_array(member, np.array([{"evil": 1}], dtype=object), allow_pickle=True)
        archive.writestr("text_weights.npy", member.getvalue())
    stamped(folder, buffer.getvalue())


def bare_pickle(folder: Path) -> None:
    stamped(folder, pickle.dumps({"weights": 1}))


def stamped(folder: Path, content: bytes) -> None:
    # Even a file whose hash fits is refused for what it holds.
    import hashlib

    (folder / "weights.npz").write_bytes(content)
    card = json.loads((folder / "model.json").read_text("utf-8"))
    card["weights_sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "model.json").write_text(json.dumps(card), "utf-8")


def other_labels(folder: Path) -> None:
    card = json.loads((folder / "model.json").read_text("utf-8"))
    card["labels"]["acts"].append("riot")
    (folder / "model.json").write_text(json.dumps(card), "utf-8")


def no_json(folder: Path) -> None:
    (folder / "model.json").write_text("{", "utf-8")


def missing(folder: Path) -> None:
    (folder / "weights.npz").unlink()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (bit_flipped, "is not the one in model.json"),
        (truncated, "is not the one in model.json"),
        (pickled, "not the arrays of a model"),
        (bare_pickle, "not the arrays of a model"),
        (other_labels, "labels of acts differ"),
        (no_json, "not readable"),
        (missing, "not readable"),
    ],
)
def test_a_damaged_model_is_refused(tmp_path: Path, damage: Callable[[Path], None], words: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(BASELINE, folder)
    damage(folder)
    with pytest.raises(ModelError, match=words):
        Baseline.load(folder)


def test_a_saved_model_is_the_same_bytes_again(tmp_path: Path, baseline: Baseline) -> None:
    baseline.save(tmp_path)
    assert (tmp_path / "weights.npz").read_bytes() == (BASELINE / "weights.npz").read_bytes()
    assert Baseline.load(tmp_path).model_hash == baseline.model_hash


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=4))
def test_any_text_has_features_and_rows_of_length_one(texts: list[str]) -> None:
    cases = [Case(text, ("kazakh",)) for text in texts]
    rarity = np.ones(features.WIDTH, dtype=np.float32)
    matrix = features.weigh(features.text_matrix(cases), features.WIDTH, rarity)
    for row in range(len(cases)):
        hashed = matrix[row].data[matrix[row].indices < features.WIDTH]
        assert not len(hashed) or np.isclose((hashed**2).sum(), 1, atol=1e-4)


def test_kazakh_in_russian_letters_and_look_alikes_have_the_features_of_the_clean_text() -> None:
    clean, typed = Case("қазақша сөйлемесең кет"), Case("казакша сойлемесен кет")
    look_alike = Case("қaзақшa сөйлемecең кет")  # Latin a, e, c
    rows = features.text_matrix([clean, typed, look_alike])
    assert (rows[0] != rows[1]).nnz == 0
    assert (rows[0] != rows[2]).nnz == 0


def test_calibration_repairs_overconfidence_and_thresholds_follow_the_scores() -> None:
    chance = np.random.default_rng(7)
    gold = chance.integers(0, 3, 4000)
    scores = np.eye(3, dtype=np.float32)[np.where(chance.random(4000) < 0.7, gold, chance.integers(0, 3, 4000))] * 9

    def error(temperature: float) -> float:
        p = probabilities(scores, "one", temperature)
        return expected_calibration_error(p.max(axis=1), p.argmax(axis=1) == gold)

    found = temperature_of(scores, gold, "one")
    assert found > 3
    assert error(1.0) > 0.15
    assert error(found) < 0.03
    p = np.array([0.1] * 900 + [0.3] * 100, dtype=np.float32)
    assert 0.1 < threshold_of(p, (p > 0.2).astype(np.int64)) <= 0.3
