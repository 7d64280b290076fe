"""The shipped reader's network at run time: one int8 graph, run by OpenVINO or else by ONNX Runtime. No torch.

In: cases (`features.Case`). Out: `verdict.Prediction` of each, in order. A model folder holds `model.json` (what it is,
how scores become labels), `model.onnx` (the quantised graph) and `tokenizer.json`; a file whose hash is not the one
in model.json, or labels that are not those of labels.toml, are refused with a `ModelError`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from nlp import pieces
from nlp.decide import Decisions, predictions
from nlp.features import Case, Floats
from nlp.labels import codes_by_head, read_labels
from nlp.verdict import ModelError, Prediction

FORMAT: Final = 3
READER: Final = Path(__file__).with_name("models") / "reader"
GRAPH, TOKENIZER, CARD = "model.onnx", "tokenizer.json", "model.json"
# Pieces a batch: larger ones fall out of the cache of two cores, smaller ones leave the cores waiting (bench/serving).
BUDGET: Final = 2048
INPUTS: Final = ("ids", "mask", "member")

Run = Callable[[pieces.Batch], tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True)
class Encoder:
    """`run` maps a padded batch to text scores (cases × labels) and group scores (cases × targets × labels)."""

    run: Run
    tokenizer: Any
    decisions: Decisions
    card: dict[str, Any]
    model_hash: str
    engine: str

    @property
    def name(self) -> str:
        return f"{self.card['name']}-{self.model_hash[:12]}"

    @classmethod
    def load(cls, folder: Path = READER, engine: str | None = None) -> Encoder:
        """Check and open a model folder; `engine` openvino or onnxruntime, else the first that is installed."""
        card = _read_card(folder)
        try:
            tokenizer = tokenizer_of((folder / TOKENIZER).read_bytes())
            decisions = Decisions.from_record(card["decisions"])
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{folder}: {error}; restore the folder or retrain the model") from error
        chosen, run = _open(folder / GRAPH, engine)
        digest = hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()
        return cls(run, tokenizer, decisions, card, digest, chosen)

    def predict(self, cases: Sequence[Case]) -> list[Prediction]:
        """Labels and calibrated probabilities of each case, in order."""
        if not cases:
            return []
        text, group = self.scores(cases)
        return predictions(text, group, [len(case.targets) for case in cases], self.decisions)

    def scores(self, cases: Sequence[Case]) -> tuple[Floats, Floats]:
        """Raw scores: cases × labels of the text heads, all targets in order × labels of the group heads."""
        cut = pieces.cut(cases, self.tokenizer)
        # Texts that differ in the people alone are one text here: int8 rounding differs a little from batch to batch,
        # and such texts must get the very same scores. Reposts are read once, too.
        distinct = list(dict.fromkeys(cut))
        text: dict[pieces.Pieces, Floats] = {}
        group: dict[pieces.Pieces, Floats] = {}
        pad = self.tokenizer.token_to_id("<pad>")
        for batch in pieces.by_budget([len(p.ids) for p in distinct], BUDGET):
            by_text, by_group = self.run(pieces.padded([distinct[k] for k in batch], pad))
            for row, k in enumerate(batch):
                text[distinct[k]] = by_text[row]
                group[distinct[k]] = by_group[row, : distinct[k].targets]
        return np.stack([text[p] for p in cut]), np.concatenate([group[p] for p in cut])


def tokenizer_of(content: bytes) -> Any:
    """A `tokenizers.Tokenizer` that knows the slots; a ValueError if it does not."""
    from tokenizers import Tokenizer  # noqa: PLC0415 - the filters that do not read need not load it

    tokenizer = Tokenizer.from_buffer(content)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    lacking = [token for token in (*pieces.SPECIALS, "<pad>") if tokenizer.token_to_id(token) is None]
    if lacking:
        raise ValueError(f"{TOKENIZER} lacks the pieces {', '.join(lacking)}")
    return tokenizer


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _read_card(folder: Path) -> dict[str, Any]:
    path = folder / CARD
    try:
        card: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if card.get("format") != FORMAT:
            raise ModelError(f"{path}: format {card.get('format')!r}, this program reads {FORMAT}; retrain the model")
        for name, digest in card["sha256"].items():
            found = sha256_of(folder / name)
            if found != digest:
                raise ModelError(f"{folder / name}: hash {found[:12]}… is not the one in {CARD}; restore the file")
        unknown = {GRAPH, TOKENIZER} - set(card["sha256"])
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise ModelError(f"{folder}: model not readable ({error}); restore the folder or retrain it") from error
    if unknown:
        raise ModelError(f"{path}: no hash of {', '.join(sorted(unknown))}; restore the file or retrain the model")
    if not isinstance(card.get("name"), str):
        raise ModelError(f"{path}: no name; restore the file or retrain the model")
    labels = codes_by_head(read_labels().values())
    if card.get("labels") != labels:
        theirs = card["labels"] if isinstance(card.get("labels"), dict) else {}
        wrong = sorted(h for h in {*labels, *theirs} if labels.get(h) != theirs.get(h))
        raise ModelError(f"{path}: labels of {', '.join(wrong)} differ from labels.toml; retrain the model")
    return card


def _open(graph: Path, engine: str | None) -> tuple[str, Run]:
    openers = {"openvino": _openvino, "onnxruntime": _onnxruntime}
    if engine and engine not in openers:
        raise ModelError(f"unknown engine {engine!r}; known: {', '.join(openers)}")
    reasons = []
    for name in [engine] if engine else list(openers):
        try:
            return name, openers[name](graph)
        except Exception as error:  # a wheel that this machine cannot run shall not stop the other one
            reasons.append(f"{name}: {type(error).__name__} {str(error).splitlines()[0] if str(error) else ''}")
    raise ModelError(f"{graph}: no engine opens it ({'; '.join(reasons)}); install openvino or onnxruntime")


def _openvino(graph: Path) -> Run:
    import openvino  # noqa: PLC0415

    # f32 between the int8 layers: bf16 would make the same text read differently on another processor.
    # Kernels are kept for a few shapes only: batches have hundreds of shapes, and the default of 5,000 kernels took
    # 3.8 GB over 22,000 posts without being any faster.
    compiled = openvino.Core().compile_model(
        graph,
        "CPU",
        {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY", "CPU_RUNTIME_CACHE_CAPACITY": "20"},
    )
    request = compiled.create_infer_request()

    def run(batch: pieces.Batch) -> tuple[Floats, Floats]:
        request.infer(dict(zip(INPUTS, (batch.ids, batch.mask, batch.member), strict=True)))
        return request.get_output_tensor(0).data.copy(), request.get_output_tensor(1).data.copy()

    return run


def _onnxruntime(graph: Path) -> Run:
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def run(batch: pieces.Batch) -> tuple[Floats, Floats]:
        text, group = session.run(None, dict(zip(INPUTS, (batch.ids, batch.mask, batch.member), strict=True)))
        return text, group

    return run
