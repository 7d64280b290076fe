"""Any Hugging Face sequence-classification checkpoint as a `Classifier`, by configuration (docs/plug-in-model.md).

In: a folder with `checkpoint.toml` and the checkpoint's files, and the classifier that answers everything else. Out:
the same predictions with the configured heads answered by the checkpoint. It sees slotted text whose slots are turned
into plain words ("эти люди"), never the name of a people: which people is meant cannot change its answer.

Read in this order: `read_plan` (the file, checked against labels.toml and the checkpoint's config.json), `load`
(hashes, then torch), `view` (what the checkpoint is given), `Plugged.predict`. Weights are read from safetensors only,
offline, and no code that comes with a checkpoint is run.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from nlp.features import Case, Floats
from nlp.labels import Head, LabelError, read_labels
from nlp.language import identify
from nlp.verdict import Classifier, GroupPrediction, ModelError, Prediction, Probabilities

FORMAT: Final = 1
PLAN: Final = "checkpoint.toml"
SCORES: Final = ("one", "many")  # softmax over the labels, or a sigmoid each
GIVEN: Final = ("text", "window")
PARTS: Final = ("context", "title", "text")
_SLOT: Final = re.compile(r"\[(?:G(\d+)(!?)|E)\]")
_SPACED: Final = re.compile(r"\S+")
_GAP: Final = " … "  # between two windows of one text
_ENTRIES: Final = (
    *("format", "name", "revision", "model", "scores", "parts", "max_length", "batch_size"),
    *("words", "heads", "sha256"),
)
_PICKLED: Final = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".msgpack", ".h5")

# Rows of scores, one for each text, one column for each label of the checkpoint.
Score = Callable[[Sequence[str]], Floats]


@dataclass(frozen=True, slots=True)
class Words:
    """What stands for a slot in one language: the people asked about, any other, a slur for either, a look-alike."""

    people: str
    other: str
    slur: str
    homonym: str


@dataclass(frozen=True, slots=True)
class Answer:
    """How the checkpoint's labels answer one head: `codes[i]` is the code of its label `i`, empty if it says nothing.

    `given` text or window; `around` words each side of a slot; `cut` the probability from which an any-of label holds.
    """

    head: Head
    codes: tuple[str, ...]
    temperature: float
    given: str
    around: int
    cut: float

    def probabilities(self, scores: Floats, kind: str) -> dict[str, float]:
        """By code, from one row of scores: a code of several labels has their sum (`kind` one) or their highest."""
        heated = scores.astype(np.float64) / self.temperature
        if kind == "one":
            powers = np.exp(heated - heated.max())
            share = powers / powers.sum()
        else:
            share = 1.0 / (1.0 + np.exp(-np.clip(heated, -30, 30)))
        join: Callable[[float, float], float] = float.__add__ if kind == "one" else max
        told: dict[str, float] = {}
        for code, p in zip(self.codes, share.tolist(), strict=True):
            told[code] = join(told[code], p) if code in told else p
        # Of a one-of head every code has a probability; of an any-of head only those that the checkpoint knows.
        known = self.head.codes if self.head.kind == "one" else [code for code in self.head.codes if code in told]
        return {code: round(told.get(code, 0.0), 4) for code in known}


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked `checkpoint.toml`; `labels` are the checkpoint's own, in the order of its scores."""

    name: str
    revision: str
    model: Path
    scores: str
    parts: tuple[str, ...]
    max_length: int
    batch_size: int
    words: dict[str, Words]  # by language; the first is taken for texts in any other
    labels: tuple[str, ...]
    answers: tuple[Answer, ...]
    sha256: dict[str, str]  # by file name in `model`


