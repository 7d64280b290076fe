"""Places are found in all cases and spellings, get the region of the day, and a name nothing decides stays open."""

from __future__ import annotations

import csv
import json
import time
import unicodedata
from collections import Counter
from datetime import date
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.gazetteer_build import COLUMNS, PRECISION, gazetteer, mark_shared, overlay, settlement_regions
from nlp.place_forms import fold, kazakh_case, noun_forms
from nlp.places import Gazetteer, headline_region, locate, region_on
from nlp.reading import Text

HERE = Path(__file__).parent
TABLE = HERE.parents[1] / "nlp" / "gazetteer.csv"
ROWS = list(csv.DictReader(TABLE.open(encoding="utf-8", newline="")))
CASES = [json.loads(line) for line in (HERE / "places_cases.jsonl").read_text("utf-8").splitlines()]
REGIONS = {
    *("KZ-10", "KZ-11", "KZ-15", "KZ-19", "KZ-23", "KZ-27", "KZ-31", "KZ-33", "KZ-35", "KZ-39"),
    *("KZ-43", "KZ-47", "KZ-55", "KZ-59", "KZ-61", "KZ-62", "KZ-63", "KZ-71", "KZ-75", "KZ-79"),
}
PLACES = Gazetteer.load()


def regions_of(text: str, **fields: str) -> set[str | None]:
    return {place.region for place in locate(Text("x", text, **fields), PLACES)}


@pytest.mark.parametrize("case", CASES, ids=[case["text"][:40] or "empty" for case in CASES])
def test_golden_cases(case: dict[str, object]) -> None:
    """Each line of places_cases.jsonl: a text, its fields, its places as [region, name, role, precision, surface]."""
    fields = {key: value for key, value in case.items() if key not in ("text", "places")}
    text = Text("x", str(case["text"]), **fields)  # type: ignore[arg-type]
    found = [
        [place.region, place.name, place.role, place.precision, text.text[slice(*place.span)]]
        for place in locate(text, PLACES)
    ]
    assert found == case["places"]


def test_the_table_is_sound() -> None:
    assert {row["region_code"] for row in ROWS} - {""} == REGIONS
    assert {row["kind"] for row in ROWS} <= set(PRECISION)
    assert all(row["precision"] == PRECISION[row["kind"]] for row in ROWS)
    flags = Counter(flag for row in ROWS for flag in row["note"].split()[1:])
    assert set(flags) <= {"weak", "lower", "abbr", "old", "typed", "main", "word", "shared"}
    districts = Counter(row["region_code"] for row in ROWS if "ауданы" in row["lemma_kk"])
    assert set(districts) == REGIONS
    assert sum(districts.values()) >= 190


def test_every_region_and_district_is_found_by_its_own_name() -> None:
    """In Russian and in Kazakh, beside its type word; a name that regions share comes out open, never wrong."""
    for row in ROWS:
        if row["kind"] not in ("region", "district"):
            continue
        for column, suffix in (("lemma_ru", ""), ("lemma_kk", "нда")):
            lemma = row[column].split("|")[0]
            if lemma.split(" ")[-1] not in ("область", "район", "облысы", "ауданы"):
                continue
            found = regions_of(f"Хабар: {lemma}{suffix} жиын.", home_region=row["region_code"])
            assert found == {row["region_code"]}, (lemma, found)


CITIES = [
    row for row in ROWS if row["kind"] == "city" and not set(row["note"].split()) & {"weak", "typed", "old", "main"}
]
ENDINGS = {"в": ("а", "е"), "т": ("а", "е")}


