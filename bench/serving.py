"""Texts a second: the shipped int8 reader against the plain Hugging Face pipeline, same texts, same run.

python bench/serving.py [N]      (needs the extra `train` for the pipeline; two cores)

Texts are made by joining the project's own ones to a mean of 196 pieces with the spread of a news stream (log-normal,
σ .6, 16 to 256 pieces). The pipeline is what one would write first: a BERT of the same size in fp32,
`pipeline("text-classification")`, batches of 16 in order of arrival, padded to the longest. Ours does more (six text
heads, two group heads). Both get the pieces of one tokenizer; word lists and gate are not part of either.
"""

from __future__ import annotations

import random
import re
import sys
import time
from pathlib import Path

import numpy as np

from nlp import corpus, pieces
from nlp.encoder import READER, Encoder
from nlp.features import Case
from nlp.labels import read_labels
from nlp.places import Gazetteer
from nlp.read import prepare

MEAN, SPREAD = 196, 0.6


def texts(number: int, tokenizer: object) -> list[Case]:
    chance = random.Random(0)
    gazetteer = Gazetteer.load()
    own = [case for e in corpus.own("train")[::4] if (case := prepare(e.text, gazetteer).case)]
    made = []
    while len(made) < number:
        wanted = min(256, max(16, chance.lognormvariate(np.log(MEAN) - SPREAD**2 / 2, SPREAD)))
        first = chance.choice(own)
        words = re.sub(r"\[G\d+", "[G1", first.text)
        while len(pieces.cut([Case(words, first.order[:1])], tokenizer, 10_000)[0].ids) < wanted:
            words += " " + re.sub(r"\[G\d+", "[G1", chance.choice(own).text)
        made.append(Case(words, first.order[:1], genre=first.genre))
    return made


def hugging_face(cases: list[Case], folder: Path) -> float:
    import torch  # noqa: PLC0415 - an extra
    from transformers import (  # noqa: PLC0415
        BertConfig,
        BertForSequenceClassification,
        PreTrainedTokenizerFast,
        pipeline,
    )

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), pad_token="<pad>", model_max_length=pieces.LONGEST
    )
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=384, num_hidden_layers=12, num_attention_heads=12, intermediate_size=1536
    )
    torch.manual_seed(0)
    classify = pipeline("text-classification", model=BertForSequenceClassification(config).eval(), tokenizer=tokenizer)
    forms = [pieces.written_form(case)[0] for case in cases]
    classify(forms[:16], batch_size=16, truncation=True)
    start = time.perf_counter()
    classify(forms, batch_size=16, truncation=True)
    return len(forms) / (time.perf_counter() - start)


def ours(cases: list[Case], engine: str) -> tuple[float, list[object]]:
    encoder = Encoder.load(READER, engine)
    for start in range(0, 64, 16):
        encoder.predict(cases[start : start + 16])
    began = time.perf_counter()
    answers = [p for start in range(0, len(cases), 256) for p in encoder.predict(cases[start : start + 256])]
    return len(cases) / (time.perf_counter() - began), answers


def main(number: str = "512") -> None:
    encoder = Encoder.load(READER)
    cases = texts(int(number), encoder.tokenizer)
    lengths = [len(p.ids) for p in pieces.cut(cases, encoder.tokenizer)]
    print(f"{len(cases)} texts, mean {np.mean(lengths):.0f} pieces; heads: {', '.join(read_labels())}")
    rates = {}
    for engine in ("openvino", "onnxruntime"):
        rates[engine], _ = ours(cases, engine)
        print(f"{engine} int8: {rates[engine]:.1f} texts/s")
    try:
        plain = hugging_face(cases[: min(len(cases), 160)], READER)
    except ImportError as error:
        print(f"no pipeline to compare with: {error}; install the extra `train`")
        return
    print(f"plain pipeline fp32: {plain:.1f} texts/s")
    for engine, rate in rates.items():
        print(f"{engine}: {rate / plain:.1f} times as fast")


if __name__ == "__main__":
    main(*sys.argv[1:])
