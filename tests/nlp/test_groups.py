"""Names of peoples: every form is found where it stands, look-alikes are ruled out, and no swap of names shows."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.groups import find, slots

SHARED = Path(__file__).parents[3] / "shared"

# (Russian plural, genitive, dative, instrumental, adjective; Kazakh stem, plural, genitive, dative, accusative;
#  English plural, adjective) written out by hand: the generated forms are measured against grammar, not themselves.
PEOPLES = {
    "kazakh": ("казахи казахов казахам казахами казахский", "қазақ қазақтар қазақтардың қазақтарға қазақтарды", "Kazakhs Kazakh"),
    "russian": ("русские русских русским русскими русский", "орыс орыстар орыстардың орыстарға орыстарды", "Russians Russian"),
    "uzbek": ("узбеки узбеков узбекам узбеками узбекский", "өзбек өзбектер өзбектердің өзбектерге өзбектерді", "Uzbeks Uzbek"),
    "uyghur": ("уйгуры уйгуров уйгурам уйгурами уйгурский", "ұйғыр ұйғырлар ұйғырлардың ұйғырларға ұйғырларды", "Uyghurs Uyghur"),
    "dungan": ("дунгане дунган дунганам дунганами дунганский", "дүнген дүнгендер дүнгендердің дүнгендерге дүнгендерді", "Dungans Dungan"),
    "tajik": ("таджики таджиков таджикам таджиками таджикский", "тәжік тәжіктер тәжіктердің тәжіктерге тәжіктерді", "Tajiks Tajik"),
    "kyrgyz": ("кыргызы кыргызов кыргызам кыргызами кыргызский", "қырғыз қырғыздар қырғыздардың қырғыздарға қырғыздарды", "Kyrgyz Kyrgyz"),
    "turkish": ("турки турок туркам турками турецкий", "түрік түріктер түріктердің түріктерге түріктерді", "Turks Turkish"),
    "korean": ("корейцы корейцев корейцам корейцами корейский", "кәріс кәрістер кәрістердің кәрістерге кәрістерді", "Koreans Korean"),
    "german": ("немцы немцев немцам немцами немецкий", "неміс немістер немістердің немістерге немістерді", "Germans German"),
    "chechen": ("чеченцы чеченцев чеченцам чеченцами чеченский", "шешен шешендер шешендердің шешендерге шешендерді", "Chechens Chechen"),
    "azerbaijani": ("азербайджанцы азербайджанцев азербайджанцам азербайджанцами азербайджанский", "әзербайжан әзербайжандар әзербайжандардың әзербайжандарға әзербайжандарды", "Azerbaijanis Azerbaijani"),
    "tatar": ("татары татар татарам татарами татарский", "татар татарлар татарлардың татарларға татарларды", "Tatars Tatar"),
    "kurdish": ("курды курдов курдам курдами курдский", "күрд күрдтер күрдтердің күрдтерге күрдтерді", "Kurds Kurdish"),
}  # fmt: skip

# Slots: {0} plural … {4} adjective (ru); {0} stem, {1} plural … {4} accusative (kk); {0} plural, {1} adjective (en).
TEMPLATES = {
    "ru": (
        "{0} и местные парни подрались ночью, у {1} сожгли дом.",
        "Дайте {2} землю, а с {3} дружите!",
        "В селе {4} парень, {4} язык, {4} плов и {4} район.",
        "Опять эти {0}… Сколько можно {2} верить?",
        "{4} центр, {4} сериал, {4} учитель и {4} посол приехали.",
        "Что делать с {3}, если {0} тут живут сто лет, а {1} тысяча?",
        "Рядом живут {0} Кызылорды и Тараза; против {1} никто не говорит.",
        "«{0} вон» – так пишут о {1} в чатах, хотя {2} больше негде жить.",
        "Участки {2} больше не давать.",
    ),
    "kk": (
        "{0} жігіт пен {0} тілі, {0} палауы, {0} көрші.",
        "{1} мен жергілікті халық, {2} үйі, {3} жер, {4} сабау.",
        "Мына {1} қаптап кетті, {2} бәрі алаяқ.",
        "Ауылда {0} мен басқа ұлт тату, {0} диаспорасы көмектесті, {0} мектебі ашылды.",
        "{0} болғанымыз үшін {3} тиісті; {0} асханасында {0} әндері айтылды.",
        "Тараздағы {0} жастары мен {0} этномәдени орталығы.",
    ),
    "en": (
        "The {0} left, the {1} language stayed and {1} families cooked.",
        "A fight between locals and {0}; {1} youths, {1} cuisine, a {1} film.",
        "They speak {1} at home; {1} people's houses burned.",
    ),
}


def filled(language: str, template: str, group: str) -> str:
    index = {"ru": 0, "kk": 1, "en": 2}[language]
    return template.format(*PEOPLES[group][index].split())


@pytest.mark.parametrize(
    ("language", "template"), [(language, template) for language, many in TEMPLATES.items() for template in many]
)
def test_no_slotted_text_shows_which_people_it_was(language: str, template: str) -> None:
    seen: dict[str, list[str]] = {}
    for group, names in PEOPLES.items():
        text = filled(language, template, group)
        found = find(text)
        assert {m.group for m in found.mentions if m.group in PEOPLES} <= {group}
        assert group in {m.group for m in found.mentions} | {h.group for h in found.homonyms}
        slotted = slots(text, found)
        seen.setdefault(slotted.text, []).append(group)
        assert not any(word.lower() in slotted.text.lower().split() for word in " ".join(names).split())
    assert len(seen) == 1, seen


GOLDEN = [
    # text, slotted text, groups in order
    ("казахский парень и узбекская диаспора", "[G1] парень и [G2] диаспора", "kazakh uzbek"),
    ("русский язык, корейская морковь, Уйгурский район", "[E] язык, [E] морковь, [E] район", ""),
    ("турецкий сериал, китайские товары, немецкий автопром", "[E] сериал, [E] товары, [E] автопром", ""),
    ("на казахском и по-русски", "на [E] и по-[E]", ""),
    ("орыс тілі, қазақша, қазақ тілінде", "[E] тілі, [E], [E] тілінде", ""),
    ("Купил болгарку, станцевали лезгинку", "Купил [E], станцевали [E]", ""),
    ("Воины-афганцы, ветераны, собрались", "Воины-[E], ветераны, собрались", ""),
    ("Шешендік өнер байқауы", "[E] өнер байқауы", ""),
    ("казахстанцы и Казахстан, Татарстан, Россия ввела пошлины", "казахстанцы и Казахстан, Татарстан, Россия ввела пошлины", ""),
    ("Қытай компаниясы Қытайдан тауар әкелді, қытайлар келді", "[E] компаниясы [E] тауар әкелді, [G1] келді", "chinese"),
    ("тренер Турков и участковый Татаринов", "тренер [E] и участковый [E]", ""),
    ("Понаехавшие мамбеты и русня", "[G1!] [G2!] и [G3!]", "migrants kazakh russian"),
    ("қазақ пен өзбек, қазақтар мен өзбектер", "[G1] пен [G2], [G1] мен [G2]", "kazakh uzbek"),
    ("турки-ахыска, ахыска түріктері", "[G1], [G1]", "turkish"),
    ("гражданин Узбекистана и Өзбекстан азаматы", "[G1] и [G1]", "uzbek"),
    ("местные жители и местные власти", "местные жители и местные власти", ""),
    ("местные жители и дунгане подрались, местные власти молчат", "[G1] жители и [G2] подрались, местные власти молчат", "locals dungan"),
    ("жергілікті тұрғындар мен мигранттар, жергілікті әкімдік", "[G1] тұрғындар мен [G2], жергілікті әкімдік", "locals migrants"),
    ("местный немец, турки местные, русские старожилы", "местный [G1], [G2] местные, [G3] старожилы", "german turkish russian"),
    ("он казахский, он русский; учу казахский, учу русский", "он [G1], он [G2]; учу [E], учу [E]", "kazakh russian"),
    ("дунганская согласилась, обе стороны, узбекскую и турецкую", "[G1] согласилась, обе стороны, [G2] и [G3]", "dungan uzbek turkish"),
    ("улица узбекская и лапша дунганская", "улица [E] и лапша [E]", ""),
    ("чурки таджикские, узбекские чурки", "[G1!], [G2!]", "tajik uzbek"),
    ("қазақ мектебі, қазақ мектеп оқушылары, орыс топтарының студенттері", "[E] мектебі, [G1] мектеп оқушылары, [G2] топтарының студенттері", "kazakh russian"),
    ("шешен мен қазақ жастары сөйлесті", "[G1] мен [G2] жастары сөйлесті", "chechen kazakh"),
    ("Түркістаннан келген аспаз, Түркиядан келген аспаз", "Түркістаннан келген аспаз, [G1] аспаз", "turkish"),
    ("узбкеи, татжики, казахаов, өзбктер, қазқатар, Kazahks, O'zbeklar", "[G1], [G2], [G3], [G1], [G3], [G3], [G1]", "uzbek tajik kazakh"),
    ("AS Roma won the match. Roma families left.", "AS [E] won the match. [G1] families left.", "roma"),
    ("Uzbek names, Korean noodles, translated into Kazakh, Uzbek drivers", "[E] names, [E] noodles, translated into [E], [G1] drivers", "uzbek"),
    ("баға күрт төмендеді, құрт жедік, күрттер мен қазақтар", "баға күрт төмендеді, құрт жедік, [G1] мен [G2]", "kurdish kazakh"),
    ("русские сами такие записи делают, татарский «Рубин» выиграл", "[G1] сами такие записи делают, [E] «Рубин» выиграл", "russian"),
    ("на казахском, русском и английском", "на [E], [E] и [E]", ""),
    ("скважину бурят под теплицы. А буряты пели", "скважину [E] под теплицы. А [G1] пели", "buryat"),
    ("азерлер, шүршіттер, хохолдар", "[G1!], [G2!], [G3!]", "azerbaijani chinese ukrainian"),
    ("тәжік еліңізге кетіңіз, Қытай мен Қазақстан визасыз", "[G1] еліңізге кетіңіз, [E] мен Қазақстан визасыз", "tajik"),
    ("қазақ, өзбек, татар билері; орыс тілді сыныптар", "[E], [E], [E] билері; [E] тілді сыныптар", ""),
    ("ағылшынтілді бағдарлама, орыстілді азаматтар", "[E] бағдарлама, [G1] азаматтар", "russian"),
    ("озбектер, уйгырлар, дунгендер, казактар", "[G1], [G2], [G3], [G4]", "uzbek uyghur dungan kazakh"),
    ("Qazaqtar men ozbekter, orystar", "[G1] men [G2], [G3]", "kazakh uzbek russian"),
    ("казаки провели круг", "[G1] провели круг", "cossack"),
    ("казактар бизге жер берсин дейди", "[G1] бизге жер берсин дейди", "kazakh"),
    ("kaзaxи, Hемцы, к а з а х и, у.з.б.е.к.и, 0рыст@р", "[G1], [G2], [G1], [G3], [G4]", "kazakh german uzbek russian"),
    ("х*хлы, каза\u200bхи, ка\u00adзахи, КАЗАХИ, казаааахи, каза-хи", "[G1!], [G2], [G2], [G2], [G2], [G2]", "ukrainian kazakh"),
    ("комиссия құрды, орда құрттады, мал өрісі", "комиссия құрды, орда құрттады, мал өрісі", ""),
    ("Kyrgyz people's homes and Kazakhs' homes", "[G1] homes and [G2] homes", "kyrgyz kazakh"),
    ("", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "slotted", "order"), GOLDEN)
def test_constructions(text: str, slotted: str, order: str) -> None:
    result = slots(text, find(text))
    assert (result.text, " ".join(result.order)) == (slotted, order)


def test_every_people_of_the_lexicon_is_found_by_each_of_its_names() -> None:
    import tomllib

    from nlp.lexicon import LEXICON

    table = tomllib.loads(LEXICON.read_text(encoding="utf-8"))
    lost = []
    # `locals` are people only beside others.
    ruled_out = {*table["group"]["locals"]["ru"], *table["group"]["locals"]["nominal"], *table["group"]["locals"]["kk"]}
    ruled_out |= {"locals", "азербайджан", "күрт"} | {
        word for entry in table["homonym"].values() for word in entry.get("ru", ())
    }
    for group, entry in table["group"].items():
        for key in ("ru", "nominal", "kk", "slur", "slur_kk", "en"):
            for name in entry.get(key, ()):
                if name in ruled_out or name.startswith("казак") or name == "местный":
                    continue
                frame = f"Это {name}." if key in ("ru", "slur", "nominal") else name.title() if key == "en" else name
                if group not in {m.group for m in find(frame).mentions}:
                    lost.append((group, name))
    # "иран", "вьетнам", "беларусь" alone are the countries; "русский" alone may be the language.
    assert (
        len([item for item in lost if item[1] not in {"иран", "вьетнам", "беларусь", "азербайджан", "литов"}]) == 0
    ), lost


@settings(max_examples=150, deadline=None)
@given(
    pieces=st.lists(
        st.one_of(
            st.sampled_from(
                [
                    "казахи",
                    "өзбектер",
                    "русский язык",
                    "Uyghurs",
                    "к а з а х и",
                    "х@чи",
                    "🙂",
                    "\u200b",
                    "é",
                    "İ",
                    "ﬁ",
                    "й",
                ]
            ),
            st.text(max_size=6),
        ),
        max_size=12,
    )
)
def test_spans_point_into_the_text_as_given(pieces: list[str]) -> None:
    text = " ".join(pieces)
    found = find(text)
    marks = sorted([*(m.span for m in found.mentions), *(h.span for h in found.homonyms)])
    surfaces = [*((m.span, m.surface) for m in found.mentions), *((h.span, h.surface) for h in found.homonyms)]
    for span, surface in surfaces:
        assert text[slice(*span)] == surface == surface.strip()
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(marks))
    slotted = slots(text, found)
    assert slotted.text.count("[E]") - text.count("[E]") == len(found.homonyms)


def test_odd_texts_end_quickly() -> None:
    for text in ("а" * 200_000, "к а з " * 20_000, "@1*" * 30_000, "казахи " * 20_000, "🙂" * 10_000, "-а" * 50_000):
        find(text)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="research data of ../shared are missing")
def test_swap_invariance_on_the_functional_suite() -> None:
    forms = json.loads((SHARED / "nlp/functional_slots.json").read_text(encoding="utf-8"))
    differing = []
    for line in (SHARED / "nlp/functional_open.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        seen = set()
        for group, names in forms[row["lang"]].items():
            if group in row["exclude"] or not row["slots"]:
                continue
            text = row["text"]
            for slot in row["slots"]:
                text = text.replace("{" + slot + "}", names[slot])
            seen.add(slots(text, find(text)).text)
        if len(seen) > 1:
            differing.append(row["id"])
    assert differing == []