def kazakh_forms(name: str) -> list[str]:
    """Locative, ablative, dative, genitive and the locative adjective by the rules of harmony and voicing."""
    back = next(letter for letter in reversed(name.lower()) if letter in "аәоөұүыіеэиу") in "аоұыу"
    vowel, narrow = ("а", "ы") if back else ("е", "і")
    last = name[-1].lower()
    hard = last in "пфкқтсшщчцхһбвгд"
    nasal = last in "мнң"
    t = "т" if hard else "д"
    ablative = f"н{vowel}н" if nasal else f"{t}{vowel}н"
    dative = ("қ" if back else "к") if hard else ("ғ" if back else "г")
    genitive = "т" if hard else "н" if last in "аәоөұүыіеэимнңу" else "д"
    attribute = f"{t}{vowel}{'ғы' if back else 'гі'}"
    return [name + e for e in (f"{t}{vowel}", ablative, f"{dative}{vowel}", f"{genitive}{narrow}ң", attribute)]


@pytest.mark.parametrize("row", CITIES, ids=[row["lemma_kk"] or row["lemma_ru"] for row in CITIES])
def test_cities_in_all_cases_and_in_russian_letters(row: dict[str, str]) -> None:
    kazakh = row["lemma_kk"].split("|")[0]
    forms = kazakh_forms(kazakh) if kazakh else []
    forms += [form.replace("і", "и").translate(str.maketrans("әғқңөұүһ", "агкноуух")) for form in forms]
    forms += [form.title() for form in (noun_forms(row["lemma_ru"].split("|")[0]) if row["lemma_ru"] else {})]
    for form, frame in product(forms, ("Кеше {} жиын болды.", "Сказали: {}, вечером.")):
        text = frame.format(form[0].upper() + form[1:])
        if fold(form) == "караганда" and form != "Караганда":
            continue
        found = locate(Text("x", text), PLACES)
        assert [place.region for place in found] == [row["region_code"]], (text, found)
        start, end = found[0].span
        assert text[start:end].lower() == form.lower()


