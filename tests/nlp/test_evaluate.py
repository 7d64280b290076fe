"""Figures that can be added up by hand, small sets through the shipped model, and its floors on the shared sets."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import agreement, corpus, evaluate, evasion, figures, model_card, robustness
from nlp.agreement import Abstention
from nlp.classify import BASELINE
from nlp.corpus import Example, key_of
from nlp.evaluate import Evaluation
from nlp.figures import Figure, Measure, Numbers
from nlp.labels import LabelError, read_labels
from nlp.read import Reader
from nlp.reading import GroupReading, Reading, Text

SHARED = Path(__file__).parents[3] / "shared" / "nlp"
shared = pytest.mark.skipif(not SHARED.exists(), reason="the shared text sets are not beside this repository")

GOLD = {"rel": "domestic", "voice": "opinion", "time": "current", "acts": [], "frame": "none", "themes": []}


def example(number: int, rel: str = "domestic", acts: tuple[str, ...] = (), **groups: tuple[int, int]) -> Example:
    named = {group: {"st": stance, "sev": sev} for group, (stance, sev) in groups.items()}
    return Example(Text(str(number), "текст"), "ru", "written_ru", {**GOLD, "rel": rel, "acts": list(acts)}, named)


def reading(number: int, rel: str = "domestic", acts: tuple[str, ...] = (), **groups: tuple[int, int]) -> Reading:
    told = tuple(GroupReading(group, stance, sev) for group, (stance, sev) in groups.items())
    return Reading(str(number), "ru", rel, "opinion", "current", acts, "none", (), told, (), {}, "m")


EXAMPLES = [
    example(1, acts=("clash",), uzbek=(-1, 1)),  # flagged: severity 1 with negative stance
    example(2, acts=("clash", "threat"), uzbek=(0, 2)),  # flagged: severity 2
    example(3, rel="mention", uzbek=(0, 1)),  # not flagged
    example(4, rel="none"),
]
READINGS = [
    reading(1, acts=("clash",), uzbek=(-1, 2)),
    reading(2, acts=("threat",), uzbek=(0, 0)),
    reading(3, acts=("clash",), uzbek=(0, 2)),
    reading(4, rel="none"),
]
MANY = list(zip(EXAMPLES, READINGS, strict=True)) * 10


def value_of(measure: Measure, texts: int) -> float:
    return float(measure(np.ones((1, texts)))[0])


# -- figures ----------------------------------------------------------------------------------------------------------


def test_figures_add_up_by_hand() -> None:
    found = {(f.head, f.measure): f for f in agreement.text_figures("validation", "all", MANY)}
    # acts: 3 gold, 3 said, 2 hits; flags: gold 1 2, said 1 3; severity ≥ 1: gold 3 of 3, said 2
    assert found["acts", "micro-F1"].value == pytest.approx(2 * 2 / 6)
    assert found["acts.clash", "F1"].value == pytest.approx(0.5)
    assert found["acts.clash", "F1"].cases == 20
    assert found["hostility", "F1"].value == pytest.approx(0.5)
    assert found["sev", "F1 of 1 or more"].value == pytest.approx(0.8)
    assert found["rel", "F1 of domestic"].value == pytest.approx(0.8)  # said 3, gold 2, hits 2
    assert found["rel", "macro-F1"].value == pytest.approx((0.8 + 0 + 1) / 3)  # domestic, mention, none
    assert found["st", "macro-F1"].value == pytest.approx(1)
    assert all(f.low <= f.value <= f.high for f in found.values() if f.measure == "F1")


def test_a_group_the_reader_did_not_find_is_never_right_and_has_no_severity() -> None:
    rows = [(example(k, uzbek=(-1, 4), tajik=(0, 0)), reading(k, uzbek=(-1, 4))) for k in range(20)]
    found = {(f.head, f.measure): f.value for f in agreement.text_figures("v", "all", rows)}
    assert found["st", "macro-F1"] == pytest.approx(0.5)
    assert found["st", "groups found"] == pytest.approx(0.5)
    assert found["sev", "weighted kappa"] == pytest.approx(1)


def test_counter_speech_is_never_flagged() -> None:
    counter = Reading("1", "ru", "domestic", "counter", "current", (), "none", (), READINGS[0].groups, (), {}, "m")
    assert agreement.hostile(READINGS[0])
    assert not agreement.hostile(counter)


labels = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.floats(0, 1)), min_size=6, max_size=60)


@settings(max_examples=50, deadline=None)
@given(labels)
def test_measures_agree_with_a_plain_count(rows: list[tuple[int, int, float]]) -> None:
    from sklearn.metrics import cohen_kappa_score, f1_score, precision_recall_curve

    from nlp.calibrate import expected_calibration_error

    gold, said, score = (np.array(column) for column in zip(*rows, strict=True))
    of = np.arange(len(rows))
    present = sorted(set(gold.tolist()))
    plain = f1_score(gold, said, labels=present, average="macro", zero_division=0)
    assert value_of(figures.macro_f1(gold, said, of), len(of)) == pytest.approx(plain)
    if len({*gold.tolist(), *said.tolist()}) > 1:
        kappa = cohen_kappa_score(gold, said, weights="quadratic", labels=range(5))
        with np.errstate(invalid="ignore"):
            ours = value_of(figures.weighted_kappa(gold, said, of, 5), len(of))
        assert ours == pytest.approx(kappa, nan_ok=True)
    right = gold == said
    error = expected_calibration_error(score.astype(np.float64), right)
    assert value_of(figures.calibration_error(score, right, of), len(of)) == pytest.approx(error, abs=1e-6)
    grave = gold >= 3
    if grave.any():
        exact, recalls, _ = precision_recall_curve(grave, score)
        best = max((r for p, r in zip(exact, recalls, strict=True) if p >= 0.8), default=0.0)
        assert value_of(figures.recall_at(0.8, score, grave, of), len(of)) == pytest.approx(best)


def test_an_interval_comes_from_draws_of_whole_texts_and_is_the_same_each_time() -> None:
    def share_of(pairs: int) -> Figure:
        right = np.repeat(np.arange(100) < 70, pairs)
        of = np.repeat(np.arange(100), pairs)
        return figures.measured("p", "c", "h", "share", 100 * pairs, figures.share(right, of), 100)

    one, ten = share_of(1), share_of(10)
    assert one.value == pytest.approx(0.7)
    assert 0.59 <= one.low <= 0.63 and 0.77 <= one.high <= 0.81  # ± 1.96 · √(.7 · .3 / 100)
    assert (ten.low, ten.high) == (one.low, one.high)  # ten pairs of one text say no more than one
    assert share_of(1) == one


def test_a_rate_of_none_has_an_upper_bound() -> None:
    none = figures.measured("p", "c", "h", "share", 60, figures.share([0] * 60, range(60)), 60)
    assert (none.value, none.low, none.high) == (0.0, 0.0, 0.05)


def test_worst_group_to_mean_and_gap() -> None:
    def rate(value: float) -> Measure:
        return lambda weights: np.full(len(weights), value)

    def nothing(weights: Numbers) -> Numbers:
        return np.full(len(weights), np.nan)

    assert value_of(figures.worst_to_mean([rate(0.1), rate(0.3)]), 1) == pytest.approx(1.5)
    assert value_of(figures.worst_to_mean([rate(0), rate(0)]), 1) == 1
    middle, low, high = figures.worst_by_chance([60] * 12, 0.03)
    assert low < 2 < middle < high  # of twelve groups that fare alike, one seems to fare more than twice as badly
    assert value_of(figures.gap([rate(0.9), nothing], [rate(0.6), rate(0.2)]), 1) == pytest.approx(0.3)


def test_abstention_leaves_out_the_least_sure() -> None:
    def row(k: int, p: float, right: bool) -> tuple[Example, Reading]:
        told = Reading(str(k), "ru", "domestic" if right else "none", "opinion", "current", (), "none", (), (), (),
                       {"rel": {"domestic": p, "none": 1 - p}}, "m")  # fmt: skip
        return example(k), told

    rows = [row(k, 0.5 + k / 200, right=k >= 40) for k in range(100)]
    stated = [a for a in agreement.abstention(rows, rows) if a.head == "rel" and a.stated]
    assert [a.part for a in stated] == ["validation", "own valid"]
    assert stated[0].floor == pytest.approx(0.67)  # from text 34 on 60 of 66 are right
    assert stated[0].abstained == pytest.approx(0.34)
    assert stated[0].accuracy == pytest.approx(60 / 66)


# -- disguises --------------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(evasion.KINDS)),
    st.sampled_from(["узбеки", "Қазақтар", "Uzbeks", "тварей"]),
    st.integers(0, 99),
)
def test_a_disguise_changes_the_name_and_nothing_else(kind: str, name: str, seed: int) -> None:
    text = f"Опять {name} пришли."
    where = evasion.targets(text, [(6, 6 + len(name))])
    told = evasion.disguised(text, where, kind, random.Random(seed))
    assert where == [(6, 6 + len(name))]
    assert told.startswith("Опять ") and told.endswith(" пришли.")
    assert told == evasion.disguised(text, where, kind, random.Random(seed))
    assert told != text or kind == "typos"  # swapping a doubled letter changes nothing


def test_hostile_words_are_disguised_too_and_short_ones_are_left() -> None:
    text = "вон отсюда, понаехали эти таджики"
    spans = evasion.targets(text, [(26, 33)])
    assert [text[a:b] for a, b in spans] == ["понаехали", "таджики"]


# -- small sets through the shipped model -----------------------------------------------------------------------------


def _row(number: str, text: str, groups: list[dict[str, Any]] | None = None, **more: Any) -> str:
    record = {"id": number, "lang": "ru", "genre": "post", "site": "Kazakhstan", "text": text, "groups": groups or []}
    return json.dumps({**record, **GOLD, **more}, ensure_ascii=False)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of text sets and a suite: thirty texts of each kind, enough for every figure."""
    for name in (*corpus.WRITTEN, *corpus.ANNOTATED, "annotated_valid"):
        (tmp_path / f"{name}.jsonl").write_text("", "utf-8")
    uzbek = [{"g": "uzbek", "st": -1, "sev": 3}]
    lines = [_row(f"w{k}", f"Пусть [[узбеки|uzbek]] уезжают, дом {k} в Таразе.", uzbek) for k in range(30)]
    (tmp_path / "written_ru.jsonl").write_text("\n".join(lines), "utf-8")
    calm = [_row(f"a{k}", f"Дождь номер {k} обещают синоптики.", rel="none", source="telegram") for k in range(30)]
    (tmp_path / "annotated_valid.jsonl").write_text("\n".join(calm), "utf-8")
    (tmp_path / "written_valid_ids.txt").write_text("\n".join(f"w{k}" for k in range(30)), "utf-8")
    (tmp_path / "exclude_keys.txt").write_text("", "utf-8")
    stances = [
        {"text_id": k, "group": "узбек", "stance": -1, "text": f"Не люблю узбеков, {k}."} for k in range(25)
    ] + [{"text_id": 99, "group": "селенит", "stance": 0, "text": "Селениты живут на Луне."}]  # fmt: skip
    for part in ("train", "valid"):
        (tmp_path / f"ruethnohate_{part}.jsonl").write_text("\n".join(json.dumps(s) for s in stances), "utf-8")
        (tmp_path / f"rusentne_{part}.tsv").write_text("sentence\tentity\tentity_tag\tlabel\n", "utf-8")
    (tmp_path / "snlp_topics_train.csv").write_text("text\n", "utf-8")
    (tmp_path / "mlma_en.csv").write_text("tweet\n", "utf-8")
    (tmp_path / "foxnews_en.jsonl").write_text("", "utf-8")
    (tmp_path / "kaznerd_valid.iob2").write_text("", "utf-8")
    (tmp_path / "labels.jsonl").write_text("", "utf-8")
    monkeypatch.setattr(corpus, "LABELS", tmp_path / "labels.jsonl")
    with (tmp_path / "place_regions.csv").open("w", encoding="utf-8", newline="") as handle:
        table = csv.writer(handle)
        table.writerow(["file", "id", "surface", "region", "lemma", "kind", "certain"])
        table.writerows(["written_ru.jsonl", f"w{k}", "Таразе", "KZ-31", "Тараз", "city", "yes"] for k in range(30))
    with (tmp_path / "hatecheck_en.csv").open("w", encoding="utf-8", newline="") as handle:
        table = csv.writer(handle)
        table.writerow(["case_id", "test_case", "label_gold", "target_ident"])
        table.writerows([1, "I hate women.", "hateful", "women"] for _ in range(3))
        table.writerows([k, f"I hate immigrants, {k}.", "hateful", "immigrants"] for k in range(3))
    gold = {"rel": "mention", "voice": "report", "time": "current", "acts": [], "frame": "none",
            "groups": [{"g": "{GROUP}", "st": 0, "sev": 0}]}  # fmt: skip
    suite = [
        {"id": f"T01-{x}-{k}", "fn": "T01 neutral census", "lang": x, "text": text, "slots": ["GROUP_PL"],
         "exclude": [], "gold": gold}
        for x, text in (("ru", "По переписи {GROUP_PL} живут и здесь."), ("kk", "Санақ бойынша {GROUP_PL} мұнда да тұрады."))
        for k in range(3)
    ]  # fmt: skip
    (tmp_path / "functional_open.jsonl").write_text("\n".join(json.dumps(s) for s in suite), "utf-8")
    forms = {
        "ru": {"uzbek": {"GROUP_PL": "узбеки"}, "tajik": {"GROUP_PL": "таджики"}},
        "kk": {"uzbek": {"GROUP_PL": "өзбектер"}, "tajik": {"GROUP_PL": "тәжіктер"}},
    }
    (tmp_path / "functional_slots.json").write_text(json.dumps(forms), "utf-8")
    shipped = tmp_path / "texts"
    shipped.mkdir()
    monkeypatch.setattr(corpus, "OWN", shipped)
    return tmp_path


