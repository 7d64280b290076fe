"""The reading package as a command: train and measure the reader, and run its two stages by hand:

python -m nlp train DATA                           learn, calibrate, write nlp/models/reader (extra `train`)
python -m nlp train DATA --model baseline          the same for nlp/models/baseline
python -m nlp evaluate DATA SUITE                  measure, print (`shanyraq evaluate` shows how far it is)
python -m nlp read ROOT WORLD SOURCE WINDOW        one source's articles → readings and outcomes
python -m nlp stories ROOT WORLD                   all articles of a world → stories.jsonl
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from crawlers.layout import Window, World
from nlp.classify import BASELINE
from nlp.encoder import READER
from nlp.read import Reader, read_window
from nlp.stories import write_stories
from nlp.verdict import ModelError


def main(arguments: list[str] | None = None) -> int:
    """Run one sub-command; exit code 1 and one sentence on stderr for a user's error."""
    parser = argparse.ArgumentParser(prog="python -m nlp", description="Train, measure and run the reader.")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="learn a model")
    train.add_argument("data", type=Path, help="folder of the text sets")
    train.add_argument("--model", choices=("reader", "baseline"), default="reader")
    train.add_argument("--recipe", choices=("open", "research"), help="research for the reader, open for the baseline")
    train.add_argument("--out", type=Path, help="model folder; the shipped one unless named")
    train.add_argument("--work", type=Path, default=Path("training"), help="folder of checkpoints, for going on")
    evaluate = commands.add_parser("evaluate", help="measure a model")
    evaluate.add_argument("data", type=Path, help="folder of the text sets")
    evaluate.add_argument("suite", type=Path, help="folder of functional_open.jsonl and functional_slots.json")
    evaluate.add_argument("--model", type=Path, default=READER)
    evaluate.add_argument("--against", type=Path, help="a second model, told beside the first")
    evaluate.add_argument("--card", type=Path, help="Markdown file whose figures are replaced")
    evaluate.add_argument("--json", type=Path, help="file for all figures")
    evaluate.add_argument("--test", action="store_true", help="also the shipped texts kept for the end")
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
    def log(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    if options.model == "baseline":
        from nlp import train  # noqa: PLC0415 - scikit-learn is not needed to read

        train.train(options.data, options.recipe or "open", log).save(options.out or BASELINE)
    else:
        try:
            from nlp import train_reader  # noqa: PLC0415 - torch is an extra
        except ImportError as error:
            raise ModelError(f"{error}; install the extra `train`: pip install shanyraq[train]") from error
        train_reader.train(options.data, options.recipe or "research", options.out or READER, options.work, log=log)
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from nlp.model_card import evaluate_to  # noqa: PLC0415

    print(
        evaluate_to(
            options.data, options.suite, options.model, options.against, options.card, options.json, test=options.test
        )
    )
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
