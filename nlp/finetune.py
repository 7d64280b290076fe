"""How the reader's network learns: all heads at once, on slotted texts, labels where somebody gave them.

In: cases with gold labels, a base encoder. Out: a trained `Network`. The run keeps a checkpoint beside its folder and
goes on from it; the same texts, base and seed give the same weights within the noise of threads.
"""

from __future__ import annotations

import dataclasses
import math
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from nlp import augment, pieces
from nlp.features import Case, Floats
from nlp.gold import UNKNOWN, Labelled
from nlp.labels import heads_of
from nlp.network import Network

Log = Callable[[str], None]
_SMOOTHING: Final = 0.05
_HEAD_WEIGHTS: Final = {
    "rel": 1.0, "voice": 0.6, "time": 0.4, "acts": 4.0, "frame": 0.5, "themes": 2.0, "st": 1.2, "sev": 1.2,
}  # fmt: skip
_LARGEST_CLASS_WEIGHT: Final = 4.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is made of; `budget` is pieces a step, rates are those of the body's top layer and of the heads."""

    epochs: float = 6.0
    budget: int = 2048
    body_rate: float = 2e-4
    head_rate: float = 1e-3
    layer_decay: float = 0.9
    warmup: float = 0.08
    weight_decay: float = 0.01
    average: float = 0.998  # of the weights over steps
    stance_share: float = 1.0  # of the texts with a stance only, drawn anew each epoch
    longest: int = 192
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of many cases: text (cases × labels), groups (all targets in order × labels)."""

    text: Floats
    groups: Floats


def class_weights(items: Sequence[Labelled]) -> dict[str, torch.Tensor]:
    """Root of the inverse frequency for one-of heads; root of negatives per positive for any-of heads."""
    weights = {}
    for head in heads_of("text") + heads_of("group"):
        if head.scope == "group":
            seen = [g[head.head] for item in items for g in item.groups if g[head.head] != UNKNOWN]
        elif head.kind == "one":
            seen = [item.one[head.head] for item in items if item.one[head.head] != UNKNOWN]
        else:
            rows = np.array([item.many[head.head] for item in items if item.many[head.head] is not None])
            positives = rows.sum(0).clip(min=1)
            weights[head.head] = torch.tensor(np.sqrt((len(rows) - positives) / positives).clip(1.0, 4.0)).float()
            continue
        count = Counter(seen)
        raw = np.array([math.sqrt(len(seen) / len(head.codes) / max(1, count[k])) for k in range(len(head.codes))])
        weights[head.head] = torch.tensor(raw.clip(0.4, _LARGEST_CLASS_WEIGHT)).float()
    return weights


def loss_of(
    network: Network,
    batch: Sequence[Labelled],
    cut: Sequence[pieces.Pieces],
    weights: dict[str, torch.Tensor],
    pad: int,
) -> torch.Tensor:
    """Weighted sum of the heads' losses over one batch."""
    arrays = pieces.padded(cut, pad)
    text, group = network(*(torch.from_numpy(a) for a in (arrays.ids, arrays.mask, arrays.member)))
    text, group = text.float(), group.float()
    total = 0.0 * (text.sum() + group.sum())  # a batch in which nobody labelled anything still has a gradient: none
    at = 0
    for head in heads_of("text"):
        scores = text[:, at : at + len(head.codes)]
        at += len(head.codes)
        if head.kind == "one":
            gold = torch.tensor([item.one[head.head] for item in batch])
            if bool((gold != UNKNOWN).any()):
                total = total + _HEAD_WEIGHTS[head.head] * nn.functional.cross_entropy(
                    scores, gold, weights[head.head], ignore_index=UNKNOWN, label_smoothing=_SMOOTHING
                )
        else:
            known = [k for k, item in enumerate(batch) if item.many[head.head] is not None]
            if known:
                gold_rows = torch.tensor([batch[k].many[head.head] for k in known]).float()
                total = total + _HEAD_WEIGHTS[head.head] * nn.functional.binary_cross_entropy_with_logits(
                    scores[known], gold_rows, pos_weight=weights[head.head]
                )
    rows = [(k, t) for k, item in enumerate(batch) for t in range(len(item.groups))]
    flat = group[[k for k, _ in rows], [t for _, t in rows]]
    at = 0
    for head in heads_of("group"):
        gold = torch.tensor([batch[k].groups[t][head.head] for k, t in rows])
        if bool((gold != UNKNOWN).any()):
            total = total + _HEAD_WEIGHTS[head.head] * nn.functional.cross_entropy(
                flat[:, at : at + len(head.codes)], gold, weights[head.head], ignore_index=UNKNOWN,
                label_smoothing=_SMOOTHING,
            )  # fmt: skip
        at += len(head.codes)
    return total