def test_one_run_gives_card_and_record(small: Path) -> None:
    card = small / "card.md"
    card.write_text(
        f"# Card\n\nBefore.\n\n{model_card.BEGIN}\nfigures of last year\n{model_card.END}\n\nAfter.\n", "utf-8"
    )
    tables = model_card.evaluate_to(small, small, BASELINE, BASELINE, card, small / "all.json")
    text = card.read_text("utf-8")
    assert text.startswith("# Card\n\nBefore.\n") and text.endswith("\n\nAfter.\n") and "last year" not in text
    assert tables in text
    first, second = json.loads((small / "all.json").read_text("utf-8"))["models"]
    assert first == second  # one model twice: the same figures, intervals and disguises
    by_key = {(f["part"], f["cell"], f["head"], f["measure"]): f for f in first["figures"]}
    assert by_key["word lists", "written", "groups", "F1 of names"]["value"] == 1
    assert by_key["word lists", "validation", "places", "right when given"]["value"] == 1
    assert by_key["ruethnohate", "end to end", "st", "groups found"]["value"] == pytest.approx(25 / 26, abs=1e-5)
    assert by_key["ruethnohate", "given the slot", "st", "macro-F1"]["cases"] == 26  # the unknown people gets its slot
    assert by_key["swap", "templates", "all", "same labels"]["value"] == 1
    assert by_key["hatecheck", "all", "hostility", "F1"]["cases"] == 3
    assert by_key["functional", "harmless functions", "all", "share right"]["cases"] == 6
    for kind in evasion.KINDS:
        assert by_key["evasion", kind, "mean", "same label"]["cases"] == 30
    for line in tables.splitlines():
        assert not line.startswith("|") or line.endswith(" |")
    shown = [line for line in tables.splitlines() if line.startswith("| swapped peoples: same labels")]
    assert shown == [
        "| swapped peoples: same labels | ≥ 0.995 | 6 | 1.000 (0.50–1.00) | n < 50 | 1.000 (0.50–1.00) | n < 50 |"
    ]


