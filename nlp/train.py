"""How the baseline is made: hashed pieces of slotted texts, one logistic regression a head, calibrated on validation.

In: the folder of text sets. Out: a `Baseline`. The same texts and word lists give the same bytes.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from nlp import calibrate, corpus, features
from nlp.classify import (
    FORMAT,
    RELATION,
    Baseline,
    Side,
    by_head,
    group_outputs,
    hostility,
    place_key,
    probabilities,
    text_outputs,
)
from nlp.corpus import Example
from nlp.features import Case, Floats
from nlp.gold import UNKNOWN, labelled
from nlp.labels import codes_by_head, read_labels
from nlp.places import Gazetteer
from nlp.read import lexicon_hash, prepare

LICENCES: Final = {"open": "Apache-2.0", "research": "CC-BY-NC-SA-4.0"}
# Inverse of the L2 penalty, chosen on validation among 3, 10, 30, 100 (text) and 5, 10, 40 (groups).
_TEXT_PENALTY: Final = 30.0
_GROUP_PENALTY: Final = 10.0
_FOLDS: Final = 3
# Weights below this move no score by more than a hundredth; zeros compress.
_NEGLIGIBLE: Final = 0.004
_PLACE_PRIOR: Final = 2.0
# Out of fold, recall and F1 of the hostile flag by this cap: .015 .49 .62, .03 .62 .69, .05 .67 .69. A week's signal
# needs three or five stories of several owners: a single false flag is harmless there, missed ones are not.
_HARMLESS_FLAGGED: Final = 0.03
_LENGTH_CUTS: Final = (80, 160, 320)  # characters: about the quartiles of the training texts

Log = Callable[[str], None]
Ints = npt.NDArray[np.int64]
Gold = dict[str, tuple[Floats, Any]]  # by head: scores (rows × outputs), labels (indices, or a 0/1 matrix)


@dataclass(frozen=True, slots=True)
class Fit:
    """Weights (columns × outputs), bias, and the scores of each row by a model that had not seen its fold."""

    weights: Floats
    bias: Floats
    out_of_fold: Floats


@dataclass(frozen=True, slots=True)
class Learnt:
    """Examples with their cases, in step; only those the gate lets through."""

    examples: list[Example]
    cases: list[Case]


@dataclass(frozen=True, slots=True)
class Scored:
    """What was learnt from, scored out of fold: texts with every head, and all groups (rows of `group_matrix`)."""

    texts: Learnt
    text_scores: Floats
    pairs: Learnt
    group_scores: Floats


def learn_from(examples: Sequence[Example], gazetteer: Gazetteer) -> Learnt:
    """The cases of all examples that pass the gate."""
    kept = [(e, case) for e in examples if (case := prepare(e.text, gazetteer).case) is not None]
    return Learnt([e for e, _ in kept], [case for _, case in kept])


def train(data: Path, recipe: str, log: Log = print) -> Baseline:
    """The baseline of a recipe (open or research), with temperatures and thresholds from the validation part."""
    gazetteer = Gazetteer.load()
    examples = corpus.training(data, recipe)
    learnt = learn_from(examples, gazetteer)
    held_out = learn_from(corpus.validation(data), gazetteer)
    log(f"{len(examples)} texts to learn from, {len(learnt.cases)} pass the gate; {len(held_out.cases)} to calibrate")
    whole = [(example, case) for example, case in _pairs(learnt) if example.complete]
    complete = Learnt([example for example, _ in whole], [case for _, case in whole])
    text, text_scores = _text_side(complete, log)
    group, group_scores = _group_side(learnt, log)
    card = {
        "format": FORMAT,
        "name": "baseline",
        "recipe": recipe,
        "licence": LICENCES[recipe],
        "labels": codes_by_head(read_labels().values()),
        "bits": features.BITS,
        "data": dict(sorted(Counter(e.source for e in learnt.examples).items())),
        "lexicon_hash": lexicon_hash(),
        "abroad": abroad_by_place(complete),
        "temperatures": {head.head: 1.0 for head in read_labels().values()},
    }
    return calibrated(Baseline(text, group, card), held_out, Scored(complete, text_scores, learnt, group_scores))


def calibrated(model: Baseline, held_out: Learnt, own: Scored) -> Baseline:
    """The model with temperatures from held-out texts, and with every cut set on those and on its own texts, scored out
    of fold: validation alone has too few of the rare labels."""
    by_text = model.text.scores(features.text_matrix(held_out.cases))
    by_group = model.group.scores(features.group_matrix(held_out.cases))
    held = {**gold_of_texts(held_out, by_text), **gold_of_groups(held_out, by_group)}
    mine = {**gold_of_texts(own.texts, own.text_scores), **gold_of_groups(own.pairs, own.group_scores)}
    card = {**model.card, "temperatures": {}, "choice": {}, "thresholds": {}}
    for head, (scores, labels) in held.items():
        kind = read_labels()[head].kind
        temperature = card["temperatures"][head] = calibrate.temperature_of(scores, labels, kind)
        p = probabilities(np.concatenate([scores, mine[head][0]]), kind, temperature)
        gold = np.concatenate([labels, mine[head][1]])
        if head == "rel":
            related = gold == len(RELATION) - 1
            card["related"] = calibrate.threshold_of(p[:, -1], related.astype(np.int64), beta=1.0)
            card["choice"][head] = calibrate.choice_weights(p[~related, :-1], gold[~related])
        elif kind == "many":
            cuts = [calibrate.threshold_of(p[:, k], gold[:, k]) for k in range(p.shape[1])]
            card["thresholds"][head] = dict(zip(read_labels()[head].codes, cuts, strict=True))
        elif head != "sev":  # severity has no cut of its own (classify.hostility)
            card["choice"][head] = calibrate.choice_weights(p, gold)
    card["hostile"] = _hostile_rule(
        [(held_out, by_group), (own.pairs, own.group_scores)], card["temperatures"], _HARMLESS_FLAGGED
    )
    return Baseline(model.text, model.group, card)


def _hostile_rule(
    scored: Sequence[tuple[Learnt, Floats]], temperatures: dict[str, float], share: float
) -> dict[str, float]:
    """The cut for hostility, and what it does to the texts it was set on: shares of harmless and of hostile ones found.

    Harmless is a text without a negative stance or any severity; only texts with every head labelled are asked.
    """
    highest, harmless, hostile = [], [], []
    for learnt, scores in scored:
        p = by_head(scores, group_outputs(), temperatures)
        rows = hostility(p["sev"], p["st"])
        starts = np.cumsum([0, *(len(case.targets) for case in learnt.cases[:-1])])
        whole = [example.complete for example in learnt.examples]
        kept = [example for example in learnt.examples if example.complete]
        highest.append(np.maximum.reduceat(rows, starts)[whole])
        harmless.append([all(g["st"] >= 0 and g.get("sev", 0) == 0 for g in e.groups.values()) for e in kept])
        hostile.append([e.hostile for e in kept])
    top, good, bad = np.concatenate(highest), np.concatenate(harmless), np.concatenate(hostile)
    cut = calibrate.cut_of(top, good, share)
    found = {"harmless_flagged": (top[good] >= cut).mean(), "hostile_found": (top[bad] >= cut).mean()}
    return {"cut": cut, "harmless_texts": int(good.sum()), **{name: round(float(v), 4) for name, v in found.items()}}


def gold_of_texts(learnt: Learnt, scores: Floats) -> Gold:
    """Scores and gold labels of each text head; `scores` has the columns of `text_outputs`."""
    gold: Gold = {}
    at = 0
    for head, codes in text_outputs():
        gold[head.head] = (scores[:, at : at + len(codes)], _text_gold(learnt.examples, head.head))
        at += len(codes)
    return gold


def gold_of_groups(learnt: Learnt, scores: Floats) -> Gold:
    """The same for the group heads, labelled rows only."""
    labels, known = _group_gold(learnt)
    gold: Gold = {}
    at = 0
    for head, codes in group_outputs():
        mask = known[head.head]
        gold[head.head] = (scores[mask, at : at + len(codes)], labels[head.head][mask])
        at += len(codes)
    return gold


def abroad_by_place(learnt: Learnt) -> dict[str, float]:
    """Share of `abroad` among related texts by site and places named (rule 22), smoothed with two pseudo-texts."""
    related: Counter[str] = Counter()
    abroad: Counter[str] = Counter()
    for example, case in _pairs(learnt):
        if example.gold["rel"] in ("domestic", "abroad"):
            key = place_key(case, example.gold["voice"])
            related[key] += 1
            abroad[key] += example.gold["rel"] == "abroad"
    shares = {}
    sites, wheres, manners = ("Kazakhstan", "other"), ("kazakhstan", "abroad", "both", "none"), ("told", "said")
    for site, where, manner in itertools.product(sites, wheres, manners):
        key = f"{site}:{where}:{manner}"
        # Rule 22: a text follows its places; without one it follows its site.
        prior = {"kazakhstan": 0.0, "both": 0.0, "abroad": 1.0}.get(where, float(site == "other"))
        shares[key] = round((abroad[key] + _PLACE_PRIOR * prior) / (related[key] + _PLACE_PRIOR), 4)
    return shares


def balance_by_length(examples: Sequence[Example]) -> Floats:
    """Weights that make hostility independent of length: written hostile texts are shorter than the harmless ones."""
    cells = [(sum(len(e.text.text) > cut for cut in _LENGTH_CUTS), e.hostile) for e in examples]
    cell, length, flag = Counter(cells), Counter(c[0] for c in cells), Counter(c[1] for c in cells)
    weights = [length[c[0]] * flag[c[1]] / (cell[c] * len(cells)) for c in cells]
    return np.clip(np.array(weights, dtype=np.float32), 0.3, 3.0)


def _pairs(learnt: Learnt) -> list[tuple[Example, Case]]:
    return list(zip(learnt.examples, learnt.cases, strict=True))


def _text_gold(examples: Sequence[Example], head: str) -> Any:
    spec = read_labels()[head]
    if head == "rel":
        related = ("domestic", "abroad")
        return np.array([RELATION.index("relation" if e.gold[head] in related else e.gold[head]) for e in examples])
    if spec.kind == "one":
        return np.array([spec.index(e.gold[head]) for e in examples])
    return np.array([[int(code in e.gold[head]) for code in spec.codes] for e in examples])


def _group_gold(learnt: Learnt) -> tuple[dict[str, npt.NDArray[np.int64]], dict[str, npt.NDArray[np.bool_]]]:
    """Label index and whether it is labelled, for each target row of each group head.

    A group that is named but not taken as a group by the annotator has stance 0 and severity 0.
    """
    items = [labelled(example, case) for example, case in _pairs(learnt)]
    gold = {head: np.array([g[head] for item in items for g in item.groups], dtype=np.int64) for head in ("st", "sev")}
    return gold, {head: values != UNKNOWN for head, values in gold.items()}


def _text_side(learnt: Learnt, log: Log) -> tuple[Side, Floats]:
    matrix = features.text_matrix(learnt.cases)
    rarity = _rarity(matrix, features.WIDTH)
    weighted = features.weigh(matrix, features.WIDTH, rarity)
    weights = balance_by_length(learnt.examples)
    folds = _folds(len(learnt.cases))
    fits = []
    for head, codes in text_outputs():
        gold = _text_gold(learnt.examples, head.head)
        wanted = np.eye(len(codes), dtype=np.int64)[gold] if head.kind == "one" else gold
        fits.append(_fit(weighted, wanted, weights, folds, _TEXT_PENALTY))
        log(f"learnt {head.head}")
    return _side(fits, rarity), np.hstack([fit.out_of_fold for fit in fits])


def _group_side(learnt: Learnt, log: Log) -> tuple[Side, Floats]:
    matrix = features.group_matrix(learnt.cases)
    rarity = _rarity(matrix, 2 * features.WIDTH)
    weighted = features.weigh(matrix, 2 * features.WIDTH, rarity)
    targets = [len(case.targets) for case in learnt.cases]
    weights = np.repeat(balance_by_length(learnt.examples), targets)
    folds = np.repeat(_folds(len(learnt.cases)), targets)
    gold, known = _group_gold(learnt)
    fits = []
    out_of_fold = []
    for head, codes in group_outputs():
        mask = known[head.head]
        wanted = np.eye(len(codes), dtype=np.int64)[gold[head.head][mask]]
        fit = _fit(weighted[mask], wanted, weights[mask], folds[mask], _GROUP_PENALTY)
        scores = np.zeros((len(mask), len(codes)), dtype=np.float32)
        scores[mask] = fit.out_of_fold
        fits.append(fit)
        out_of_fold.append(scores)
        log(f"learnt {head.head} on {int(mask.sum())} pairs of text and group")
    return _side(fits, rarity), np.hstack(out_of_fold)


def _folds(rows: int) -> Ints:
    # Blocks of 20, as twins stand near each other in the written sets.
    return (np.arange(rows) // 20) % _FOLDS


def _fit(matrix: Any, wanted: Ints, weights: Floats, folds: Ints, penalty: float) -> Fit:
    """One yes/no regression for each column of `wanted` (rows × outputs of 0 and 1)."""
    out_of_fold = np.zeros(wanted.shape, dtype=np.float32)
    for fold in range(_FOLDS):
        rest, own = folds != fold, folds == fold
        coefficients, bias = _regress(matrix[rest], wanted[rest], weights[rest], penalty)
        out_of_fold[own] = matrix[own] @ coefficients + bias
    return Fit(*_regress(matrix, wanted, weights, penalty), out_of_fold)


def _regress(matrix: Any, wanted: Ints, weights: Floats, penalty: float) -> tuple[Floats, Floats]:
    columns = []
    for k in range(wanted.shape[1]):
        if len(np.unique(wanted[:, k])) < 2:
            raise ValueError(f"training texts lack label number {k} of a head, or have nothing else: add texts for it")
        # The dual form: rows are few, columns many.
        regression = LogisticRegression(
            C=penalty, solver="liblinear", dual=True, tol=1e-2, max_iter=500, random_state=0
        )
        regression.fit(matrix, wanted[:, k], sample_weight=weights)
        columns.append((regression.coef_[0], regression.intercept_[0]))
    coefficients, biases = zip(*columns, strict=True)
    return np.stack(coefficients, axis=1).astype(np.float32), np.array(biases, dtype=np.float32)


def _rarity(matrix: Any, hashed: int) -> Floats:
    """log((1 + n) / (1 + df)) + 1 for each hashed column; 0 for pieces seen in a single text, which teach nothing."""
    seen = np.bincount(matrix.indices, minlength=matrix.shape[1])[:hashed]
    rarity = np.log((1 + matrix.shape[0]) / (1 + seen)) + 1
    return np.where(seen > 1, rarity, 0.0).astype(np.float16).astype(np.float32)


def _side(fits: list[Fit], rarity: Floats) -> Side:
    weights = np.hstack([fit.weights for fit in fits])
    weights[np.abs(weights) < _NEGLIGIBLE] = 0.0
    columns = np.flatnonzero(np.abs(weights).max(axis=1) > 0).astype(np.int32)
    halves = weights[columns].astype(np.float16).astype(np.float32)
    bias = np.concatenate([fit.bias for fit in fits]).astype(np.float16).astype(np.float32)
    return Side(columns, halves, bias, rarity)
