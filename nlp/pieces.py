"""What the encoder sees of a text: word pieces of its cleaned, slotted words, never an ethnonym.

In: cases (`features.Case`) and the tokenizer of a model folder. Out: `Pieces`, and padded batches for the graph.
The place of a people's name holds a slot token; which people it was is nowhere in the ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nlp.features import Case, Floats
from nlp.normalise import clean

LONGEST: Final = 256  # pieces a text; a longer one keeps its lead and what stands around the names of groups
_LEAD_SHARE: Final = 0.6
_AROUND: Final = 24  # pieces each side of a name
_NUMBERS: Final = 6  # slot tokens of their own; later groups share the last one (they are still told apart by place)
_SLOTS: Final = tuple(f"[G{n}]" for n in range(1, _NUMBERS + 1))
_WHERE: Final = ("kazakhstan", "abroad", "both", "none")
_GENRES: Final = ("news", "post", "comment")
# Tokens that stand behind the vocabulary of the base; their order is part of a model.
SPECIALS: Final = (
    *_SLOTS,
    "[!]",  # follows the slot of a slur
    "[E]",
    "[U]",  # the group nobody names
    "[|]",  # between headline, title and text
    "[…]",  # pieces were left out here
    *(f"[{genre}]" for genre in _GENRES),
    "[home]",
    "[foreign]",
    *(f"[at:{where}]" for where in _WHERE),
)
_MARK: Final = re.compile(r"(\[G\d+!?\]|\[E\])")
_OPENING: Final = str.maketrans({"[": "(", "]": ")", "<": "‹", ">": "›"})  # no text can name a special token
_RUN: Final = re.compile(r"([^\W\d_])\1{2,}")
_SPACED: Final = re.compile(r"(?<!\w)(?:[^\W\d_][ .\-_*]){3,}[^\W\d_](?!\w)")
_GAP: Final = re.compile(r"[ .\-_*]")
# Signs for letters inside a Cyrillic word; a digit between digits or at a word's border is a number.
_SIGN: Final = re.compile(r"(?<=[а-яәғқңөұүһіё])[0134@$*](?=[а-яәғқңөұүһіё])")
_LETTER_OF: Final = {"0": "о", "1": "і", "3": "з", "4": "а", "@": "а", "$": "с", "*": ""}

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Piece ids of one case, and for each piece the number of the target it stands for (0: none, 1 … targets)."""

    ids: tuple[int, ...]
    slot: tuple[int, ...]
    targets: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded arrays: ids and mask are cases × pieces; member is cases × targets × pieces, each row a mean."""

    ids: Ids
    mask: Ids
    member: Floats


def written_form(case: Case) -> tuple[str, list[int]]:
    """The text that is cut into pieces, and the target number of each slot in it, in order."""
    home = "[home]" if case.site == "Kazakhstan" else "[foreign]"
    genre = case.genre if case.genre in _GENRES else "post"
    numbers: list[int] = [] if case.order else [1]
    parts = [f"[{genre}]", home, f"[at:{case.where}]", "" if case.order else "[U]"]
    for part in (case.context, case.title, case.text):
        parts += [_cleaned(part, numbers), "[|]"]
    return "".join(parts[:-1]), numbers


def _cleaned(part: str, numbers: list[int]) -> str:
    kept = []
    for piece in _MARK.split(part):
        if piece == "[E]":
            kept.append(piece)
        elif _MARK.fullmatch(piece):
            number = int(piece.strip("[G!]"))
            numbers.append(number)
            kept.append(_SLOTS[min(number, _NUMBERS) - 1] + ("[!]" if "!" in piece else ""))
        else:
            kept.append(undisguised(piece))
    return "".join(kept)


def undisguised(words: str) -> str:
    """Words as they are meant: cleaned, drawn-out and spaced letters joined, signs read as letters."""
    # Half a pair of surrogates would break the tokenizer.
    whole = words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    plain = _RUN.sub(r"\1", clean(whole))
    plain = _SPACED.sub(lambda match: _GAP.sub("", match[0]), plain)
    return _SIGN.sub(lambda match: _LETTER_OF[match[0]], plain).translate(_OPENING)


def cut(cases: Sequence[Case], tokenizer: Any, longest: int = LONGEST) -> list[Pieces]:
    """The pieces of each case by a `tokenizers.Tokenizer` that knows `SPECIALS`; at most `longest` of them."""
    forms = [written_form(case) for case in cases]
    first = tokenizer.token_to_id(SPECIALS[0])
    slots = range(first, first + _NUMBERS)
    unnamed = tokenizer.token_to_id("[U]")
    gap = tokenizer.token_to_id("[…]")
    result = []
    for case, (_, numbers), encoded in zip(
        cases, forms, tokenizer.encode_batch([form for form, _ in forms]), strict=True
    ):
        rest = iter(numbers)
        ids = list(encoded.ids)
        slot = [next(rest) if i in slots or i == unnamed else 0 for i in ids]
        if len(ids) > longest:
            ids, slot = _shortened(ids, slot, longest, gap)
        result.append(Pieces(tuple(ids), tuple(slot), len(case.targets)))
    return result


def _shortened(ids: list[int], slot: list[int], longest: int, gap: int) -> tuple[list[int], list[int]]:
    """The lead, then what stands around later names while there is room, then the lead's continuation."""
    room = longest - 2  # the end mark, and a gap
    lead = int(room * _LEAD_SHARE)
    named = [position for position in range(lead, len(ids) - 1) if slot[position]]
    # The names themselves come first: a window that finds no more room must not cost a group its slot.
    keep = {*range(lead), *named[: (room - lead) // 2]}
    for position in named:
        if position in keep:
            window = range(max(lead, position - _AROUND), min(len(ids) - 1, position + _AROUND))
            new = [k for k in window if k not in keep]
            keep.update(new[: max(0, room - len(keep))])
    for position in range(lead, len(ids) - 1):
        if len(keep) >= room:
            break
        keep.add(position)
    order = sorted(keep)
    short: list[int] = []
    marks: list[int] = []
    for k, position in enumerate(order):
        if k and position != order[k - 1] + 1 and len(short) < longest - 1 - (len(order) - k):
            short.append(gap)
            marks.append(0)
        short.append(ids[position])
        marks.append(slot[position])
    return [*short, ids[-1]], [*marks, 0]


def padded(pieces: Sequence[Pieces], pad: int) -> Batch:
    """One batch; every case has at least one piece, so each row of the mask has a one."""
    longest = max(len(p.ids) for p in pieces)
    most = max(p.targets for p in pieces)
    ids = np.full((len(pieces), longest), pad, dtype=np.int64)
    mask = np.zeros((len(pieces), longest), dtype=np.int64)
    member = np.zeros((len(pieces), most, longest), dtype=np.float32)
    for row, p in enumerate(pieces):
        ids[row, : len(p.ids)] = p.ids
        mask[row, : len(p.ids)] = 1
        for position, number in enumerate(p.slot):
            if number:
                member[row, number - 1, position] = 1.0
        for target in range(p.targets):
            total = member[row, target].sum()
            if total:
                member[row, target] /= total
            else:  # its name was cut away with the end of a long text: the beginning stands for it
                member[row, target, 0] = 1.0
    return Batch(ids, mask, member)


def by_budget(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices in batches of like length, longest first: rows × longest stays within `budget` pieces."""
    order = sorted(range(len(lengths)), key=lambda k: (-lengths[k], k))
    batch: list[int] = []
    for index in order:
        if batch and (len(batch) + 1) * lengths[batch[0]] > budget:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
