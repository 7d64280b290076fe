"""`python -m warehouse`: the commands that need no sources.

python -m warehouse signals < cells.csv > judged.csv
python -m warehouse query PATH "SELECT …"
python -m warehouse questions > docs/questions.md
python -m warehouse dictionary PATH > docs/data-dictionary.md
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

from warehouse.dictionary import dictionary_markdown, published_in
from warehouse.errors import WarehouseError
from warehouse.query import run_query, write_csv
from warehouse.questions import questions_markdown
from warehouse.signals import ADDED, SignalInputError, filter_rows


def signals() -> int:
    """CSV in, the same rows with the judgement out; 1 if a row could not be read."""
    reader = csv.DictReader(sys.stdin)
    columns = [*(reader.fieldnames or []), *(name for name in ADDED if name not in (reader.fieldnames or []))]
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    failed = False
    for row in filter_rows(reader):
        failed |= row["status"] == "error"
        writer.writerow(row)
    return int(failed)


def main(arguments: Sequence[str]) -> int:
    try:
        match list(arguments):
            case ["signals"]:
                return signals()
            case ["query", path, sql]:
                write_csv(run_query(Path(path), sql), sys.stdout)
                return 0
            case ["questions"]:
                sys.stdout.write(questions_markdown())
                return 0
            case ["dictionary", path]:
                sys.stdout.write(dictionary_markdown(published_in(Path(path))))
                return 0
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except (WarehouseError, SignalInputError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
