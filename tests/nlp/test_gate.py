"""The gate opens on every interethnic matter and stays shut on everyday news."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlp.gate import passes
from nlp.groups import find

SHARED = Path(__file__).parents[3] / "shared"


@pytest.mark.parametrize(
    "text",
    [
        "корейская морковь подорожала",
        "Казахи и соседи",
        "У.з.б.е.к.и",
        "Пора северу Казахстана проводить референдум и отделяться",
        "Чемодан, вокзал, домой",
        "Требуем обслуживания на государственном языке",
        "Мемлекеттік тілде қызмет көрсетіңіз",
        "tilin bilmeidi, memlekettik til",
        "Ұлтаралық татулық туралы жиын өтті",
        "В Доме дружбы прошёл праздник",
        "разжигание межнациональной розни",
        "Драка произошла по национальному признаку",
        "Ресей жаңа тәртіп енгізді",
        "Понаехали тут",
        "An inter-ethnic quarrel in the village",
        "The number of migrants grew",
        "осуждён по статье 174 УК",
        "Тәуелсіз республика жариялаған бейнежазба",
    ],
)
def test_opens(text: str) -> None:
    assert passes(text, find(text))


@pytest.mark.parametrize(
    "text",
    [
        "Отдам котёнка в добрые руки, к лотку приучен",
        "Паводок размыл дорогу, движение перекрыто",
        "Ауылда су құбыры жарылып, екі көше сусыз қалды",
        "Мектеп асханасында тамақ қымбаттады, қаражат бөлінді",
        "The bridge is closed until Monday",
        "https://example.kz/a 🙂",
        "",
    ],
)
def test_stays_shut(text: str) -> None:
    assert not passes(text, find(text))


def test_a_title_alone_opens() -> None:
    assert passes("Полиция начала проверку.", find("Полиция начала проверку."), title="Межэтнического конфликта нет")


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="research data of ../shared are missing")
def test_recall_on_the_training_texts() -> None:
    """Target .995 of `domestic`; tuned on these, reported on the validation parts by bench/groups.py."""
    rows = [
        json.loads(line)
        for name in ("written_kk", "written_kk2", "written_ru")
        for line in (SHARED / f"nlp/data/{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    texts = [row["text"].replace("[[", "").replace("]]", "") for row in rows if row["rel"] in ("domestic", "abroad")]
    through = sum(passes(text, find(text)) for text in texts)
    assert through >= 0.995 * len(texts)
