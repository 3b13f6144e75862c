from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from selector.errors import HubOffline, HubUnreachable, NotEnoughDisk
from selector.hub.candidate import SearchResult
from selector.store.projects import Project
from tests.ui.stub_desk import SHA, TASK, many_candidates
from ui.pages.candidates_page import CandidatesPage

BANKING = f"prajjwal1/bert-tiny-banking-intents@{SHA}"


def settled(bench, qtbot):
    qtbot.waitUntil(lambda: not bench.services.background.busy, timeout=5000)
    qtbot.wait(50)


def open_page(bench, qtbot):
    page = CandidatesPage(bench.services)
    qtbot.addWidget(page)
    page.resize(1100, 700)
    page.show()
    bench.show(page)
    settled(bench, qtbot)
    return page


@pytest.fixture
def page(make_bench, desk, qtbot, monkeypatch):
    monkeypatch.setattr(desk, "library", list)
    bench = make_bench(Project(id=1, task=TASK))
    made = open_page(bench, qtbot)
    made.bench = bench
    return made


def search(page, qtbot):
    page.filters.submitted.emit()
    settled(page.bench, qtbot)


def test_that_without_a_task_the_page_leads_to_the_task(bench, qtbot):
    page = open_page(bench, qtbot)
    assert page.results.kind == "no_task"
    assert not page.filters.isEnabled()
    page.results.empty.button.click()
    assert bench.steps == [1]


def test_that_nothing_is_asked_of_the_hub_before_the_user_asks(page, desk):
    assert page.results.kind == "not_searched"
    assert desk.searches == []


def test_that_the_sample_shows_its_models_from_the_disk_without_a_search(make_bench, desk, qtbot):
    sample = desk.sample()
    bench = make_bench(Project(id=1, sample=True, task=sample.task.id, refs=sample.refs))
    page = open_page(bench, qtbot)
    assert [row.key for row in page.model.rows][: len(sample.refs)] == list(sample.refs)
    assert all(row.on_disk and row.verdict == "fits" for row in page.model.rows)
    assert desk.searches == []
    assert page.footer.primary.text() == f"Try {len(sample.refs)} models"
    page.footer.primary.click()
    assert bench.steps == [3]


def test_that_a_search_shows_candidates_and_where_the_hidden_ones_went(page, qtbot):
    search(page, qtbot)
    assert page.results.kind == "table"
    assert len(page.model.rows) == 5
    assert page.results.hidden.text().startswith("35 hidden: 23 further down the list, 8 too big")
    page.results.show_hidden.click()
    settled(page.bench, qtbot)
    assert page.bench.desk.searches[-1].show_all


def test_that_typing_waits_for_a_pause_and_only_the_last_words_are_searched(page, desk, qtbot):
    QTest.keyClicks(page.filters.query, "bank")
    qtbot.waitUntil(lambda: len(desk.searches) == 1, timeout=2000)
    settled(page.bench, qtbot)
    assert [request.query for request in desk.searches] == ["bank"]


def test_that_an_older_search_under_way_is_dropped(page, desk, qtbot):
    desk.gate.clear()
    page.search()
    first = page._finding
    page.filters.licence.setCurrentIndex(1)
    assert first.dropped
    desk.gate.set()
    settled(page.bench, qtbot)
    assert desk.searches[-1].licence == "permissive"
    assert page.results.kind == "table"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (HubOffline(), "offline"),
        (HubUnreachable(), "failed"),
        (SearchResult("hub", 0, {}, ()), "nothing"),
        (SearchResult("hub", 9, {"removed.licence": 9}, ()), "nothing_hidden"),
    ],
)
def test_that_empty_offline_failed_and_hidden_differ(page, desk, qtbot, answer, kind):
    desk.search_answer = answer
    search(page, qtbot)
    assert page.results.kind == kind
    assert page.results.empty.button.text()


def test_that_a_cached_answer_says_how_old_it_is(page, desk, qtbot):
    desk.search_answer = SearchResult("cache", 5, {}, many_candidates(), age_s=3 * 86400)
    search(page, qtbot)
    assert "3 days" in page.banner.text


def test_that_ticked_models_are_downloaded_pinned_and_lead_to_try(page, desk, qtbot):
    search(page, qtbot)
    page.model.tick({BANKING})
    assert page.footer.primary.text() == "Download 1 model · 17.6\u00a0MB"
    desk.gate.clear()
    page.footer.primary.click()
    qtbot.waitUntil(lambda: "2 MB a second" in page.footer.rows[BANKING].detail)
    desk.gate.set()
    settled(page.bench, qtbot)
    assert desk.pulls == [(BANKING,)]
    assert page.bench.services.project.refs == (BANKING,)
    assert page.footer.rows == {}
    assert page.footer.primary.text() == "Try 1 model"


def test_that_cancelling_a_download_keeps_the_choice_and_the_project(page, desk, qtbot):
    search(page, qtbot)
    page.model.tick({BANKING})
    desk.gate.clear()
    page.footer.primary.click()
    page.footer.rows[BANKING].button.click()
    settled(page.bench, qtbot)
    assert page.bench.services.project.refs == ()
    assert [row.key for row in page.model.ticked] == [BANKING]
    assert page.footer.primary.isEnabled()


def test_that_a_failed_download_is_explained(page, desk, qtbot):
    desk.pull_error = NotEnoughDisk(need_bytes=10**9, have_bytes=10**6)
    search(page, qtbot)
    page.model.tick({BANKING})
    page.footer.primary.click()
    settled(page.bench, qtbot)
    assert "1\u00a0GB" in page.banner.text


def test_that_other_contestants_make_an_old_evaluation_void(page, desk, qtbot):
    project = replace(page.bench.services.project, evaluation={"n": 1}, decision_file="x")
    page.bench.change(project)
    search(page, qtbot)
    page.model.tick({BANKING})
    page.footer.primary.click()
    settled(page.bench, qtbot)
    assert page.bench.services.project.evaluation is None


def test_that_space_ticks_the_row_whichever_cell_has_the_cursor(page, qtbot):
    search(page, qtbot)
    table = page.results.table
    table.setCurrentIndex(page.model.index(0, 3))
    QTest.keyClick(table, Qt.Key.Key_Space)
    assert [row.key for row in page.model.ticked] == [BANKING]


def test_that_details_give_reasons_and_risks_and_fall_back_to_an_unknown_code(page, qtbot):
    from PySide6.QtWidgets import QLabel

    search(page, qtbot)
    page.results.table.selectRow(2)
    texts = [label.text() for label in page.results.details.widget().findChildren(QLabel)]
    assert "Licence cc-by-nc-4.0: not for commercial use" in texts
    assert "reason.unheard_of" in texts


def test_that_text_from_the_hub_is_never_read_as_html(page, desk, qtbot):
    from PySide6.QtWidgets import QLabel

    evil = replace(many_candidates()[0], repo="x/<b>bold</b>")
    desk.search_answer = SearchResult("hub", 1, {}, (evil,))
    search(page, qtbot)
    formats = {x.textFormat() for x in page.results.details.widget().findChildren(QLabel)}
    assert formats == {Qt.TextFormat.PlainText}