def test_the_command_writes_the_record_and_refuses_a_folder_that_is_not_there(small: Path) -> None:
    from typer.testing import CliRunner

    from shanyraq.cli import app
    from shanyraq.stages import StageError

    done = CliRunner().invoke(
        app, ["evaluate", str(small), str(small), "--model", str(BASELINE), "--json", str(small / "all.json")]
    )
    assert done.exit_code == 0, done.output
    assert "### Asked and reached" in done.stdout
    assert len(json.loads((small / "all.json").read_text("utf-8"))["models"]) == 1
    refused = CliRunner().invoke(app, ["evaluate", str(small / "nowhere"), str(small)])
    assert isinstance(refused.exception, StageError) and "there is no folder" in str(refused.exception)


def test_every_asked_measure_is_measured(small: Path) -> None:
    reader = Reader.load(BASELINE)
    found = evaluate.evaluate(small, small, reader, BASELINE)
    keys = {figure.key for figure in found.figures}
    # These need texts that the small sets lack: gold acts, thirty of them or more, groups with fifty harmless pairs.
    missing = {aim.key for aim in model_card.asked()} - keys
    assert {(part, head.split(".")[0]) for part, _, head, _ in missing} == {
        ("validation", "acts"), ("functional", "all"), ("harmless", "hostility")
    }  # fmt: skip


