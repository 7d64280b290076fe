"""The generated documentation and the definitions it is made of are the same thing."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

from reports.methodology import methodology_markdown


def test_methodology_file_is_up_to_date() -> None:
    """When it fails: `python -m reports method > docs/methodology.md`."""
    written = Path(__file__).parents[2] / "docs" / "methodology.md"
    assert written.read_text(encoding="utf-8") == methodology_markdown()


def test_methodology_names_every_indicator_label_and_table() -> None:
    text = methodology_markdown()
    for query in files("warehouse").joinpath("indicators").iterdir():
        assert query.read_text(encoding="utf-8").splitlines()[0].removeprefix("--").strip().replace("|", "\\|") in text
    for head, entry in tomllib.loads(files("nlp").joinpath("labels.toml").read_text(encoding="utf-8")).items():
        assert f"### {head}" in text
        assert all(f"| `{code}` |" in text for code in entry["labels"])
    for table in tomllib.loads(files("warehouse").joinpath("columns.toml").read_text(encoding="utf-8")):
        assert f"### {table}" in text
