from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtTest import QTest

from selector.desk.requests import SearchRequest
from selector.hub.candidate import SearchResult
from selector.hub.filters import ORDER, SHOWABLE
from selector.hub.tally import FilterCount
from selector.store.projects import Project
from selector.wording import LANGUAGES, Wording
from tests.ui.prepared import TASK
from tests.ui.served_models import GIANT, PICKLED
from tests.ui.worker_processes import workers
from ui.models.candidates_model import Column
from ui.pages.candidates_filters import CandidatesFilters, Filters
from ui.pages.candidates_hidden import CandidatesHidden
from ui.pages.candidates_page import CandidatesPage

ACCESSIBLE = Qt.ItemDataRole.AccessibleTextRole


def settled(page, qtbot):
    qtbot.waitUntil(lambda: not page.bench.services.background.busy, timeout=20_000)
    qtbot.wait(50)


@pytest.fixture
def page(make_bench, hub, qtbot):
    bench = make_bench(Project(id=1, task=TASK))
    made = CandidatesPage(bench.services)
    made.bench = bench
    qtbot.addWidget(made)
    made.resize(1100, 700)
    made.show()
    bench.show(made)
    settled(made, qtbot)
    return made


@pytest.fixture
def filters(bench, qtbot):
    made = CandidatesFilters(bench.services.wording)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def hidden(bench, qtbot):
    made = CandidatesHidden(bench.services)
    qtbot.addWidget(made)
    return made


def counted(**hidden):
    counts = {f"removed.{name}": FilterCount(n, n) for name, n in hidden.items()}
    return SearchResult("hub", 50, {key: c.hidden for key, c in counts.items()}, (), filters=counts)


def right_edges(whole, parts):
    return [part.mapTo(whole, part.rect().topRight()).x() for part in parts]


def choose(page_or_filters, name, place=1):
    page_or_filters.choices[name].setCurrentIndex(place)


def repos(page):
    return [row.repo for row in page.model.rows]


# -- the filters alone ----------------------------------------------------------------------------------


def test_that_every_choice_reaches_the_search(filters):
    for name in filters.choices:
        choose(filters, name)
    since = QDate.currentDate().addDays(-90).toString("yyyy-MM-dd")
    assert filters.filters().request(TASK) == SearchRequest(
        TASK, language="en", licence="permissive", min_params=5_000_000, max_params=5_000_000,
        max_memory=500_000_000, max_download=50_000_000, gated="no", library="transformers",
        updated_since=since,
    )  # fmt: skip


def test_that_folded_filters_say_how_many_of_them_are_set(filters):
    assert filters.more.text() == "More filters"
    assert not filters.choices["library"].isVisible()
    choose(filters, "licence")
    assert filters.more.text() == "More filters", "the licence is in sight"
    choose(filters, "library")
    choose(filters, "gated")
    assert filters.more.text() == "More filters · 2"
    assert filters.more.accessibleName() == "More filters, 2 are set"
    QTest.keyClick(filters.more, Qt.Key.Key_Space)
    assert filters.choices["library"].isVisible()


def test_that_clear_takes_every_filter_away_and_searches_once(filters, qtbot):
    assert not filters.clear.isVisible()
    filters.query.setText("banking")
    choose(filters, "max_memory")
    changes = []
    filters.changed.connect(lambda: changes.append(filters.filters()))
    filters.clear.click()
    assert changes == [Filters()]
    assert not filters.clear.isVisible()
    assert filters.query.hasFocus() or not filters.isActiveWindow()


def test_that_unfolded_filters_need_no_more_width_than_a_small_window_has(filters, qtbot):
    for language in LANGUAGES:
        made = CandidatesFilters(Wording(language))
        qtbot.addWidget(made)
        made.more.setChecked(True)
        made.resize(640, 200)
        made.show()
        assert made.minimumSizeHint().width() <= 640
        shown = [made.query, made.more, *made.choices.values()]
        qtbot.waitUntil(lambda made=made, shown=shown: max(right_edges(made, shown)) < 640)


def test_that_every_choice_and_every_reason_has_words_in_both_languages():
    for language in LANGUAGES:
        words = Wording(language)
        names = [*SHOWABLE, *(key.removeprefix("removed.") for key in ORDER), "unsafe_path"]
        assert all(words.has(f"candidates.hidden_by.{name}") for name in names)


# -- what is hidden, alone ------------------------------------------------------------------------------


def test_that_the_fullest_filter_comes_first_and_the_rest_of_the_list_last(hidden):
    hidden.show_result(counted(licence=4, limit=23, memory=8), Filters())
    assert hidden.text == "35 hidden:"
    assert list(hidden.pills) == ["memory", "licence", "limit"]
    assert hidden.pills["memory"].accessibleName() == ("Show the 8 hidden: Too big for the memory")