def test_the_table_says_what_is_held() -> None:
    aim = model_card.Asked("x", ("p", "c", "h", "m"), 0.9)
    figure = Figure("p", "c", "h", "m", 60, 0.95, 0.9, 0.99)
    assert model_card.held(aim, figure) == "yes"
    assert model_card.held(model_card.Asked("x", ("p", "c", "h", "m"), 0.9, least=False), figure) == "**no**"
    assert model_card.held(aim, Figure("p", "c", "h", "m", 49, 0.95, 0.9, 0.99)) == "n < 50"
    assert model_card.held(aim, None) == "—"
    assert model_card.said(figure) == "0.950 (0.90–0.99)"


def test_a_card_without_marks_and_a_source_without_licence_are_refused(small: Path) -> None:
    card = small / "card.md"
    card.write_text("# Card\n", "utf-8")
    with pytest.raises(model_card.CardError, match=r"card\.md has no <!-- figures: begin -->"):
        model_card.evaluate_to(small, small, BASELINE, card=card)
    found = _row("x1", "Новый источник.", source="somewhere")
    (small / "annotated_train.jsonl").write_text(found, "utf-8")
    with pytest.raises(model_card.CardError, match="'somewhere' have no licence"):
        model_card.learnt_from(small)


def test_a_different_answer_for_one_group_is_seen(small: Path) -> None:
    templates = robustness.read_suite(small, Reader.load(BASELINE))
    calm = templates[0]
    other = Reading(**{name: getattr(calm.readings[1], name) for name in Reading.__slots__} | {"frame": "framed"})
    changed = [robustness.Template(calm.item, calm.groups, (calm.readings[0], other), calm.right), *templates[1:]]
    found = {f.measure: f.value for f in robustness.swap_figures(changed)}
    assert found["same labels"] == pytest.approx(5 / 6)
    assert found["largest score difference"] == 0


