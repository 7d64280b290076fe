"""Labels kept without their texts find them by key, and a text that is missing is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlp.corpus import LABELS, key_of, labelled_by_key
from nlp.labels import check_annotation

ROW = {
    "source": "ruethnohate", "lang": "ru", "genre": "comment", "site": "Russia", "rel": "abroad", "voice": "opinion",
    "time": "current", "acts": [], "frame": "none", "themes": [], "groups": [{"g": "tatar", "st": 1, "sev": 0}],
    "place": [],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ruethnohate_train.jsonl").write_text(json.dumps({"text": "Татары молодцы"}) + "\n", "utf-8")
    (tmp_path / "snlp_topics_train.csv").write_text("text\n<b>Про</b> налоги\n", "utf-8")
    (tmp_path / "mlma_en.csv").write_text("tweet\nA tweet\n", "utf-8")
    (tmp_path / "foxnews_en.jsonl").write_text(json.dumps({"text": "A comment", "title": "Headline"}) + "\n", "utf-8")
    (tmp_path / "rusentne_train.tsv").write_text("sentence\tentity\nПредложение\tX\n", "utf-8")
    (tmp_path / "kaznerd_valid.iob2").write_text("Әрі O\nқарай O\n\nБасқа O\n", "utf-8")
    return tmp_path


def labels(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps({**ROW, "id": key_of(text)}) + "\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("kept", "text", "context"),
    [
        ("татары, молодцы!", "Татары молодцы", None),
        ("Про налоги", "Про налоги", None),
        ("A comment", "A comment", "Headline"),
        ("Әрі қарай", "Әрі қарай", None),
    ],
)
def test_a_label_finds_its_text(folder: Path, kept: str, text: str, context: str | None) -> None:
    (example,) = labelled_by_key(folder, labels(folder, kept))
    assert (example.text.text, example.text.context) == (text, context)
    assert example.groups == {"tatar": {"st": 1, "sev": 0}}
    assert example.complete


def test_a_label_without_its_text_is_an_error(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"no text in .* has the key"):
        labelled_by_key(folder, labels(folder, "нет такого"))


def test_the_shipped_labels_keep_to_the_codebook_and_hold_no_text() -> None:
    rows = [json.loads(line) for line in LABELS.read_text("utf-8").splitlines()]
    assert len({row["id"] for row in rows}) == len(rows) > 1500
    for row in rows:
        check_annotation(row, row["id"])
        assert not {"text", "context", "title"} & set(row)