@dataclass(frozen=True, slots=True)
class Plugged:
    """A `Classifier`: `base` answers first, then the heads of the plan are overridden by what `score` says."""

    plan: Plan
    score: Score
    base: Classifier
    own_hash: str  # of checkpoint.toml, which holds the hashes of the files

    @property
    def name(self) -> str:
        return f"{self.base.name}+{self.plan.name}-{self.own_hash[:12]}"

    @property
    def model_hash(self) -> str:
        return hashlib.sha256(f"{self.base.model_hash} {self.own_hash}".encode()).hexdigest()

    def predict(self, cases: Sequence[Case]) -> list[Prediction]:
        """Labels and probabilities of each case, in order."""
        told = self.base.predict(cases)
        row_of: dict[str, int] = {}  # each different text is scored once
        asked = []
        for case in cases:
            asked.append({key: row_of.setdefault(text, len(row_of)) for key, text in self._views(case)})
        scores = self.score(list(row_of)) if row_of else np.zeros((0, len(self.plan.labels)), np.float32)
        return [
            self._merged(prediction, {key: scores[row] for key, row in rows.items()})
            for prediction, rows in zip(told, asked, strict=True)
        ]

    def _views(self, case: Case) -> Iterator[tuple[tuple[str, int], str]]:
        """What each answer needs to see, by head and number of the target (0 for the heads of the whole text)."""
        words = words_for(case, self.plan.words)
        for answer in self.plan.answers:
            numbers = range(1, len(case.targets) + 1) if answer.head.scope == "group" else (0,)
            for number in numbers:
                around = answer.around if answer.given == "window" else None
                yield (answer.head.head, number), view(case, number, self.plan.parts, words, around)

    def _merged(self, prediction: Prediction, scores: Mapping[tuple[str, int], Floats]) -> Prediction:
        p: Probabilities = dict(prediction.p)
        text: dict[str, Any] = {}
        groups = list(prediction.groups)
        for answer in self.plan.answers:
            name = answer.head.head
            if answer.head.scope == "group":
                groups = [
                    self._group(group, answer, scores[name, number]) for number, group in enumerate(groups, start=1)
                ]
                continue
            told = answer.probabilities(scores[name, 0], self.plan.scores)
            if answer.head.kind == "one":
                p[name], text[name] = told, _likeliest(told)
            else:
                held = {c for c in getattr(prediction, name) if c not in told}
                held |= {c for c, share in told.items() if share >= answer.cut}
                p[name] = {**p.get(name, {}), **told}
                text[name] = tuple(c for c in answer.head.codes if c in held)
        return replace(prediction, groups=tuple(map(_agreeing, groups)), p=p, **text)

    def _group(self, group: GroupPrediction, answer: Answer, scores: Floats) -> GroupPrediction:
        told = answer.probabilities(scores, self.plan.scores)
        chosen: dict[str, Any] = {answer.head.head: int(_likeliest(told))}
        return replace(group, p={**group.p, answer.head.head: told}, **chosen)


def load(folder: Path, base: Classifier) -> Plugged:
    """Check and open a folder with a `checkpoint.toml`; every complaint is a `ModelError`."""
    plan = read_plan(folder)
    _check_files(plan)
    own_hash = hashlib.sha256((folder / PLAN).read_bytes()).hexdigest()
    return Plugged(plan, _open(plan), base, own_hash)


def hashes_of(model: Path) -> dict[str, str]:
    """SHA-256 of each file of a checkpoint folder, as the table `[sha256]` wants them."""
    files = sorted(path for path in model.iterdir() if path.is_file() and path.name != PLAN)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


# --- what the checkpoint is given ------------------------------------------------------------------------------------


def view(case: Case, number: int, parts: Sequence[str], words: Words, around: int | None) -> str:
    """The text for one question: about target `number`, or about the whole (0, the first people then stands out).

    `around` words each side of the target's slots (of all slots for 0), the whole text where it has none or for None.
    """
    whole = "\n".join(part for part in (str(getattr(case, name)) for name in parts) if part)
    own = number or 1

    def spoken(match: re.Match[str]) -> str:
        if match[1] is None:
            return words.homonym
        if match[2]:
            return words.slur
        return words.people if int(match[1]) == own else words.other

    pieces = [whole] if around is None else _windows(whole, number, around)
    return _GAP.join(_SLOT.sub(spoken, piece) for piece in pieces)


def words_for(case: Case, words: Mapping[str, Words]) -> Words:
    """The words of the text's language, else the first table's."""
    code = identify(case.text).code
    return words.get(code) or next(iter(words.values()))


def _windows(text: str, number: int, around: int) -> list[str]:
    spaced = list(_SPACED.finditer(text))
    near: set[int] = set()
    for k, match in enumerate(spaced):
        slots = [int(slot[1]) for slot in _SLOT.finditer(match[0]) if slot[1]]
        if number in slots or (number == 0 and slots):
            near.update(range(max(0, k - around), min(len(spaced), k + around + 1)))
    if not near:
        return [text]
    pieces = []
    first = last = min(near)
    for k in sorted(near)[1:]:
        if k > last + 1:
            pieces.append(text[spaced[first].start() : spaced[last].end()])
            first = k
        last = k
    return [*pieces, text[spaced[first].start() : spaced[last].end()]]


def _likeliest(told: Mapping[str, float]) -> str:
    return max(told, key=lambda code: told[code])


