"""Languages of short texts, in every spelling of Kazakh."""

from __future__ import annotations

import pytest

from nlp.language import CODES, identify, identify_all, reads_as_kazakh

CASES = [
    ("Қазақ тілін білмесең, үйрен", "kk", "Cyrl"),
    ("бул калай болды, жок дейди гой, тили казак", "kk", "Cyrl"),
    ("Шымкенттеги озбектердин бари алаяк, сенип калып озим куйдим", "kk", "Cyrl"),
    ("Qazaq tili, kalaisyn? zhaqsy emes", "kk", "Latn"),
    ("Ózbekter Shymkentti basyp aldy, qýý kerek olardy", "kk", "Latn"),
    ("Местные жители жалуются на отсутствие воды", "ru", "Cyrl"),
    ("да", "ru", "Cyrl"),
    ("The bridge is closed until Monday", "en", "Latn"),
    ("Короче, дүкенге жалоба жаздық: продавец қазақша түсінбейді, пусть переводчик қойсын", "mix", "Cyrl"),
    ("Кыргызстандын президенти жаңы өкмөттү дайындады жана анын курамын бекитти", "other", "Cyrl"),
    ("O‘zbekistonda yangi maktab qurildi va bolalar uchun ochildi", "other", "Latn"),
    ("Bu akşam çok güzel bir yemek yedik ve eve döndük", "other", "Latn"),
    ("Київ сьогодні святкує, їжа та пісні", "other", "Cyrl"),
    ("https://example.kz/news 🙂🙂 @handle", "und", "none"),
    ("12 345 !!!", "und", "none"),
    ("", "und", "none"),
    ("中文新闻报道", "other", "other"),
]


@pytest.mark.parametrize(("text", "code", "script"), CASES)
def test_identify(text: str, code: str, script: str) -> None:
    guess = identify(text)
    assert (guess.code, guess.script) == (code, script)
    assert guess.code in CODES


def test_mixture_is_a_code_switch() -> None:
    assert identify("Қордайдан кейін қанша ана жылады, ты вообще понимаешь, что пишешь?").code_switch


def test_a_batch_keeps_its_order() -> None:
    assert [guess.code for guess in identify_all(text for text, *_ in CASES)] == [code for _, code, _ in CASES]


def test_kazakh_in_russian_letters_decides_doubtful_words() -> None:
    assert reads_as_kazakh("казак деген осындай коршимен казак")
    assert not reads_as_kazakh("казаки провели круг в станице")