def test_the_rule_stands_out_in_the_table_of_abstention() -> None:
    rows = (
        Abstention("validation", "rel", 0.1, 0.5, 0.9),
        Abstention("validation", "rel", 0.2, 0.6, 0.95, stated=True),
    )
    tables = model_card.figures_of(Evaluation("m", 1.0, (), (), rows))
    assert "| rel | validation | 0.500 | 10 % | 0.900 |" in tables
    assert "| **rel** | **validation** | **0.600** | **20 %** | **0.950** |" in tables


# -- text sets --------------------------------------------------------------------------------------------------------


def test_excluded_and_measured_texts_never_reach_training(small: Path) -> None:
    texts = {
        "w1": "Первый текст",
        "w2": "Второй текст",
        "w3": "Третий текст",
        "w4": "Первый, текст!",
        "w5": "четвёртый",
    }
    (small / "written_ru.jsonl").write_text("\n".join(_row(*pair) for pair in texts.items()), "utf-8")
    (small / "annotated_valid.jsonl").write_text(_row("v1", "ЧЕТВЁРТЫЙ"), "utf-8")
    (small / "written_valid_ids.txt").write_text("w2\n", "utf-8")
    (small / "exclude_keys.txt").write_text(key_of("третий текст") + "\n", "utf-8")
    own = _row("o1", "Второй текст!") + "\n" + _row("o2", "Пятый текст") + "\n" + _row("o3", "Шестой", part="test")
    (corpus.OWN / "written_own.jsonl").write_text(own, "utf-8")
    assert [e.text.id for e in corpus.training(small, "open")] == ["w1", "o2"]  # o1 stands in validation, o3 is kept
    assert [e.text.id for e in corpus.validation(small)] == ["w2", "v1"]


def test_an_unknown_label_in_a_text_set_is_a_crash(tmp_path: Path) -> None:
    (tmp_path / "set.jsonl").write_text(_row("w9", "x", rel="local"), "utf-8")
    with pytest.raises(LabelError, match=r"set\.jsonl w9: rel: unknown label 'local'"):
        list(corpus.annotated(tmp_path / "set.jsonl"))


@shared
@pytest.mark.shared
def test_the_shipped_baseline_keeps_its_floors() -> None:
    found = evaluate.evaluate(SHARED / "data", SHARED, Reader.load(BASELINE), BASELINE)

    def value(part: str, cell: str, head: str, measure: str) -> float:
        figure = found.figure(part, cell, head, measure)
        assert figure is not None, (part, cell, head, measure)
        return figure.value

    # Measured values less a margin of two standard errors (docs/model-card.md has the values).
    assert value("validation", "all", "rel", "F1 of domestic") >= 0.83
    assert value("validation", "all", "acts", "micro-F1") >= 0.52
    assert value("validation", "all", "hostility", "F1") >= 0.42
    assert value("functional", "all", "all", "share right") >= 0.53
    assert value("functional", "harmless functions", "all", "flagged hostile") <= 0.02
    assert value("swap", "templates", "all", "same labels") == 1
    assert {aim.key for aim in model_card.asked()} <= {figure.key for figure in found.figures}
    counted = {c.head: sum(map(sum, c.counts)) for c in found.confusions if c.part == "validation"}
    pairs = found.figure("validation", "all", "st", "macro-F1")
    assert pairs is not None
    assert counted["rel"] == 798 and counted["st"] == counted["sev"] == pairs.cases
    assert [c.labels for c in found.confusions][:1] == [read_labels()["rel"].codes]