def _agreeing(group: GroupPrediction) -> GroupPrediction:
    if group.sev and group.st > 0:  # as nlp/decide.py: hostile words about a group that the text praises
        shares = group.p["st"]
        return replace(group, st=-1 if shares["-1"] > shares["0"] else 0)
    return group


# --- checkpoint.toml -------------------------------------------------------------------------------------------------


def read_plan(folder: Path) -> Plan:
    """The checked plan of a folder; what is missing, unknown or of the wrong kind is a `ModelError` that names it."""
    path = folder / PLAN
    try:
        record = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: not readable ({error}); see docs/plug-in-model.md") from error
    try:
        return _plan(record, folder)
    except (KeyError, TypeError, ValueError, OSError) as error:
        what = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise ModelError(f"{path}: {what}; see docs/plug-in-model.md") from error


def _plan(record: dict[str, Any], folder: Path) -> Plan:
    _only(record, "the file", *_ENTRIES)
    if record["format"] != FORMAT:
        raise ValueError(f"format {record['format']!r}, this program reads {FORMAT}")
    model = folder / str(record["model"])
    config: dict[str, Any] = json.loads((model / "config.json").read_text("utf-8"))
    labels = _labels_of(config)
    scores = _one_of("scores", record["scores"], SCORES)
    parts = tuple(_one_of("parts", part, PARTS) for part in record.get("parts", ("title", "text")))
    max_length = int(_number("max_length", record["max_length"], whole=True))
    widest = config.get("max_position_embeddings")
    if isinstance(widest, int) and max_length > widest:
        raise ValueError(f"max_length {max_length} is more than the {widest} positions of the checkpoint")
    words = {language: _words(language, table) for language, table in record["words"].items()}
    answers = tuple(_answer(name, table, labels, scores) for name, table in record["heads"].items())
    hashes = record["sha256"]
    if not (parts and words and answers and isinstance(hashes, dict)):
        raise ValueError("parts, words and heads need one entry at least, sha256 is a table")
    return Plan(
        str(record["name"]),
        str(record["revision"]),
        model,
        scores,
        parts,
        max_length,
        int(_number("batch_size", record.get("batch_size", 16), whole=True)),
        words,
        labels,
        answers,
        {str(file): str(digest) for file, digest in hashes.items()},
    )


def _labels_of(config: Mapping[str, Any]) -> tuple[str, ...]:
    # transformers leaves out the names of two labels that nobody has named.
    named = config.get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}
    by_number = {int(number): str(label) for number, label in named.items()}
    if sorted(by_number) != list(range(len(by_number))):
        raise ValueError("the labels of config.json are not numbered 0, 1, 2 …")
    return tuple(by_number[number] for number in range(len(by_number)))


def _answer(name: str, table: Mapping[str, Any], labels: Sequence[str], scores: str) -> Answer:
    where = f"[heads.{name}]"
    head = read_labels().get(name)
    if head is None:
        raise ValueError(f"{where}: unknown head; known: {', '.join(read_labels())}")
    _only(table, where, "labels", "temperature", "given", "around", "cut")
    if head.kind == "one" and scores == "many":
        raise ValueError(f"{where}: exactly one label of {name} holds, so the checkpoint's scores must be 'one'")
    mapping = {str(label): str(code) for label, code in table["labels"].items()}
    lacking = sorted(set(labels) - set(mapping))
    foreign = sorted(set(mapping) - set(labels))
    if lacking or foreign:
        raise ValueError(
            f"{where}: labels do not match the checkpoint's"
            + (f"; without a code: {', '.join(lacking)}" if lacking else "")
            + (f"; not in config.json: {', '.join(foreign)}" if foreign else "")
        )
    silent = [label for label, code in mapping.items() if not code]
    if silent and (head.kind == "one" or len(silent) == len(mapping)):
        raise ValueError(f"{where}: no code for {', '.join(silent)}")
    try:
        for code in filter(None, mapping.values()):
            head.index(code)
    except LabelError as error:
        raise ValueError(f"{where}: {error}") from error
    if head.kind == "one" and "cut" in table:
        raise ValueError(f"{where}: a cut is for heads of which any number of labels may hold")
    return Answer(
        head,
        tuple(mapping[label] for label in labels),
        _number(f"{where} temperature", table.get("temperature", 1.0)),
        _one_of(f"{where} given", table.get("given", "text"), GIVEN),
        int(_number(f"{where} around", table.get("around", 30), whole=True)),
        _number(f"{where} cut", table.get("cut", 0.5)),
    )


