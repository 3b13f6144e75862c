from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from selector.wording import Wording
from tests.ui.made_candidates import SHA, many_candidates
from ui.models.candidate_row import row_of_candidate
from ui.models.candidates_model import CandidatesModel, Column
from ui.models.examples_model import ExamplesModel

CHECK = Qt.ItemDataRole.CheckStateRole


@pytest.fixture
def model(qapp):
    made = CandidatesModel(Wording("en"))
    made.set_rows(row_of_candidate(item, rank) for rank, item in enumerate(many_candidates()))
    return made


def names(model):
    return [row.repo for row in model.rows]


def test_that_qt_accepts_the_model_while_rows_change_and_sort(model, qtmodeltester):
    tester = QAbstractItemModelTester(
        model, QAbstractItemModelTester.FailureReportingMode.Fatal, model
    )
    for column in Column:
        model.sort(column, Qt.SortOrder.DescendingOrder)
    model.sort(-1)
    qtmodeltester.check(model)
    assert tester.model() is model
    model.set_rows([])
    qtmodeltester.check(model)


def test_that_unknown_numbers_stay_last_in_both_directions(model):
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        model.sort(Column.PARAMETERS, order)
        assert names(model)[-1] == "old/pickle-only"
    assert names(model)[0] == "big/seven-billion"


def test_that_sorting_by_no_column_gives_the_order_of_the_search_back(model):
    before = names(model)
    model.sort(Column.MODEL)
    assert names(model) != before
    model.sort(-1)
    assert names(model) == before


def test_that_a_persistent_index_follows_its_row_through_a_sort(model):
    from PySide6.QtCore import QPersistentModelIndex

    kept = QPersistentModelIndex(model.index(0, Column.MODEL))
    model.sort(Column.PARAMETERS, Qt.SortOrder.DescendingOrder)
    assert kept.data() == "prajjwal1/bert-tiny-banking-intents"


def test_that_only_models_an_engine_can_load_are_ticked(model):
    model.tick({row.key for row in model.rows})
    assert len(model.ticked) == 4
    last = model.index(4, Column.MODEL)
    assert last.data(CHECK) is None
    assert not model.setData(last, Qt.CheckState.Checked, CHECK)
    assert not last.flags() & Qt.ItemFlag.ItemIsUserCheckable


def test_that_a_tick_survives_new_rows_with_the_same_model_and_no_others(model):
    model.tick({f"big/seven-billion@{SHA}", f"prajjwal1/bert-tiny-banking-intents@{SHA}"})
    model.set_rows([row_of_candidate(many_candidates()[0], 0)])
    assert [row.repo for row in model.ticked] == ["prajjwal1/bert-tiny-banking-intents"]
    model.set_rows([row_of_candidate(many_candidates()[3], 0)])
    assert model.ticked == []


def test_that_numbers_are_written_in_the_language_of_the_window(qapp):
    french = CandidatesModel(Wording("fr"))
    french.set_rows([row_of_candidate(many_candidates()[1], 0)])
    assert french.index(0, Column.DOWNLOAD).data() == "268\u00a0Mo"
    assert french.index(0, Column.MEMORY).data() == "Tient · ≈\u202f718\u00a0Mo"
    assert french.headerData(Column.SPEED, Qt.Orientation.Horizontal) == "Vitesse ici"


def test_that_every_cell_of_the_first_rows_of_examples_is_one_line(qapp, qtmodeltester):
    model = ExamplesModel(("Text", "Answer"))
    model.set_rows([("a\nb\t c", "x"), ("d" * 1000, "y")])
    qtmodeltester.check(model)
    assert model.index(0, 0).data() == "a b c"
    assert len(model.index(1, 0).data()) == 400