def brought(result, **shown):
    counts = {f"removed.{name}": FilterCount(0, 0, n) for name, n in shown.items()}
    return replace(result, filters={**result.filters, **counts})


def test_that_a_pill_counts_what_is_shown_because_of_it(hidden):
    hidden.show_result(counted(licence=4, memory=8), Filters())
    hidden.show_result(brought(counted(licence=3), memory=7), Filters(show=("memory",)))
    assert hidden.pills["memory"].isChecked()
    assert hidden.pills["memory"].text() == "Too big for the memory · 7"
    assert hidden.pills["licence"].text().endswith("· 3")
    hidden.show_result(brought(counted(), memory=7, licence=4), Filters(show=("memory",)))
    assert list(hidden.pills) == ["memory"], "all that the licence hides is shown already"
    hidden.show_result(counted(licence=3), Filters(show=("memory",)))
    assert hidden.pills["memory"].text() == "Too big for the memory · 0", "to press it again"
    assert not hidden.pills["licence"].isChecked()
    hidden.show_result(counted(licence=3), Filters(query="other words", show=("memory",)))
    assert list(hidden.pills) == ["licence"], "the count was of another question"


def test_that_what_is_never_shown_cannot_be_pressed(hidden):
    hidden.show_result(counted(unsafe_path=2), Filters())
    assert not hidden.pills["unsafe_path"].isEnabled()
    assert hidden.everything.isHidden()


def test_that_hiding_one_of_all_keeps_the_others_shown(hidden):
    hidden.show_result(counted(licence=4, memory=8), Filters())
    hidden.show_result(counted(), Filters(show_all=True))
    asked = []
    hidden.asked.connect(asked.append)
    hidden.pills["memory"].click()
    assert asked == [("licence",)]


# -- the page and a Hub ---------------------------------------------------------------------------------


def test_that_a_click_brings_back_what_a_filter_hides_and_a_second_hides_it_again(page, qtbot):
    page.search()
    settled(page, qtbot)
    assert GIANT not in repos(page)
    pill = page.results.hidden.pills["memory"]
    pill.setFocus()
    QTest.keyClick(pill, Qt.Key.Key_Space)
    settled(page, qtbot)
    pill = page.results.hidden.pills["memory"]
    assert pill.isChecked()
    assert pill.text().endswith("· 1")
    place = repos(page).index(GIANT)
    assert PICKLED not in repos(page), "another filter still hides it"
    told = page.model.data(page.model.index(place, Column.MODEL), ACCESSIBLE)
    assert told == f"{GIANT}, Shown all the same: Needs more memory than is free now"
    page.results.hidden.pills["memory"].click()
    settled(page, qtbot)
    assert GIANT not in repos(page)


def test_that_a_wait_for_the_hub_is_counted_down_and_can_be_stopped(page, hub, qtbot):
    page.search()
    settled(page, qtbot)
    before = repos(page)
    hub.faults.answer_status(429, retry_after=30, path="^/api/models$")
    page.search()
    qtbot.waitUntil(page.waiting.isVisible, timeout=10_000)
    first = page.waiting.text
    assert first.startswith("The Hub asks us to wait: ")
    qtbot.waitUntil(lambda: page.waiting.text != first, timeout=5_000)
    assert not page.results.stop.isVisible(), "one button to stop is enough"
    page.waiting.stop.click()
    settled(page, qtbot)
    assert not page.waiting.isVisible()
    assert page.results.summary.text() == "Search stopped"
    assert repos(page) == before
    assert len(workers("hub")) <= 1  # the one that is kept for the next search


def test_that_a_hub_that_comes_back_is_asked_again_with_one_click(page, hub, qtbot):
    page.search()
    settled(page, qtbot)
    hub.faults.answer_status(503, path="^/api/models$", retry_after=3600)
    page.search()
    settled(page, qtbot)
    assert page.banner.text.startswith("The Hub is too busy to answer. These are models")
    hub.faults.clear()
    page.banner.action.click()
    settled(page, qtbot)
    assert page.banner.isHidden()
    assert page.results.kind == "table"


def test_that_offline_the_page_says_so_and_shows_what_is_known(page, desk, hub, qtbot):
    page.search()
    settled(page, qtbot)
    hub.clear_requests()
    desk.offline = True
    page.search()
    settled(page, qtbot)
    assert page.banner.text.startswith("Offline, as asked.")
    assert page.banner.action.isHidden()
    assert len(page.model.rows) >= 3
    assert hub.requests == []
