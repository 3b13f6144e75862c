"""The card, the forms, the order and the comparison, in a real page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from selector.errors import HubUnreachable
from selector.hub.candidate import SearchResult
from selector.hub.preflight import Answer
from selector.hub.score import Weights
from selector.settings import Settings, load_settings, save_settings
from selector.store.projects import Project
from selector.wording import Wording
from tests.ui.listed_models import listed
from tests.ui.stub_desk import SHA, TASK, many_candidates
from tests.ui.test_candidates_page import open_page, search, settled
from ui.pages import candidate_checks
from ui.pages.candidate_checks import deepened
from ui.pages.candidates_loading import same_choice
from ui.widgets.plain import breakable
from ui.widgets.preflight_card import MARKS, PreflightCard

L6 = f"acme/mail-sorter-L6@{SHA}"
L12 = f"acme/mail-sorter-L12@{SHA}"


@pytest.fixture
def page(make_bench, desk, qtbot, monkeypatch):
    monkeypatch.setattr(desk, "library", list)
    monkeypatch.setattr(candidate_checks, "PAUSE_MS", 30)
    found = listed()
    desk.search_answer = SearchResult("hub", 5, {"removed.other_form": 1}, found)
    bench = make_bench(Project(id=1, task=TASK))
    made = open_page(bench, qtbot)
    made.bench, made.found = bench, found
    search(made, qtbot)
    return made


def texts(widget) -> list[str]:
    return [label.text().replace("\u200b", "") for label in widget.findChildren(QLabel)]


def rested(page, qtbot, desk, row):
    page.results.table.selectRow(row)
    qtbot.waitUntil(lambda: page.results.details.row is not None, timeout=2000)
    qtbot.wait(80)
    settled(page.bench, qtbot)


def test_that_the_card_answers_before_anything_is_asked_and_more_after(page, desk, qtbot):
    desk.examine_answer = page.found[0]
    desk.gate.clear()
    page.results.table.selectRow(1)
    page.results.table.selectRow(0)
    card = page.results.details.card
    assert any(line.startswith("Loads here? Unknown") for line in texts(card))
    assert card.note.text() == "Being checked…"
    desk.gate.set()
    rested(page, qtbot, desk, 0)
    shown = texts(page.results.details.card)
    assert any(line == "Loads here? Yes" for line in shown)
    assert any("22\u00a0M parameters" in line for line in shown)
    assert any(line.startswith("How long? About 44") for line in shown)


def test_that_only_the_row_where_the_cursor_rests_is_asked_for_and_once(page, desk, qtbot):
    settled(page.bench, qtbot)
    qtbot.wait(80)
    settled(page.bench, qtbot)
    desk.examined.clear()
    for row in (1, 2, 3, 2):
        page.results.table.selectRow(row)
    rested(page, qtbot, desk, 2)
    assert len(desk.examined) == 1
    page.results.table.selectRow(1)
    rested(page, qtbot, desk, 2)
    assert len([ref for ref in desk.examined if "multilingual" in ref]) == 1


def test_that_offline_and_for_models_on_the_disk_nothing_is_asked(page, desk, qtbot):
    desk.examined.clear()
    desk.offline = True
    rested(page, qtbot, desk, 1)
    assert "Offline" in page.results.details.card.note.text()
    desk.offline = False
    here = replace(page.found[0], on_disk=True)
    desk.search_answer = SearchResult("hub", 1, {}, (here,))
    search(page, qtbot)
    rested(page, qtbot, desk, 0)
    assert desk.examined == []


def test_that_a_hub_that_cannot_be_asked_is_said_in_the_card(page, desk, qtbot):
    desk.examine_answer = HubUnreachable(endpoint="http://127.0.0.1:9", reason="ConnectError")
    rested(page, qtbot, desk, 1)
    assert "could not be asked" in page.results.details.card.note.text()
    assert not page.banner.isVisible()


@pytest.mark.parametrize("answer", ["yes", "care", "no", "unknown"])
def test_that_every_answer_has_an_icon_and_a_word(answer: Answer):
    assert MARKS[answer][0]
    for language in ("en", "fr"):
        assert Wording(language).has(f"preflight.answer.{answer}")
    assert len({icon for icon, _ in MARKS.values()}) == 4


def test_that_a_card_speaks_each_line_as_a_sentence(page, qtbot):
    card: PreflightCard = page.results.details.card
    names = [
        label.accessibleName() for label in card.findChildren(QLabel) if label.accessibleName()
    ]
    assert len(names) == 6
    assert all("? " in name for name in names)


# -- forms ------------------------------------------------------------------------------------------


def test_that_one_model_has_all_its_forms_and_says_why_some_cannot_be_used(page, qtbot):
    details = page.results.details
    items = [details.forms.itemText(n) for n in range(details.forms.count())]
    assert items[0] == "torch · fp32 · 88\u00a0MB"
    assert {"bf16", "fp16"} <= {item.split(" · ")[1] for item in items}
    said = " ".join(texts(details))
    assert "gguf · q4_k_m" in said
    assert "not usable here: No engine here reads the format onnx" in said


def test_that_the_chosen_form_is_what_is_downloaded_and_kept(page, desk, qtbot):
    details = page.results.details
    place = next(n for n in range(details.forms.count()) if "bf16" in details.forms.itemText(n))
    details.forms.setFocus()
    details.forms.setCurrentIndex(place)
    details.forms.activated.emit(place)
    assert page.model.rows[0].ref == f"{L6}#torch-bf16"
    assert page.results.details.forms.currentText().startswith("torch · bf16")
    page.model.tick({L6})
    page.footer.primary.click()
    settled(page.bench, qtbot)
    assert desk.pulls == [(f"{L6}#torch-bf16",)]
    assert page.bench.services.project.refs == (f"{L6}#torch-bf16",)
    assert page.model.rows[0].on_disk
    assert page.footer.primary.text() == "Try 1 model"


def test_that_naming_the_default_form_is_no_other_choice():
    assert same_choice([L6], [f"{L6}#torch-fp32"])
    assert not same_choice([L6], [f"{L6}#torch-bf16"])
    assert not same_choice([L6], [L6, L12])


def test_that_a_closer_look_keeps_the_form_the_order_and_the_siblings(page):
    listed_one = page.found[0]
    alone = replace(
        listed_one, score=0.0, why=(), variants=tuple(v for v in listed_one.variants if v.repo == listed_one.repo)
    )  # fmt: skip
    found = deepened(listed_one, alone)
    assert (found.score, found.why, found.ref) == (listed_one.score, listed_one.why, listed_one.ref)
    assert {v.repo for v in found.variants} == {v.repo for v in listed_one.variants}


# -- order ------------------------------------------------------------------------------------------


def test_that_weights_reorder_the_table_at_once_and_are_kept(page, desk, qtbot, tmp_path):
    kept: list[Settings] = []
    page.bench.services.change_settings = kept.append
    before = [row.repo for row in page.model.rows]
    assert before[0] == "acme/mail-sorter-L6"
    page.order.show_order()
    dialog = page.order.dialog
    for name, box in dialog.boxes.items():
        box.setValue(100 if name == "adoption" else 0)
    qtbot.waitUntil(lambda: page.model.rows[0].repo.endswith("multilingual-v2"), timeout=2000)
    assert desk.searches[-1:] == desk.searches[:1]  # the Hub was not asked again
    assert page.results.table.current_row().repo == before[0]  # the cursor stays on its model
    save_settings(tmp_path / "s.json", kept[-1])
    again = Weights.read(load_settings(tmp_path / "s.json").ranking)
    assert (again.adoption, again.size) == (100, 0)
    dialog.reset.click()
    assert [row.repo for row in page.model.rows] == before
    assert desk.weights == Weights()
    dialog.reject()


def test_that_the_parts_shown_add_up_to_the_score(page, qtbot):
    page.order.show_order()
    dialog = page.order.dialog
    candidate = page.model.rows[0].candidate
    total = sum(float(each.text()) for each in dialog.adds.values() if each.text())
    assert total == pytest.approx(candidate.score * 100, abs=0.6)
    assert (
        f"Score {page.bench.services.wording.number(round(candidate.score * 100, 1), 3)}"
        in dialog.sum.text()
    )
    page.results.table.selectRow(3)
    assert "nothing here runs it" in dialog.sum.text()
    dialog.reject()


def test_that_order_and_weights_can_be_reached_by_keyboard(page, qtbot):
    page.window().activateWindow()
    QTest.keyClick(
        page.results.table,
        Qt.Key.Key_O,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    dialog = page.order.dialog
    assert dialog is not None
    box = dialog.boxes["speed"]
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert box.value() == 11
    assert box.accessibleName() == "Weight of Speed here"
    dialog.reject()


# -- comparison -------------------------------------------------------------------------------------


def test_that_two_to_four_ticked_models_are_compared_by_key_or_button(page, qtbot):
    def button():
        return page.results.details.findChild(QPushButton, "compare")

    assert not button().isEnabled()
    page.order.compare()
    assert page.order.comparison is None
    page.model.tick({L6, L12})
    assert button().isEnabled()
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(page.results.table, Qt.Key.Key_C, keys)
    shown = page.order.comparison
    assert shown is not None
    assert shown.table.columnCount() == 2
    rows = {shown.table.verticalHeaderItem(n).text(): n for n in range(shown.table.rowCount())}
    layers = rows["≠  Layers"]
    assert [shown.table.item(layers, c).text() for c in (0, 1)] == ["6", "12"]
    speed = rows["≠  Speed here"]
    assert shown.table.item(speed, 0).text().startswith("✓")
    spoken = shown.table.item(layers, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "mail-sorter-L6, ≠  Layers: 6"
    assert "Licence" in rows  # the same in both: not marked
    QTest.keyClick(shown, Qt.Key.Key_Escape)
    assert not shown.isVisible()


# -- hostile text -----------------------------------------------------------------------------------


def test_that_hostile_text_is_shown_plain_and_cannot_widen_the_pane(page, desk, qtbot):
    evil = "<img src=x onerror=alert(1)>" + "A" * 300
    about = page.found[0].about
    about = replace(
        about,
        summary=replace(about.summary, value=evil, source="card"),
        architecture=replace(about.architecture, value="X" * 80, source="config"),
    )
    desk.search_answer = SearchResult("hub", 1, {}, (replace(page.found[0], about=about),))
    search(page, qtbot)
    details = page.results.details
    labels = details.widget().findChildren(QLabel)
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
    assert any("<img src=x" in text for text in texts(details))
    QApplication.processEvents()
    assert details.widget().minimumSizeHint().width() <= details.viewport().width()


def test_that_long_words_can_break_and_short_ones_stay():
    assert breakable("short words stay") == "short words stay"
    assert breakable("BertForSequenceClassification").count("\u200b") == 3
    assert "\u200b" in breakable("x" * 100)
    assert breakable("https://example.org/a/b").replace("\u200b", "") == "https://example.org/a/b"


def test_that_rows_of_an_older_kind_still_show(page, desk, qtbot):
    desk.search_answer = SearchResult("cache", 5, {}, many_candidates(), age_s=60)
    search(page, qtbot)
    assert page.results.details.row is not None
