"""The gate before the model: a text that names no people, no state and no interethnic matter needs no reading.

It errs to the open side: a relevant text stopped here is lost for good, a harmless one let through costs a hundredth of a
second. `bench/groups.py` measures recall and the share let through.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

from nlp.groups import GroupsFound
from nlp.inflect import noun_forms
from nlp.normalise import fold, latin_readings

# Folded beginnings of words (any ending follows), each from the codebook's rules or the relevant texts of the train sets.
_BEGINNINGS = (
    # relations between peoples as such (rules 16, 17, 19)
    "межэтнич", "межнац", "межкультурн", "полиэтн", "многонац", "этнокульт", "этническ", "этнос", "национальност",
    "националист", "национализм", "нацист", "нацизм", "неонацист", "нацменьш", "нацвопрос", "нацпринадл", "наций", "народност", "рознь", "розни", "расиз", "расист", "ксенофоб",
    "русофоб", "казахофоб", "шовини", "фашис", "диаспор", "дискримин", "толерантност", "ассамбле",     "скинхед", "погром", "геноцид", "депорт", "выдвор", "репатри", "ассимил", "колониз", "колониал", "оккупант", "манкурт", "инородц", "иноплемен", "соотечеств", "этн", "диаспора", "нәсіл", "насилшил", "отарш", "отарла", "келимсек", "кирме", "жат журт", "араздык", "татулык", "достык уйи",
    "ассамблея", "депортац", "сепарат", "оралман", "кандас",     # migration
    "мигрант", "миграц", "эмигр", "иммигр", "гастарб", "понаех", "бежен", "релокант", "нелегал", "чужак", "иностранц",     # language rows (rule 11)
    "русскояз", "казахояз", "госязык", "титульн", "мемлекеттик тил", "тилинде", "тилди", "ана тил", "билингв",
    # land, independence, loyalty (rules 10, 18)
    "сепарат", "референдум", "суверен", "отделит", "отделени", "присоедин", "северный казахстан", "южный урал", "солтустикти",
    "жерди сат", "чемодан", "пятая колонн", "русский мир",
    # origin and looks
    "уроженц", "уроженец", "уроженк", "выходц", "кавказ", "азиат", "южан", "нерус", "узкоглаз", "черножоп", "чернож", "чурк", "чурок", "славян", "тюрк", "расов",     "мусульман", "ислам", "средней ази", "средняя ази", "казахстанц", "казакстандык", "коренн", "колхоз", "мамбет", "калбит", "колбит",
    # English
    "ethnic", "interethnic", "inter-ethnic", "nationalit", "nationalis", "diaspora", "migra", "immigr", "refugee", "minorit", "racis", "racial", "xenophob", "separatis", "secession", "secede", "deport", "foreigner", "foreign worker", "native language", "state language", "assembly of people", "mother tongue", "chemodan", "tolerance", "kandas", "oralman", "indigenous", "newcomer",     # names of known events (rule 19)
    "чужих", "чужие", "чужим", "народы", "народов", "народам", "народами", "кровей", "зарубеж", "путин", "кремл", "зеленск", "лукашенк", "трамп", "байден", "еуроодак", "евросоюз", "запад ", "хохл", "хохол", "пидорах", "пидораш", "рашк", "рашис", "русн", "салоед", "азерб", "негр", "нигр", "нашист", "белая раса", "басурман", "цыган", "саам", "жидов", "жидк ", "пиндос", "медиатор", "битимгер", "медиация", "разжиг", "арандат", "коздыр", "лозунг", "кемсит", "аксакал", "озге этнос", "турк", "кордай", "кордайск", "масанчи", "масанши", "пиджим", "пижим", "korday", "masanchi", "желтоксан", "декабрьск",
)  # fmt: skip

_PHRASES = (
    r"язык\w*", r"тил(?:д|ге|сиз|мен|ге|и|ин|инде|деги|дин)\w*(?<!тилек)", r"общественн\w+ согласи", r"когамдык келисим", r"достык(?!ов)", r"дружб",
    r"национальн\w+ (?:костюм|блюд|кухн|культур|центр|обыча|инструмент|одежд|традиц)\w*",
    r"кетсин", r"кет(?:индер|ип кал)", r"куу керек", r"куып (?:шык|жибер)", r"езжай\w* (?:домой|к себе|в)", r"убирай(?:ся|тесь)", r"вали(?:те)? (?:отсюда|домой|к себе|в)", r"гнать", r"вон (?:из|отсюда)",
    r"бол(?:ек|ину)", r"отдел(?:ит|ять|иться)\w*", r"север\w* казахстан", r"северн\w+ област\w+ росси", r"оккуп", r"колони(?!я строг)", r"отар", r"хозяе?в\w* (?:земли|страны)", r"жердин? иеси", r"ел иеси", r"жайылым", r"пастбищ", r"геноцид", r"свастик", r"зигу",
    r"бол(?:ек|инип) (?:\w+ )?(?:мемлекет|ел|республика)", r"тауелсиз (?:республика|мемлекет|аймак)", r"жерди (?:сат|бер|ал)", r"национальн\w+ (?:признак|почв|вражд|нетерпим|меньшин|принадл|вопрос|состав|происхожд|конфликт|дискрим)\w*", r"(?:иностранн|приезж)\w+ (?:рабоч|гражд|специал|компани)\w*", r"(?:соседн|приграничн)\w+ (?:стран|государств|район)\w*", r"братск\w+ народ", r"независимост\w+ (?:север|регион|област|республик)\w*", r"белы[хею] (?:люд|женщин|баб|челов)\w*", r"тил(?:и|ин|инде|деги|дин)\b", r"улт(?!тык)", r"улттык (?:араз|алауыз|кемсит|тег|белги|негиз|сипат|кактыг|салт|намыс|кийим)\w*", r"шет(?:тен|елден) келген", r"шетелдик (?:жумыс|азамат|маман)\w*", r"жергиликти (?:халык|халк|журт)", r"местн\w+ насел", r"(?:своей|свою|на|историческ\w+) родин", r"ел(?:ине|иниз|деринe) (?:кет|кайт)", r"узки\w+ глаз", r"государственн\w+ язык", r"на (?:родном|своем|государственном) язык", r"родно\w+ язык", r"язык\w* межнац", r"дом\w* дружбы", r"дружб\w+ народ", r"единств\w+ народ", r"народ\w* казахстан",
    r"коренн\w+ (?:насел|нар|жит)", r"стать\w+ 174", r"ст\w*\.? ?174", r"174-?(?:бап|ши|стать)", r"house of friendship", r"friendship house", r"чужи\w+ (?:люд|народ|земл)", r"наш\w* земл", r"жат жер", r"казак жер",
    r"историческ\w+ родин", r"тарихи отан", r"тил\w* (?:билме|уйрен)", r"озге (?:улт|этнос|ел)", r"баска (?:улт|ел)", r"бир шанырак", r"ортак уй", r"государств\w+ тил", r"без знани\w+ язык", r"язык\w* (?:не )?знат", r"знат\w* язык",
)  # fmt: skip
_WORDS = re.compile("(?<!\\w)(?:" + "|".join(sorted(map(re.escape, set(_BEGINNINGS)), key=len, reverse=True)) + ")")
_PHRASE = re.compile("(?<!\\w)(?:" + "|".join(_PHRASES) + ")")
STATES = Path(__file__).with_name("states.csv")
_LATIN_WORD = re.compile(r"[a-zà-ɏ]{3,}")


def passes(text: str, found: GroupsFound, title: str | None = None) -> bool:
    """Whether a text is read by the model; `found` is `groups.find(text)`, the title is looked at by words only.

    Names of peoples and their look-alikes open the gate, names of foreign states, and the interethnic word list.
    """
    if found.homonyms or found.mentions:
        return True
    return _speaks(text) or (title is not None and _speaks(title))


def _speaks(text: str) -> bool:
    folded = fold(text).text
    if _WORDS.search(folded) or _PHRASE.search(folded) or _states().search(text.lower()):
        return True
    readings = " ".join(reading for word in _LATIN_WORD.findall(folded) for reading in latin_readings(word))
    return bool(readings) and (_WORDS.search(readings) is not None or _states().search(readings) is not None)


@cache
def _states() -> re.Pattern[str]:
    """Foreign states, and the towns and regions that stand for them, in three languages with any ending.

    Short names count only in forms of their own: "катар" must not open on Kazakh "қатар", nor "коре" on "корень".
    """
    whole: set[str] = set()
    beginnings: set[str] = set()
    with STATES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for name in "|".join((row["lemma_ru"], row["lemma_kk"], row["lemma_en"])).split("|"):
                word = name.lower()
                stem = re.sub("[аяыиьй]$", "", word)
                if name.isupper() or len(stem) <= 2:
                    whole.add(word)
                elif len(stem) <= 4 and " " not in word:
                    whole |= noun_forms(word)
                    whole.add(rf"{word}(?:да|де|дан|ден|ға|ге|ның|нің|мен)")
                else:
                    beginnings.add(stem)
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(beginnings))}|(?:{'|'.join(sorted(whole - {''}))})(?!\w))")
