"""What the page Decide shows below the verdict: scores by group."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from selector.decide.slice_facts import Part, PartScore, Slices
from selector.wording import Wording
from tests.ui.prepared import NAMES, REFS, decided
from tests.ui.test_pages_look import clipped
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


def test_without_groups_there_is_no_tab(results):
    results.show_evaluation(decided(), can_measure=True)
    assert not results.tabs.isTabVisible(results.tabs.indexOf(results.slices))


def test_the_model_of_groups_keeps_qts_rules(qtmodeltester, results):
    model = SlicesModel(Wording("fr"))
    model.set_parts(REFS, NAMES, PARTS.parts)
    qtmodeltester.check(model)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_insights_are_not_clipped(make_bench, qtbot, language):
    bench = make_bench(language=language, scale=1.5)
    made = DecideResults(bench.services.theme, bench.services.wording)
    qtbot.addWidget(made)
    made.resize(800, 1800)
    made.show()
    made.show_evaluation(decided(slices=PARTS), can_measure=True)
    for at in range(made.tabs.count()):
        made.tabs.setCurrentIndex(at)
        qtbot.wait(10)
        assert clipped(made) == []
