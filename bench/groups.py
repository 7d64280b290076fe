"""Recall and precision of names of peoples, of the language guess and of the gate, against the research sets.

    python bench/groups.py [../shared] [--misses N]

Written sets: a mark `[[surface|group]]` is found when a mention of the group overlaps it. Precision counts mentions of
texts whose marks are complete (the codebook names each group a text takes as one, so figures below flatter nobody).
Annotated sets carry no spans: the set of groups of a text is compared.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nlp.gate import passes
from nlp.groups import GENERIC_GROUPS, find
from nlp.language import identify

_MARK = re.compile(r"\[\[([^\]|]+)\|([^\]]+)\]\]")
OWN = Path(__file__).parents[1] / "nlp" / "texts"
SHARED_HANDS = ("w1-", "w2-", "w3-", "w4-", "w5-")
Counts = dict[str, list[int]]  # key → [right, gold, found]


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def unmarked(text: str) -> tuple[str, list[tuple[int, int, str]]]:
    """The text without marks, and (start, end, group) of each mark in it."""
    pieces, marks, position, length = [], [], 0, 0
    for match in _MARK.finditer(text):
        pieces += [text[position : match.start()], match[1]]
        length += match.start() - position
        marks.append((length, length + len(match[1]), match[2]))
        length += len(match[1])
        position = match.end()
    return "".join([*pieces, text[position:]]), marks


def written(shared: Path) -> Iterator[tuple[bool, dict[str, Any]]]:
    valid = set((shared / "nlp/data/written_valid_ids.txt").read_text().split())
    for name in ("kk", "kk2", "kk3", "ru", "ru2"):
        for row in lines(shared / f"nlp/data/written_{name}.jsonl"):
            yield row["id"] in valid, row
    for path in sorted(OWN.glob("*.jsonl")):
        for row in lines(path):
            yield row.get("part") in ("valid", "test"), row


def ratio(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "  –  "


def table(title: str, counts: Counts, least: int = 1) -> None:
    print(f"\n{title}\n{'':28}{'n':>6} {'recall':>7} {'prec.':>7} {'F1':>7}")
    for key, (right, gold, found) in sorted(counts.items(), key=lambda item: -item[1][1]):
        if gold >= least:
            figures = (ratio(right, gold), ratio(right, found), ratio(2 * right, gold + found))
            print(f"{key:28}{gold:6} " + " ".join(f"{figure:>7}" for figure in figures))


def measure_groups(shared: Path, misses: int) -> None:
    by_part: Counts = collections.defaultdict(lambda: [0, 0, 0])
    by_group: Counts = collections.defaultdict(lambda: [0, 0, 0])
    by_name: Counts = collections.defaultdict(lambda: [0, 0, 0])  # ethnonyms proper
    missed: list[str] = []
    extra: list[str] = []
    for valid, row in written(shared):
        text, marks = unmarked(row["text"])
        found = find(text).mentions
        origin = "" if row["id"].startswith(SHARED_HANDS) else "own "
        part = f"{origin}{'valid' if valid else 'train'} {row['lang']}"
        marked = {group for _, _, group in marks}
        used = set()
        for start, end, group in marks:
            match = next((m for m in found if m.group == group and m.span[0] < end and start < m.span[1]), None)
            for counts, key in ((by_part, part), (by_group, group), (by_name, part)):
                if counts is not by_name or group not in GENERIC_GROUPS:
                    counts[key][1] += 1
                    counts[key][0] += match is not None
            if match is not None:
                used.add(match)
            elif not valid:
                missed.append(f"{group:12} {text[max(0, start - 30) : start]}⟦{text[start:end]}⟧{text[end : end + 30]}")
        for mention in found:
            right = any(mention.group == g and mention.span[0] < e and s < mention.span[1] for s, e, g in marks)
            for counts, key in ((by_part, part), (by_group, mention.group)):
                counts[key][2] += 1
            # Many texts mark a people once and name it again: a repeat is neither right nor wrong.
            if mention.group not in GENERIC_GROUPS and (right or mention.group not in marked):
                by_name[part][2] += 1
            if not right and not valid:
                s, e = mention.span
                extra.append(
                    f"{mention.group:12} {row['rel']:8} {text[max(0, s - 30) : s]}⟦{text[s:e]}⟧{text[e : e + 30]}"
                )
    table("written sets, marks (by part and language)", by_part)
    table("written sets, ethnonyms only, unmarked repeats left out", by_name)
    table("written sets, marks (by group, n ≥ 20)", by_group, 20)
    for name in ("annotated_train", "annotated_more_train", "annotated_valid"):
        sets: Counts = collections.defaultdict(lambda: [0, 0, 0])
        groups: Counts = collections.defaultdict(lambda: [0, 0, 0])
        for row in lines(shared / f"nlp/data/{name}.jsonl"):
            got = {m.group for m in find(row["text"] + "\n" + row.get("context", "")).mentions}
            gold = {g["g"] for g in row["groups"]}
            for counts, keys in ((sets, [row["lang"]] * 3), (groups, None)):
                for index, members in enumerate((gold & got, gold, got)):
                    for group in members:
                        counts[keys[0] if keys else group][index] += 1
            if name != "annotated_valid":
                missed += [f"{g:12} {row['text'][:300]!r}" for g in sorted(gold - got)]
        table(f"{name}, sets of groups by language", sets)
        table(f"{name}, by group, n ≥ 20", groups, 20)
    if misses:
        print("\nMISSED\n" + "\n".join(missed[:misses]) + "\n\nEXTRA\n" + "\n".join(extra[:misses]))


def measure_gate(shared: Path, misses: int) -> None:
    counts: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0])
    stopped: list[str] = []

    def count(part: str, row: dict[str, Any], text: str) -> None:
        headline = row.get("context") or row.get("title")
        whole = f"{headline}\n{text}" if headline else text
        through = passes(whole, find(whole))
        key = f"{part} {row['rel']}"
        counts[key][0] += through
        counts[key][1] += 1
        if not through and row["rel"] != "none" and "valid" not in part:
            stopped.append(f"{row['rel']:9}{row['id']:14}{whole[:260]!r}")

    for valid, row in written(shared):
        count("written valid" if valid else "written train", row, unmarked(row["text"])[0])
    for name in ("annotated_train", "annotated_more_train", "annotated_valid"):
        for row in lines(shared / f"nlp/data/{name}.jsonl"):
            count(name, row, row["text"])
    print(f"\ngate\n{'':34}{'n':>7} {'passed':>7}")
    for key, (through, all_) in sorted(counts.items()):
        print(f"{key:34}{all_:7} {ratio(through, all_):>7}")
    for name in ("routine_ru", "routine_kk"):
        rows = list(lines(shared / f"sample/{name}.jsonl"))
        through = sum(passes(r["text"], find(r["text"]), r["title"]) for r in rows)
        print(f"{'sample/' + name:34}{len(rows):7} {ratio(through, len(rows)):>7}")
    with gzip.open(shared / "stream/telegram_ru_2024.jsonl.gz", "rt", encoding="utf-8") as file:
        posts = [json.loads(line).get("text") or "" for line in file][::5]
    began = time.perf_counter()
    found = [find(post) for post in posts]
    seconds = time.perf_counter() - began
    words = sum(len(post.split()) for post in posts)
    through = sum(passes(post, hit) for post, hit in zip(posts, found, strict=True))
    print(f"{'telegram stream (every fifth)':34}{len(posts):7} {ratio(through, len(posts)):>7}")
    print(f"find: {len(posts) / seconds:,.0f} texts/s of {words / len(posts):.0f} words on one core")
    if misses:
        print("\nSTOPPED\n" + "\n".join(stopped[:misses]))


def measure_language(shared: Path, misses: int) -> None:
    confusion: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    wrong: list[str] = []
    for valid, row in written(shared):
        guess = identify(unmarked(row["text"])[0])
        key = f"written {row['lang']} ({'valid' if valid else 'train'})"
        confusion[key][guess.code] += 1
        if guess.code != row["lang"] and not valid:
            wrong.append(f"{row['lang']}→{guess.code} {row['text'][:150]!r}")
    for name in ("kaz_Cyrl", "rus_Cyrl", "eng_Latn", "kir_Cyrl", "uzn_Latn"):
        for line in (shared / f"nlp/data/sib200_{name}_train.tsv").read_text(encoding="utf-8").splitlines()[1:]:
            confusion[f"sib200 {name}"][identify(line.split("\t")[2]).code] += 1
    print("\nlanguage")
    for key, counter in sorted(confusion.items()):
        print(f"{key:28}{sum(counter.values()):6}  " + "  ".join(f"{code} {n}" for code, n in counter.most_common()))
    if misses:
        print("\nWRONG\n" + "\n".join(wrong[:misses]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, nargs="?", default=Path("../shared"))
    parser.add_argument("--misses", type=int, default=0, help="print so many misses of the train parts")
    parser.add_argument("--only", choices=["groups", "gate", "language"])
    arguments = parser.parse_args()
    for name, measure in (("groups", measure_groups), ("gate", measure_gate), ("language", measure_language)):
        if arguments.only in (None, name):
            measure(arguments.shared, arguments.misses)


if __name__ == "__main__":
    main()
