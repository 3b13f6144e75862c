"""What the page Decide shows below the verdict: scores by group, and how sure models are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt

from selector.decide.calibration_facts import AbstainPoint, Bin, Calibration, Tuned
from selector.decide.classical_facts import Classical, Compared
from selector.decide.slice_facts import Part, PartScore, Slices
from selector.decide.verdict_facts import Evaluation
from selector.hub.candidate import Reason
from selector.wording import Wording
from tests.ui.prepared import NAMES, REFS, decided
from tests.ui.test_pages_look import clipped
from ui.models.figures_model import FiguresModel
from ui.models.slices_model import FIRST_SCORE, SlicesModel
from ui.pages.decide_results import DecideResults


def part(column: str, value: str, standing: str = "") -> Part:
    score = PartScore(0.66, 0.58, 0.74, 0.003 if standing else 0.4, standing, 0.9)
    return Part("column", column, value, 131, dict.fromkeys(REFS, score))


PARTS = Slices(
    "accuracy",
    (part("language", "en", "above"), part("language", "fr", "below"), part("channel", "mail")),
    36,
    2,
    ("id",),
)


def point(threshold: float, coverage: float, right: float) -> AbstainPoint:
    return AbstainPoint(
        threshold, coverage, right, right - 0.05, right + 0.04, round(coverage * 400)
    )


def sureness(ref: str) -> Calibration:
    bins = tuple(Bin(x / 10 + 0.05, x / 10, x / 10 - 0.1, x / 10 + 0.1, 40) for x in range(3, 10))
    curve = (point(0, 1, 0.8), point(0.7, 0.6, 0.9), point(0.9, 0.2, 0.95))
    tuned = (Tuned(0.9, 0.71, point(0.71, 0.58, 0.91), "unclear", 200),)
    tuned += (Tuned(0.99, None, None, "unclear", 200),)
    return Calibration(ref, 400, 0.05, 0.02, 0.08, 0.03, 0.05, bins, curve, tuned)


SURE = tuple(sureness(ref) for ref in REFS[:2])


@pytest.fixture
def results(make_bench, qtbot):
    bench = make_bench()
    made = DecideResults(bench.services.theme, bench.services.wording)
    qtbot.addWidget(made)
    made.resize(960, 1600)
    made.show()
    return made


def test_groups_stand_in_a_tab_and_one_grouping_can_be_chosen(results):
    results.show_evaluation(decided(slices=PARTS), can_measure=True)
    tab = results.slices
    assert results.tabs.isTabVisible(results.tabs.indexOf(tab))
    assert tab.model.rowCount() == 3
    names = [tab.model.headerData(FIRST_SCORE + i, Qt.Orientation.Horizontal) for i in range(3)]
    assert names == list(NAMES)
    assert tab.model.index(1, FIRST_SCORE).data() == "▼ 66% (58–74)"
    assert "beyond chance" in tab.model.index(1, FIRST_SCORE).data(Qt.ItemDataRole.ToolTipRole)
    assert "36" in tab.note.text()
    assert "2 groups" in tab.note.text()
    assert "id" in tab.note.text()
    tab.grouping.setCurrentIndex(tab.grouping.findText("channel"))
    tab.grouping.activated.emit(tab.grouping.currentIndex())
    assert tab.model.rowCount() == 1


def test_without_groups_or_sureness_there_are_no_tabs(results):
    results.show_evaluation(decided(), can_measure=True)
    assert not results.tabs.isTabVisible(results.tabs.indexOf(results.slices))
    assert not results.tabs.isTabVisible(results.tabs.indexOf(results.calibration))


def test_sureness_is_drawn_told_and_in_a_table_for_the_model_and_view_chosen(results, qtbot):
    results.show_evaluation(decided(calibration=SURE), can_measure=True)
    tab = results.calibration
    assert tab.model_box.count() == 2
    assert "surer than it is right" in tab.summary.text()
    assert len(tab.chart.points) == tab.figures.rowCount() == 7
    assert "sure: right" in tab.chart.accessibleDescription()
    tab.view_box.setCurrentIndex(1)
    tab.view_box.activated.emit(1)
    assert len(tab.chart.points) == tab.figures.rowCount() == 3
    assert tab.figures.index(0, 0).data() == "all answered"
    assert "200 examples kept aside" in tab.advice.text()
    assert "99%" in tab.advice.text()
    with qtbot.waitSignal(results.target_asked) as asked:
        tab.target.setValue(97.5)
    assert asked.args == [0.975]
    results.charts.picked.emit(REFS[1])
    assert tab.model_box.currentData() == REFS[1]


def with_caveats(*caveats: Reason, **changes: Any) -> Evaluation:
    base = decided(**changes)
    return replace(base, decision=replace(base.decision, caveats=caveats))


def test_missing_answers_can_be_left_out_and_counted_again(results, qtbot):
    missing = Reason("caveat.missing_outputs", {"ref": REFS[0], "count": 3, "n": 440})
    verdict = results.verdict
    results.show_evaluation(with_caveats(missing), can_measure=True)
    assert not verdict.count_wrong.isVisibleTo(verdict)
    with qtbot.waitSignal(verdict.failed_asked) as asked:
        verdict.leave_out.click()
    assert asked.args == ["exclude"]
    left_out = Reason("caveat.excluded_examples", {"count": 3, "n": 440})
    results.show_evaluation(with_caveats(left_out, failed="exclude"), can_measure=True)
    assert not verdict.leave_out.isVisibleTo(verdict)
    with qtbot.waitSignal(verdict.failed_asked) as asked:
        verdict.count_wrong.click()
    assert asked.args == ["wrong"]
    results.show_evaluation(with_caveats(missing), can_measure=False)
    assert not verdict.leave_out.isVisibleTo(verdict)


def test_offered_meanings_are_taken_and_forgotten_with_a_click(results, qtbot):
    facts = {"ref": REFS[0], "pairs": [["LABEL_0", "lost"]], "shown": ["LABEL_0 → lost"]}
    offered = Reason("caveat.labels_suggested", facts)
    verdict = results.verdict
    results.show_evaluation(with_caveats(offered, label_map=(("x", "rate"),)), can_measure=True)
    assert any("LABEL_0 → lost" in said for said in verdict.sentences())
    with qtbot.waitSignal(verdict.meanings_asked) as asked:
        verdict.take.click()
    assert asked.args == [(("x", "rate"), ("LABEL_0", "lost"))]
    with qtbot.waitSignal(verdict.meanings_asked) as asked:
        verdict.forget.click()
    assert asked.args == [()]
    results.show_evaluation(decided(), can_measure=True)
    assert not verdict.take.isVisibleTo(verdict)
    assert not verdict.forget.isVisibleTo(verdict)


def test_energy_and_price_are_axes_only_where_they_are_known(results):
    results.show_evaluation(decided(), can_measure=True)
    assert results.charts.axis.findData("energy") < 0
    models = tuple(replace(x, cost=float(i + 1)) for i, x in enumerate(decided().models))
    results.show_evaluation(decided(cost="energy", models=models), can_measure=True)
    assert results.charts.axis.currentData() == "energy"
    assert [point.cost for point in results.charts.trade.points] == [1.0, 2.0, 3.0]


def test_classical_tests_are_offered_and_shown_once_they_are_made(results, qtbot):
    results.show_evaluation(decided(), can_measure=True)
    tab = results.tests
    assert results.tabs.isTabVisible(results.tabs.indexOf(tab))
    assert not tab.table.isVisibleTo(tab)
    with qtbot.waitSignal(results.tests_asked):
        tab.ask.click()
    rows = (
        Compared(REFS[0], (0.88, 0.93), 3, 12, 0.0352, 0.0704),
        Compared(REFS[1], (0.9, 0.95), 0, 0, None, None),
        Compared(REFS[2], (0.5, 0.6), 0, 200, 1e-30, 2e-30),
    )
    made = Classical("mcnemar", "accuracy", REFS[1], 440, rows)
    results.show_evaluation(decided(classical=made), can_measure=True)
    assert not tab.ask.isVisibleTo(tab)
    cells = [[tab.figures.index(r, c).data() for c in range(5)] for r in range(3)]
    assert cells[0] == [NAMES[0], "88% – 93%", "3 : 12", "0.035", "0.07"]
    assert cells[1] == [NAMES[1], "90% – 95%", "–", "–", "–"]
    assert cells[2][3:] == ["< 0.0001", "< 0.0001"]
    assert NAMES[1] in tab.note.text()
    results.show_evaluation(decided(), can_measure=False)
    assert not results.tabs.isTabVisible(results.tabs.indexOf(tab))


def test_the_models_keep_qts_rules(qtmodeltester, results):
    model = SlicesModel(Wording("fr"))
    model.set_parts(REFS, NAMES, PARTS.parts)
    qtmodeltester.check(model)
    figures = FiguresModel()
    figures.set_table(("a", "b"), (("1", "2"), ("3", "4")))
    qtmodeltester.check(figures)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_insights_are_not_clipped(make_bench, qtbot, language):
    bench = make_bench(language=language, scale=1.5)
    made = DecideResults(bench.services.theme, bench.services.wording)
    qtbot.addWidget(made)
    made.resize(800, 1800)
    made.show()
    made.show_evaluation(decided(slices=PARTS, calibration=SURE), can_measure=True)
    for at in range(made.tabs.count()):
        made.tabs.setCurrentIndex(at)
        qtbot.wait(10)
        assert clipped(made) == []
