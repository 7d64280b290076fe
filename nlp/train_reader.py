"""How the shipped reader is made: base encoder → all heads at once → decisions on validation → int8 graph.

In: the folder of text sets. Out: a model folder (see `encoder`). Needs the extra `train`. The run keeps a checkpoint in
`work` and goes on from it; a finished network stays there too, so that calibration and export can be run again alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import torch

from nlp import base_model, corpus, export, finetune, pieces
from nlp.encoder import Encoder
from nlp.gold import labelled
from nlp.network import Network, from_base
from nlp.places import Gazetteer
from nlp.read import lexicon_hash
from nlp.train import LICENCES, Learnt, learn_from
from nlp.tune import decisions_of, labels_alike

_NAME: Final = "reader"
_RANGES: Final = 480  # texts on which the ranges of activations are measured

Log = Callable[[str], None]


def train(
    data: Path, recipe: str, out: Path, work: Path, settings: finetune.Settings | None = None, log: Log = print
) -> None:
    """Train, calibrate, quantise and write the folder `out`; a run that was cut short goes on from `work`."""
    settings = settings or finetune.Settings()
    gazetteer = Gazetteer.load()
    learnt = learn_from(corpus.training(data, recipe), gazetteer)
    held_out = learn_from(corpus.calibration(data, recipe), gazetteer)
    base = base_model.read(base_model.installed())
    items = [labelled(e, c) for e, c in zip(learnt.examples, learnt.cases, strict=True)]
    whole = sum(item.complete for item in items)
    log(f"{whole} texts with every head, {len(items) - whole} with a stance only; {len(held_out.cases)} to calibrate")
    torch.manual_seed(settings.seed)
    network = from_base(base)
    finished = work / f"{recipe}.pt"
    if finished.exists():
        log(f"taking the network from {finished}")
        network.load_state_dict(torch.load(finished, weights_only=True))
    else:
        work.mkdir(parents=True, exist_ok=True)
        finetune.fit(network, items, base.tokenizer, settings, work / f"{recipe}.checkpoint", log)
        torch.save(network.state_dict(), finished)
    publish(network, base.tokenizer, learnt, held_out, recipe, out, log)


def publish(
    network: Network, tokenizer: object, learnt: Learnt, held_out: Learnt, recipe: str, out: Path, log: Log = print
) -> None:
    """Quantise the network, then fit temperatures and cuts to what the int8 graph says, and write `out`."""
    network.eval()
    chosen = np.random.default_rng(0).permutation(len(learnt.cases))[:_RANGES]
    items = [labelled(e, c) for e, c in zip(held_out.examples, held_out.cases, strict=True)]
    scores = finetune.scores_of(network, held_out.cases, tokenizer)
    card = {
        "name": _NAME,
        "recipe": recipe,
        "licence": LICENCES[recipe],
        "data": dict(sorted(Counter(e.source for e in learnt.examples).items())),
        "lexicon_hash": lexicon_hash(),
        "longest": pieces.LONGEST,
        "decisions": decisions_of(items, scores.text, scores.groups).to_record(),
    }
    export.write_folder(out, network, tokenizer, [learnt.cases[int(k)] for k in chosen], card)
    text, group = Encoder.load(out).scores(held_out.cases)
    for what, own, full in (("text", text, scores.text), ("group", group, scores.groups)):
        log(f"int8 against fp32, {what} heads: correlation {np.corrcoef(own.ravel(), full.ravel())[0, 1]:.4f}")
    decisions = decisions_of(items, text, group)
    alike = labels_alike(decisions, (text, group), (scores.text, scores.groups))
    log("labels alike: " + ", ".join(f"{head} {share:.4f}" for head, share in alike.items()))
    export.rewrite_card(out, {**card, "decisions": decisions.to_record()})
