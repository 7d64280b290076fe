"""Every label of labels.toml is complete and in the codebook; an unknown label is a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlp.labels import LabelError, check_annotation, read_labels

# The codebook's codes, written out: a label added to labels.toml must be added to the codebook and here.
CODEBOOK = {
    "rel": "none mention domestic abroad",
    "voice": "report opinion quote counter official",
    "time": "current past future unreal",
    "acts": "clash threat protest grievance restriction rumour mediation cooperation",
    "frame": "none framed denied",
    "themes": "language land jobs crime school religion history politics culture family",
    "st": "-1 0 1",
    "sev": "0 1 2 3 4",
}


def test_labels_are_those_of_the_codebook_and_each_example_is_its_own() -> None:
    heads = read_labels()
    assert {head: " ".join(spec.codes) for head, spec in heads.items()} == CODEBOOK
    examples = [label.example for spec in heads.values() for label in spec.labels]
    assert len(set(examples)) == len(examples)
    assert all(len(set(label.names)) == 3 for spec in heads.values() for label in spec.labels)


@pytest.mark.parametrize("lacking", ["kk", "ru", "en", "definition", "example"])
def test_an_entry_without_name_definition_or_example_is_refused(tmp_path: Path, lacking: str) -> None:
    fields = dict.fromkeys(("kk", "ru", "en", "definition", "example"), "x")
    entry = "\n".join(f'{key} = "{value}"' for key, value in fields.items() if key != lacking)
    whole = "\n".join(f'{key} = "{value}"' for key, value in fields.items())
    path = tmp_path / "labels.toml"
    path.write_text(
        f'[h]\nscope = "text"\nkind = "one"\nkk = "x"\nru = "x"\nen = "x"\n[h.labels.a]\n{whole}\n[h.labels.b]\n{entry}\n'
    )
    with pytest.raises(LabelError, match=rf"\[h\.labels\.b\] lacks {lacking}"):
        read_labels(path)


@pytest.mark.parametrize(
    ("annotation", "named"),
    [
        ({"rel": "local"}, "rel: unknown label 'local'"),
        ({"acts": ["clash", "riot"]}, "acts: unknown label 'riot'"),
        ({"groups": [{"g": "kazakh", "st": 2, "sev": 0}]}, "st: unknown label 2"),
        ({"groups": [{"g": "kazakh", "st": 0, "sev": 5}]}, "sev: unknown label 5"),
    ],
)
def test_an_unknown_label_in_data_is_a_crash_that_names_it(annotation: dict[str, object], named: str) -> None:
    with pytest.raises(LabelError, match=f"row 7: {named}"):
        check_annotation(annotation, "row 7")