@given(st.text(max_size=200) | st.text(alphabet="АаКкЖж мбылтарзоенс.,«»-ҚқіД\n", max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_spans_inside_it(text: str) -> None:
    for place in locate(Text("x", text, title=text[:40], context=text[-40:]), PLACES):
        start, end = place.span
        assert 0 <= start < end <= len(text)
        assert place.region is None or place.region in REGIONS
        assert place.role in ("event", "dateline", "mention", "abroad")
        assert place.precision in (1, 2, 3, None)


@given(st.sampled_from([row["region_code"] for row in ROWS if row["region_code"]]), st.dates(date(2010, 1, 1)))
def test_a_region_is_told_by_the_map_of_the_day(region: str, day: date) -> None:
    told = region_on(region, day)
    assert region_on(told, day) == told
    assert region_on(region, None) == region
    new = {"KZ-10", "KZ-33", "KZ-62"}
    assert told not in (new if day < date(2022, 6, 8) else set())
    assert told != "KZ-79" or day >= date(2018, 6, 19)


def test_the_home_region_may_be_todays_code_in_an_old_text() -> None:
    text = Text("x", "В Абайском районе праздник.", published_at="2021-03-22", home_region="KZ-10")
    assert [place.region for place in locate(text, PLACES)] == ["KZ-63"]


def test_a_wrong_date_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"'31\.05\.2026' is no ISO date"):
        locate(Text("x", "В Таразе", published_at="31.05.2026"), PLACES)


def test_an_overlay_adds_villages_and_a_bad_row_is_named(tmp_path: Path) -> None:
    overlay = tmp_path / "extra.csv"
    header = ",".join(COLUMNS)
    overlay.write_text(f"{header}\nАлмалытоган,Алмалытоған,,KZ-31,1,,,village,fictional\n", encoding="utf-8")
    extended = Gazetteer.load(overlay)
    text = Text("x", "Алмалытоғандағы бекет пен заправка в Алмалытогане.")
    assert {place.region for place in locate(text, extended)} == {"KZ-31"}
    assert locate(text, PLACES) == ()
    overlay.write_text(f"{header}\nАлмалытоган,,,KZ-31,1,,,hamlet,fictional\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"extra\.csv, line 2: unknown kind 'hamlet'"):
        Gazetteer.load(overlay)


def test_the_headline_tells_one_region_or_none() -> None:
    told = {
        "В Костанае пекут хлеб": "KZ-39",
        "Костанай и Павлодар померились силами": None,
        "Хлеб подорожал": None,
    }
    for title, region in told.items():
        assert headline_region(Text("x", "Хлеб пекут снова.", title=title), PLACES) == region
    assert headline_region(Text("x", "Ужас", genre="comment", context="Сот Таразда өтті"), PLACES) == "KZ-31"


UNLISTED = [
    ("Драка в селе Тасшолак Байзакского района.", [("Тасшолак", "KZ-31"), ("Байзакский район", "KZ-31")]),
    ("Жамбылская область, село Тасшолак: сход.", [("Жамбылская область", "KZ-31"), ("Тасшолак", "KZ-31")]),
    ("Кеше Қордай ауданының Тасшолақ ауылында жиын өтті.", [("Қордай ауданы", "KZ-31"), ("Тасшолақ", "KZ-31")]),
    ("In the village of Tassholak, Zhambyl Region.", [("Tassholak", "KZ-31"), ("Zhambyl Region", "KZ-31")]),
    ("В селе Тасшолак Жамбылского района сход.", [("Тасшолак", None), ("Жамбылский район", None)]),
    # A name of the table, but another village than the table's.
    ("В селе Шелек Байзакского района сход.", [("Шелек", "KZ-31"), ("Байзакский район", "KZ-31")]),
    ("В селе Каменка Пензенской области пожар.", [("Пензенская область", None)]),
    ("В селе Тасшолак Пензенской области пожар.", [("Пензенская область", None)]),
    ("Аким села Айдос Сарымов в Мерке.", [("Мерке", "KZ-31")]),
    ("Прошли через село. Занятия в Мерке возобновлены.", [("Мерке", "KZ-31")]),
    ("Қазақ ауылында, біздің ауылымызда той.", []),
    ("Ресейдің Орал өңіріндегі қалада өрт.", [("Ресей", None)]),
]


@pytest.mark.parametrize(("text", "places"), UNLISTED, ids=[text[:30] for text, _ in UNLISTED])
def test_a_village_the_table_lacks_has_the_region_that_the_text_tells(
    text: str, places: list[tuple[str, str | None]]
) -> None:
    assert [(place.name, place.region) for place in locate(Text("x", text), PLACES)] == places


def test_a_village_the_table_lacks_is_a_place_only_where_its_region_is_known() -> None:
    told = "Драка случилась вечером в селе Тасшолак."
    assert regions_of(told) == set()
    assert regions_of(told, home_region="KZ-15") == {"KZ-15"}
    assert regions_of(told, home_region="KZ-15", title="Драка в Жамбылской области") == {"KZ-31"}
    assert regions_of(told, home_region="KZ-15", site="Russia") == set()


def test_of_a_shared_name_the_rest_of_the_text_decides() -> None:
    shared = next(row for row in ROWS if "shared" in row["note"].split() and "Акжол" in row["lemma_ru"].split("|"))
    assert regions_of("В селе Акжол сход.") == {shared["region_code"]}
    assert regions_of("В селе Акжол сход. Жители Кызылординской области.") == {"KZ-43"}


def test_the_classifier_of_settlements_becomes_an_overlay(tmp_path: Path) -> None:
    columns = ("type", "name_ru_bare", "iso_3166_2")
    told = [("village", "Тасшолак", "KZ-31"), ("village", "Тараз", "KZ-31"), ("rural_okrug", "Тасшолакский", "KZ-31")]
    settlements = settlement_regions([*(dict(zip(columns, row, strict=True)) for row in told)])
    rows = overlay(ROWS, settlements)
    assert [(row["lemma_ru"], row["region_code"], row["note"]) for row in rows] == [("Тасшолак", "KZ-31", "kato typed")]
    table = tmp_path / "overlay.csv"
    with table.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    extended = Gazetteer.load(table)
    assert [p.region for p in locate(Text("x", "В селе Тасшолак сход."), extended)] == ["KZ-31"]
    assert locate(Text("x", "Тасшолак сказал."), extended) == ()


def test_a_name_that_other_regions_have_is_marked_unless_it_is_a_districts_centre() -> None:
    rows = [
        {"lemma_ru": name, "lemma_kk": "", "region_code": "KZ-31", "kind": kind, "note": "hand"}
        for name, kind in (("Акжол", "village"), ("Мерке", "village"), ("район Мерке", "district"))
    ]
    mark_shared(rows, {name: {name: {"KZ-31", "KZ-61"}} for name in ("акжол", "мерке")})
    assert [row["note"] for row in rows] == ["hand shared", "hand", "hand"]


def test_kazakh_chains_and_what_is_none() -> None:
    chains = {"дағы": "loc", "дағылар": "loc", "нан": "abl", "ға": "dat", "ның": "gen", "лық": "attr", "": "nom"}
    assert {suffix: kazakh_case(fold(suffix)) for suffix in chains} == chains
    assert not any(kazakh_case(fold(suffix)) for suffix in ("лықтар", "шылар", "ев", "ский", "баев"))


def test_the_builder_keeps_hand_rows_and_drops_their_doubles() -> None:
    hand = [
        {
            "lemma_ru": "Шуский район",
            "lemma_kk": "Шу ауданы",
            "region_code": "KZ-31",
            "kind": "district",
            "note": "hand",
        }
    ]
    districts = [
        {"iso_3166_2": "KZ-31", "adm2_ru": "Шуский", "adm2_kk": "Шу", "adm2_en": "Shu"},
        {"iso_3166_2": "KZ-31", "adm2_ru": "Меркенский", "adm2_kk": "Мерке", "adm2_en": "Merke"},
        {"iso_3166_2": "KZ-31", "adm2_ru": "Тараз", "adm2_kk": "Тараз", "adm2_en": "Taraz"},
    ]
    villages = [{"name": "Zavodskoy", "iso_3166_2": "KZ-11", "alt_cyrillic": "Заводской|Zavodskoi"}]
    rows = gazetteer(hand, districts, villages)
    assert [(row["lemma_ru"], row["note"]) for row in rows] == [
        ("Заводской", "geonames weak"),
        ("Меркенский район", "districts"),
        ("Шуский район", "hand"),
    ]


LONG = ["Тараз" * 200_000, "Тараз " * 20_000, "а-" * 200_000, "Алматы, " * 5_000 + "Ж" * 10**6]


@pytest.mark.parametrize("text", LONG, ids=["one word", "one name", "hyphens", "list and word"])
def test_a_million_letters_take_seconds_at_most(text: str) -> None:
    start = time.process_time()
    locate(Text("x", text), PLACES)
    assert time.process_time() - start < 10  # HARDENING: each case under 10 s


@pytest.mark.shared
def test_regions_of_the_held_out_texts() -> None:
    from bench.places import labelled_texts, told

    data = HERE.parents[2] / "shared" / "nlp" / "data"
    if not data.is_dir():
        pytest.skip(f"no research data at {data}")
    right = found = gold = 0
    for split, _, text, regions, _ in labelled_texts(data):
        if split == "valid" and regions:
            answer = told(locate(text, PLACES))
            right += len(answer & regions)
            found += len(answer)
            gold += len(regions)
    assert 2 * right / (found + gold) > 0.93


def test_the_day_of_a_text_is_that_of_almaty() -> None:
    def region(published_at: str) -> str | None:
        return locate(Text("x", "В Семее", published_at=published_at), PLACES)[0].region

    assert region("2022-06-07T17:59:00Z") == "KZ-63"
    assert region("2022-06-07T18:30:00Z") == region("20220608T0030") == "KZ-10"


def test_decomposed_letters_and_unbreakable_hyphens_name_the_same_places() -> None:
    plain = "В Костанайской области, в посёлке Бейнеу, в Усть-Каменогорске"
    for text in (unicodedata.normalize("NFD", plain), plain.replace("-", "\u2011")):
        places = locate(Text("x", text), PLACES)
        assert [place.region for place in places] == ["KZ-39", "KZ-47", "KZ-63"]
        assert unicodedata.normalize("NFC", text[slice(*places[0].span)]) == "Костанайской области"