def _words(language: str, table: Mapping[str, Any]) -> Words:
    _only(table, f"[words.{language}]", "people", "other", "slur", "homonym")
    people = str(table["people"])
    return Words(people, str(table.get("other", people)), str(table.get("slur", people)), str(table["homonym"]))


def _only(table: Mapping[str, Any], where: str, *known: str) -> None:
    if unknown := sorted(set(table) - set(known)):
        raise ValueError(f"{where}: unknown entry {', '.join(unknown)}; known: {', '.join(known)}")


def _one_of(name: str, value: Any, known: Sequence[str]) -> str:
    if value not in known:
        raise ValueError(f"{name} {value!r}; known: {', '.join(known)}")
    return str(value)


def _number(name: str, value: Any, *, whole: bool = False) -> float:
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or value <= 0:
        raise ValueError(f"{name} {value!r} is no {'whole ' if whole else ''}number above 0")
    return float(value)


# --- the checkpoint's files ------------------------------------------------------------------------------------------


def _check_files(plan: Plan) -> None:
    there = hashes_of(plan.model)
    if pickled := [name for name in there if name.endswith(_PICKLED)]:
        raise ModelError(
            f"{plan.model / pickled[0]}: only safetensors are read, other weights may run code; save the checkpoint"
            " with save_pretrained and remove this file"
        )
    if not any(name.endswith(".safetensors") for name in there):
        raise ModelError(f"{plan.model}: no .safetensors file; save the checkpoint with save_pretrained")
    for name in sorted({*there, *plan.sha256}):
        if name not in there:
            raise ModelError(f"{plan.model / name}: file is missing; restore it or take it out of [sha256]")
        if name not in plan.sha256:
            raise ModelError(f"{plan.model / name}: no hash in {PLAN}; add it to [sha256] or remove the file")
        if there[name] != plan.sha256[name]:
            raise ModelError(
                f"{plan.model / name}: hash {there[name][:12]}… is not the one in {PLAN}; restore the file"
            )


def _open(plan: Plan) -> Score:
    torch = _imported("torch")
    transformers = _imported("transformers")
    transformers.utils.logging.disable_progress_bar()
    strict = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(plan.model, **strict)
        network, found = transformers.AutoModelForSequenceClassification.from_pretrained(
            plan.model, use_safetensors=True, dtype=torch.float32, output_loading_info=True, **strict
        )
    except Exception as error:  # whatever a damaged or foreign checkpoint raises, the user needs the folder's name
        first = str(error).strip().splitlines()[0] if str(error).strip() else ""
        raise ModelError(f"{plan.model}: checkpoint not readable ({type(error).__name__}: {first})") from error
    # transformers would fill a missing classifier with random numbers and only warn.
    if random := sorted(map(str, (*found["missing_keys"], *found["mismatched_keys"]))):
        raise ModelError(
            f"{plan.model}: no weights for {', '.join(random[:3])}; this is no checkpoint of a sequence classifier"
        )
    if tokenizer.pad_token_id is None:
        raise ModelError(f"{plan.model}: the tokenizer has no padding token; set one and save it again")
    network.eval()

    def score(texts: Sequence[str]) -> Floats:
        rows = np.zeros((len(texts), len(plan.labels)), np.float32)
        longest_first = sorted(range(len(texts)), key=lambda k: -len(texts[k]))  # little padding within a batch
        for start in range(0, len(texts), plan.batch_size):
            batch = longest_first[start : start + plan.batch_size]
            pieces = tokenizer(
                [texts[k] for k in batch],
                truncation=True,
                max_length=plan.max_length,
                padding=True,
                return_tensors="pt",
            )
            with torch.inference_mode():
                rows[batch] = network(**pieces).logits.numpy()
        return rows

    _try_out(score, plan)
    return score


def _try_out(score: Score, plan: Plan) -> None:
    """One text as long as is allowed: what does not fit shows now, not in the middle of a run."""
    try:
        rows = score(["сөз " * plan.max_length])
    except Exception as error:
        raise ModelError(
            f"{plan.model}: the checkpoint fails on a text of {plan.max_length} pieces"
            f" ({type(error).__name__}: {error}); lower max_length"
        ) from error
    if not np.isfinite(rows).all():
        raise ModelError(f"{plan.model}: the checkpoint's scores are no numbers; restore or retrain it")


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ModelError(
            f"a checkpoint needs {name}, which is not installed; install the train extra: pip install 'shanyraq[train]'"
        ) from error
