"""From a trained network to the files that are served: one ONNX graph in int8, the tokenizer, the card.

Word vectors are stored as int8 with a scale a row (22 MB instead of 90); the layers are quantised by NNCF, their
activations measured on our own texts. Needs torch, onnx, onnxscript and nncf (extra `train`).
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from crawlers.layout import whole_file
from nlp import pieces
from nlp.encoder import CARD, FORMAT, GRAPH, INPUTS, TOKENIZER, sha256_of
from nlp.features import Case
from nlp.labels import codes_by_head, read_labels
from nlp.network import Network

_OUTPUTS: Final = ("text", "group")
_OPSET: Final = 18
_CALIBRATION_BATCH: Final = 8


class _Served(nn.Module):
    """The network with its word vectors in int8."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        table = torch.cat([network.word, network.special]).detach()
        scale = table.abs().amax(dim=1, keepdim=True).clamp(min=1e-8) / 127
        self.register_buffer("table", (table / scale).round().to(torch.int8))
        self.register_buffer("scale", scale)
        self.network = network

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, member: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        vectors = self.get_buffer("table")[ids].float() * self.get_buffer("scale")[ids]
        text, group = self.network.judged(vectors, mask, member)
        return text, group


def write_graph(network: Network, path: Path) -> None:
    """The fp32 graph (word vectors int8) with free numbers of cases, pieces and targets."""
    example = pieces.padded([pieces.Pieces((0, 9, 8, 7, 2), (0, 1, 2, 0, 0), 2)] * 3, 1)
    arrays = tuple(torch.from_numpy(a) for a in (example.ids, example.mask, example.member))
    cases, length, targets = (torch.export.Dim(n, min=1) for n in ("cases", "pieces", "targets"))
    shapes = ({0: cases, 1: length}, {0: cases, 1: length}, {0: cases, 1: targets, 2: length})
    torch.onnx.export(
        _Served(network).eval(), arrays, path, input_names=list(INPUTS), output_names=list(_OUTPUTS),
        opset_version=_OPSET, dynamo=True, dynamic_shapes=shapes, external_data=False, verbose=False, optimize=True,
    )  # fmt: skip


def quantise(source: Path, target: Path, cases: Sequence[Case], tokenizer: Any) -> None:
    """int8 weights and activations, ranges measured on `cases` (texts to learn from, never validation)."""
    import nncf  # noqa: PLC0415
    import onnx  # noqa: PLC0415

    logging.getLogger("nncf").setLevel(logging.WARNING)
    model = onnx.load(source)
    data = nncf.Dataset(list(_batches(cases, tokenizer)))
    quantised = nncf.quantize(
        model, data, subset_size=len(cases) // _CALIBRATION_BATCH, model_type=nncf.ModelType.TRANSFORMER,
        preset=nncf.QuantizationPreset.MIXED, ignored_scope=nncf.IgnoredScope(names=_heads_of_graph(model)),
    )  # fmt: skip
    onnx.save(quantised, target)


def _heads_of_graph(model: Any) -> list[str]:
    """The multiplications behind the body. They are a hundredth of the work, and in int8 the group heads go wrong: the
    rows of targets that a batch only has as padding spoil the measured ranges."""
    scopes = {
        node.name: next((p.value for p in node.metadata_props if p.key.endswith("name_scopes")), "")
        for node in model.graph.node
        if node.op_type in ("MatMul", "Gemm")
    }
    return [name for name, scope in scopes.items() if "network.body" not in scope]


def write_folder(folder: Path, network: Network, tokenizer: Any, cases: Sequence[Case], card: dict[str, Any]) -> None:
    """model.onnx (int8), tokenizer.json and model.json; `card` needs name and decisions, the rest is added here."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        write_graph(network, Path(work) / "fp32.onnx")
        quantise(Path(work) / "fp32.onnx", Path(work) / GRAPH, cases, tokenizer)
        (Path(work) / GRAPH).replace(folder / GRAPH)
    with whole_file(folder / TOKENIZER) as handle:
        handle.write(tokenizer.to_str())
    rewrite_card(folder, card)


def rewrite_card(folder: Path, card: dict[str, Any]) -> None:
    """model.json of a folder whose graph and tokenizer stand: their hashes and the labels are added to `card`."""
    sha256 = {name: sha256_of(folder / name) for name in (GRAPH, TOKENIZER)}
    record = {"format": FORMAT, **card, "labels": codes_by_head(read_labels().values()), "sha256": sha256}
    with whole_file(folder / CARD) as handle:
        handle.write(json.dumps(record, ensure_ascii=False, indent=1) + "\n")


def _batches(cases: Sequence[Case], tokenizer: Any) -> Iterator[dict[str, Any]]:
    cut = sorted(pieces.cut(cases, tokenizer), key=lambda p: len(p.ids))
    for start in range(0, len(cut) - _CALIBRATION_BATCH + 1, _CALIBRATION_BATCH):
        batch = pieces.padded(cut[start : start + _CALIBRATION_BATCH], tokenizer.token_to_id("<pad>"))
        yield dict(zip(INPUTS, (batch.ids, batch.mask, batch.member), strict=True))
