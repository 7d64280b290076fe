"""All that is measured of one model, on texts that it never learnt from; `nlp/model_card.py` makes tables of it.

In: the folder of text sets, the folder of the functional suite, a reader. Out: an `Evaluation`: figures with intervals,
confusion tables, the cost of abstention. What agrees with gold labels is in `nlp/agreement.py`; the functional suite,
swapped peoples, disguises and HateCheck are in `nlp/robustness.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp import agreement, corpus, robustness
from nlp.agreement import Abstention, Confusion, Track, quietly
from nlp.figures import Figure
from nlp.read import Reader


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything measured of one model. `megabytes` is the size of its folder, millions of bytes."""

    model: str
    megabytes: float
    figures: tuple[Figure, ...]
    confusions: tuple[Confusion, ...]
    abstentions: tuple[Abstention, ...]

    def figure(self, part: str, cell: str, head: str, measure: str) -> Figure | None:
        """The figure of that key, if its cell held enough cases."""
        return next((f for f in self.figures if f.key == (part, cell, head, measure)), None)

    def to_record(self) -> dict[str, Any]:
        """The JSON of all figures."""
        return {
            "model": self.model,
            "megabytes": self.megabytes,
            "figures": [figure.to_record() for figure in self.figures],
            "confusions": [
                {"part": c.part, "head": c.head, "labels": list(c.labels), "counts": c.counts} for c in self.confusions
            ],
            "abstentions": [
                {"part": a.part, "head": a.head, "abstained": round(a.abstained, 4), "floor": round(a.floor, 4),
                 "accuracy": round(a.accuracy, 4), "stated": a.stated}
                for a in self.abstentions
            ],
        }  # fmt: skip


def evaluate(
    data: Path, suite: Path, reader: Reader, folder: Path, track: Track = quietly, *, test: bool = False
) -> Evaluation:
    """Measure `reader`, whose model lies in `folder`. `test` adds the shipped texts kept for the end."""
    sets = {"validation": corpus.validation(data), "own valid": corpus.own("valid")}
    if test:
        sets["own test"] = corpus.own("test")
    read = {part: agreement.read_all(examples, reader, track, part) for part, examples in sets.items()}
    judged = read["validation"]
    found: list[Figure] = []
    for part, rows in read.items():
        found += [f for cell, kept in agreement.cells(rows) for f in agreement.text_figures(part, cell, kept)]
    stances = agreement.read_stances(data / "ruethnohate_valid.jsonl", reader, track)
    found += agreement.stance_figures(stances)
    found += agreement.group_figures(judged, stances)
    found += [*agreement.gate_figures(judged), *agreement.span_figures(data), *agreement.place_figures(data, judged)]
    found += robustness.functional_figures(suite, reader, track)
    found += robustness.evasion_figures(judged, reader, track)
    found += robustness.hatecheck_figures(data / "hatecheck_en.csv", reader, track)
    abstentions = agreement.abstention(judged, read["own valid"])
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    return Evaluation(
        reader.classifier.name, round(size, 2), tuple(found), agreement.confusions(judged, stances), abstentions
    )
