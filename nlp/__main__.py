"""The reading package as a command: train and measure the baseline, and run its two stages by hand:

python -m nlp train DATA --recipe open             learn, calibrate, write nlp/models/baseline
python -m nlp evaluate DATA SUITE                  measure, print; --card FILE writes the model card's figures
python -m nlp read ROOT WORLD SOURCE WINDOW        one source's articles → readings and outcomes
python -m nlp stories ROOT WORLD                   all articles of a world → stories.jsonl
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from crawlers.layout import Window, World, whole_file
from nlp.classify import BASELINE, ModelError
from nlp.read import Reader, read_window
from nlp.stories import write_stories

_BEGIN, _END = "<!-- figures: begin -->", "<!-- figures: end -->"


def main(arguments: list[str] | None = None) -> int:
    """Run one sub-command; exit code 1 and one sentence on stderr for a user's error."""
    parser = argparse.ArgumentParser(prog="python -m nlp", description="Train, measure and run the reader.")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="learn the baseline")
    train.add_argument("data", type=Path, help="folder of the text sets")
    train.add_argument("--recipe", choices=("open", "research"), default="open")
    train.add_argument("--out", type=Path, default=BASELINE)
    evaluate = commands.add_parser("evaluate", help="measure a model")
    evaluate.add_argument("data", type=Path, help="folder of the text sets")
    evaluate.add_argument("suite", type=Path, help="folder of functional_open.jsonl and functional_slots.json")
    evaluate.add_argument("--model", type=Path, default=BASELINE)
    evaluate.add_argument("--card", type=Path, help="Markdown file whose figures are replaced")
    read = commands.add_parser("read", help="read one source's window")
    for name in ("root", "world", "source", "window"):
        read.add_argument(name)
    read.add_argument("--model", type=Path)
    read.add_argument("--gazetteer", type=Path, help="extra places, as for the sample world")
    stories = commands.add_parser("stories", help="find the copies of a world")
    stories.add_argument("root")
    stories.add_argument("world")
    options = parser.parse_args(arguments)
    try:
        return _COMMANDS[options.command](options)
    except (ModelError, OSError, ValueError) as error:
        print(f"nlp {options.command}: {error}", file=sys.stderr)
        return 1


def _train(options: argparse.Namespace) -> int:
    from nlp.train import train  # noqa: PLC0415 - scikit-learn is not needed to read

    train(options.data, options.recipe, lambda line: print(line, file=sys.stderr)).save(options.out)
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from nlp.evaluate import report  # noqa: PLC0415

    figures = report(options.data, options.suite, Reader.load(options.model))
    print(figures)
    if options.card:
        card = options.card.read_text("utf-8")
        before, found, rest = card.partition(_BEGIN)
        _, ended, after = rest.partition(_END)
        if not (found and ended):
            raise ValueError(f"{options.card} has no {_BEGIN} … {_END}; add the two lines where the figures belong")
        with whole_file(options.card) as handle:
            handle.write(f"{before}{_BEGIN}\n\n{figures}\n\n{_END}{after}")
    return 0


def _read(options: argparse.Namespace) -> int:
    world = World(Path(options.root), options.world)
    reader = Reader.load(options.model, options.gazetteer)
    print(json.dumps(read_window(options.source, world, Window.parse(options.window), reader)))
    return 0


def _stories(options: argparse.Namespace) -> int:
    print(json.dumps(write_stories(World(Path(options.root), options.world))))
    return 0


_COMMANDS = {"train": _train, "evaluate": _evaluate, "read": _read, "stories": _stories}

if __name__ == "__main__":
    sys.exit(main())