def epoch_plan(items: Sequence[Labelled], lengths: Sequence[int], settings: Settings, epoch: int) -> list[list[int]]:
    """The batches of one epoch: like lengths together, in an order drawn from seed and epoch alone."""
    chance = random.Random(f"{settings.seed}:{epoch}")  # noqa: S311 - no secret
    chosen = [k for k, item in enumerate(items) if item.complete or chance.random() < settings.stance_share]
    chance.shuffle(chosen)
    batches = []
    for start in range(0, len(chosen), 800):
        part = chosen[start : start + 800]
        batches += [[part[k] for k in batch] for batch in pieces.by_budget([lengths[k] for k in part], settings.budget)]
    chance.shuffle(batches)
    return batches


def optimizer_of(network: Network, settings: Settings) -> torch.optim.Optimizer:
    """AdamW with lower rates for lower layers, a high one for heads and special tokens."""
    body: Any = network.body
    depth = len(body.encoder.layer)
    groups = []
    body_ids = set()
    for name, parameter in body.named_parameters():
        if "word_embeddings" in name:
            parameter.requires_grad = False
            continue
        layer = int(name.split(".")[2]) if name.startswith("encoder.layer.") else -1
        rate = settings.body_rate * settings.layer_decay ** (depth - 1 - layer)
        decay = settings.weight_decay if parameter.ndim > 1 else 0.0
        groups.append({"params": [parameter], "lr": rate, "peak": rate, "weight_decay": decay})
        body_ids.add(id(parameter))
    rest = [p for p in network.parameters() if p.requires_grad and id(p) not in body_ids]
    groups.append({"params": rest, "lr": settings.head_rate, "peak": settings.head_rate, "weight_decay": 0.01})
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6)


def rate_at(step: int, steps: int, settings: Settings) -> float:
    """Share of the peak rate: linear warm-up, then a cosine down to a fiftieth."""
    warm = max(1, int(steps * settings.warmup))
    if step < warm:
        return (step + 1) / warm
    done = (step - warm) / max(1, steps - warm)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done))


def fit(
    network: Network,
    items: Sequence[Labelled],
    tokenizer: Any,
    settings: Settings,
    checkpoint: Path,
    log: Log = print,
    watch: Callable[[Network, int], None] | None = None,
) -> Network:
    """Train, and return the network with weights averaged over the last steps. Goes on from `checkpoint` if it fits."""
    pad = tokenizer.token_to_id("<pad>")
    cut = pieces.cut([item.case for item in items], tokenizer, settings.longest)
    lengths = [len(p.ids) for p in cut]
    weights = class_weights(items)
    whole = math.ceil(settings.epochs)
    plan = [(e, batch) for e in range(whole) for batch in epoch_plan(items, lengths, settings, e)]
    plan = plan[: int(len(plan) * settings.epochs / whole)]
    optimizer = optimizer_of(network, settings)
    averaged = {name: p.detach().clone() for name, p in network.named_parameters() if p.requires_grad}
    first = _resumed(network, averaged, optimizer, checkpoint, settings, len(plan), log)
    network.train()
    began, running, saved = time.monotonic(), 0.0, time.monotonic()
    for step in range(first, len(plan)):
        epoch, batch = plan[step]
        chance = random.Random(f"{settings.seed}:{step}")  # noqa: S311
        torch.manual_seed(settings.seed * 1_000_003 + step)
        shaken = [_shaken(items[k], chance) for k in batch]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = loss_of(
                network, shaken, pieces.cut([i.case for i in shaken], tokenizer, settings.longest), weights, pad
            )
        share = rate_at(step, len(plan), settings)
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * share
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([p for p in network.parameters() if p.grad is not None], 1.0)
        optimizer.step()
        keep = min(settings.average, (step + 1) / (step + 10))
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if name in averaged:
                    averaged[name].lerp_(parameter, 1 - keep)
        running = loss.item() if step == first else 0.98 * running + 0.02 * loss.item()
        if (step + 1) % 50 == 0:
            pace = (time.monotonic() - began) / (step + 1 - first)
            log(f"step {step + 1}/{len(plan)} epoch {epoch} loss {running:.3f} {pace:.2f} s a step, "
                f"{pace * (len(plan) - step - 1) / 60:.0f} min left")  # fmt: skip
        if time.monotonic() - saved > 300:
            _save(network, averaged, optimizer, checkpoint, settings, step + 1, len(plan))
            saved = time.monotonic()
        if watch and (step + 1 == len(plan) or plan[step + 1][0] != epoch):
            own = _swapped(network, averaged)
            network.eval()
            watch(network, epoch)
            network.train()
            _swapped(network, own)
    _swapped(network, averaged)
    network.eval()
    return network


def scores_of(network: Network, cases: Sequence[Case], tokenizer: Any, longest: int = pieces.LONGEST) -> Scores:
    """The network's scores in the order of the cases (fp32)."""
    cut = pieces.cut(cases, tokenizer, longest)
    text: list[Any] = [None] * len(cases)
    group: list[Any] = [None] * len(cases)
    network.eval()
    with torch.no_grad():
        for batch in pieces.by_budget([len(p.ids) for p in cut], 4096):
            arrays = pieces.padded([cut[k] for k in batch], tokenizer.token_to_id("<pad>"))
            by_text, by_group = network(*(torch.from_numpy(a) for a in (arrays.ids, arrays.mask, arrays.member)))
            for row, k in enumerate(batch):
                text[k] = by_text[row].numpy()
                group[k] = by_group[row, : cut[k].targets].numpy()
    return Scores(np.stack(text), np.concatenate(group))


def _shaken(item: Labelled, chance: random.Random) -> Labelled:
    case, moved = augment.shaken(item.case, item.language, chance)
    return dataclasses.replace(item, case=case, groups=[item.groups[old] for old in moved])


def _swapped(network: Network, values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Put `values` into the network; what stood there before is returned."""
    own = {}
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name in values:
                own[name] = parameter.detach().clone()
                parameter.copy_(values[name])
    return own


def _save(
    network: Network, averaged: dict[str, torch.Tensor], optimizer: torch.optim.Optimizer, path: Path,
    settings: Settings, step: int, steps: int,
) -> None:  # fmt: skip
    own = {name: p.detach() for name, p in network.named_parameters() if p.requires_grad}
    state = {"own": own, "averaged": averaged, "optimizer": optimizer.state_dict(), "step": step, "steps": steps,
             "settings": dataclasses.asdict(settings)}  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


def _resumed(
    network: Network, averaged: dict[str, torch.Tensor], optimizer: torch.optim.Optimizer, path: Path,
    settings: Settings, steps: int, log: Log,
) -> int:  # fmt: skip
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    if state["settings"] != dataclasses.asdict(settings) or state["steps"] != steps:
        log(f"{path.name} is of another run (other texts or settings): starting anew")
        return 0
    _swapped(network, state["own"])
    for name, value in state["averaged"].items():
        averaged[name].copy_(value)
    optimizer.load_state_dict(state["optimizer"])
    log(f"going on from {path.name}, step {state['step']} of {steps}")
    return int(state["step"])
