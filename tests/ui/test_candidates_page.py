from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from selector.desk.examining import card_of
from selector.hub.candidate import Reason
from selector.store.database import Database
from selector.store.projects import Project
from selector.wording import Wording
from tests.ui.made_candidates import make_candidate, many_candidates
from tests.ui.prepared import TASK
from tests.ui.served_models import BANKING, RESEARCH
from tests.ui.worker_processes import workers
from tests.unit.test_fit import BERT, CLASSIFY, G, M
from tests.unit.test_fit_explained import WEIGHTS, found, here
from ui.models.candidate_row import row_of_candidate
from ui.models.candidates_model import Column
from ui.pages.candidate_details import CandidateDetails
from ui.pages.candidates_page import CandidatesPage
from ui.pages.candidates_summary import hidden_text
from ui.pages.downloads_panel import DownloadsPanel
from ui.theme.theme import Theme
from ui.widgets.parts_chart import PartsChart

NOWHERE = "no-model-is-called-this"
DAY_S = 86_400


@pytest.fixture
def look(qapp):
    return Theme(qapp, "light")


def settled(bench, qtbot):
    services = bench.services
    qtbot.waitUntil(
        lambda: not services.background.busy and not services.downloads.active, timeout=20_000
    )
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
def page(make_bench, hub, qtbot):
    bench = make_bench(Project(id=1, task=TASK))
    made = open_page(bench, qtbot)
    made.bench = bench
    return made


def search(page, qtbot, words=""):
    page.filters.query.setText(words)
    page.filters.submitted.emit()
    settled(page.bench, qtbot)


def searched_for(hub):
    """The words of every question to the Hub's list of models."""
    asked = [request.query for request in hub.requests_to(path="/api/models", origin="api")]
    pairs = [pair.partition("=") for query in asked for pair in query.split("&")]
    return {value for key, _, value in pairs if key == "search"}


def key_of(hub, repo=BANKING):
    return f"{repo}@{hub.sha(repo)}"


def texts(widget):
    return [label.text() for label in widget.findChildren(QLabel)]


def test_that_without_a_task_the_page_leads_to_the_task(bench, qtbot):
    page = open_page(bench, qtbot)
    assert page.results.kind == "no_task"
    assert not page.filters.isEnabled()
    page.results.empty.button.click()
    assert bench.steps == [1]


def test_that_nothing_is_asked_of_the_hub_before_the_user_asks(make_bench, hub, qtbot):
    # Nothing on this disk writes texts, so that the page has nothing to show by itself.
    page = open_page(make_bench(Project(id=1, task="text-generation")), qtbot)
    assert page.results.kind == "not_searched"
    assert hub.requests == []


def test_that_the_sample_shows_its_models_from_the_disk_without_a_search(
    make_bench, desk, hub, qtbot
):
    sample = desk.sample()
    bench = make_bench(Project(id=1, sample=True, task=sample.task.id, refs=sample.refs))
    page = open_page(bench, qtbot)
    assert [row.key for row in page.model.rows][: len(sample.refs)] == list(sample.refs)
    assert all(row.on_disk and row.verdict == "fits" for row in page.model.rows)
    assert {row.downloads for row in page.model.rows} == {None}, "nobody was asked"
    assert hub.requests == []
    assert page.footer.primary.text() == f"Try {len(sample.refs)} models"
    page.footer.primary.click()
    assert bench.steps == [3]


def test_that_a_search_shows_candidates_and_where_the_hidden_ones_went(page, qtbot):
    search(page, qtbot)
    assert page.results.kind == "table"
    assert len(page.model.rows) == 3
    hidden = page.results.hidden
    assert hidden.text == "2 hidden:"
    assert hidden.pills["memory"].text() == "Too big for the memory · 1"
    hidden.everything.click()
    settled(page.bench, qtbot)
    assert len(page.model.rows) == 5
    assert hidden.everything.text() == "Hide them again"
    hidden.everything.click()
    settled(page.bench, qtbot)
    assert len(page.model.rows) == 3


def test_that_the_most_frequent_reason_for_hiding_comes_first():
    removed = {"removed.memory": 8, "removed.licence": 4, "removed.limit": 23}
    told = hidden_text(removed, Wording("en"))
    assert told.startswith("35 hidden: 23 further down the list, 8 too big")


def test_that_typing_waits_for_a_pause_and_only_the_last_words_are_searched(page, hub, qtbot):
    QTest.keyClicks(page.filters.query, "intents")
    qtbot.waitUntil(lambda: searched_for(hub) != set(), timeout=10_000)
    settled(page.bench, qtbot)
    assert searched_for(hub) == {"intents"}


def test_that_an_older_search_under_way_is_dropped(page, hub, qtbot):
    held = hub.faults.hang(60, path="^/api/models$", times=1)
    page.search()
    first = page._finding
    qtbot.waitUntil(lambda: held.strikes == 1, timeout=10_000)
    page.filters.choices["licence"].setCurrentIndex(1)
    assert first.dropped
    settled(page.bench, qtbot)
    assert page.results.kind == "table"
    assert {row.licence for row in page.model.rows} == {"apache-2.0", "mit"}
    assert len(workers("hub")) == 1, "the dropped one has ended; the other waits for more questions"


@pytest.mark.parametrize(("words", "kind"), [(NOWHERE, "nothing"), ("pickle-only", "hidden")])
def test_that_nothing_found_and_everything_hidden_differ(page, qtbot, words, kind):
    search(page, qtbot, words)
    assert page.results.kind == kind
    assert page.results.empty.button.text()


@pytest.mark.parametrize(("offline", "kind"), [(True, "offline"), (False, "failed")])
def test_that_offline_and_a_hub_that_refuses_connections_differ(
    page, desk, qtbot, monkeypatch, offline, kind
):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    desk.offline = offline
    search(page, qtbot, NOWHERE)
    assert page.results.kind == kind
    assert page.results.empty.button.text()


def test_that_a_cached_answer_says_how_old_it_is(page, desk, hub, qtbot):
    search(page, qtbot)
    with Database(desk.locations.model_index, "index_migrations") as database:
        database.write("UPDATE model SET seen = seen - ?", (3 * DAY_S,))
    hub.faults.answer_status(429, retry_after=3600, path="^/api/models$")
    search(page, qtbot)
    assert "3 days" in page.banner.text
    assert BANKING in {row.repo for row in page.model.rows}


def test_that_ticked_models_are_downloaded_pinned_and_lead_to_try(page, desk, hub, qtbot):
    old = replace(page.bench.services.project, evaluation={"n": 1}, decision_file="x")
    page.bench.change(old)
    search(page, qtbot)
    hub.faults.slow(600_000, origin="cdn")
    wanted = key_of(hub)
    page.model.tick({wanted})
    size = Wording("en").bytes(next(x for x in page.model.rows if x.key == wanted).download_bytes)
    assert page.footer.primary.text() == f"Download 1 model · {size}"
    page.footer.primary.click()
    qtbot.waitUntil(
        lambda: "kB a second" in page.footer.rows[f"{wanted}#torch-fp32"].detail, timeout=20_000
    )
    settled(page.bench, qtbot)
    assert page.banner.text == "1 model is ready to try."
    assert [x.verified for x in desk.library() if x.ref == wanted] == [True]
    project = page.bench.services.project
    assert project.refs == (f"{wanted}#torch-fp32",)
    assert project.evaluation is None, "other contestants make an old evaluation void"
    assert page.footer.rows == {}
    assert page.footer.primary.text() == "Try 1 model"


def test_that_cancelling_a_download_keeps_the_choice_and_the_project(page, hub, qtbot):
    search(page, qtbot)
    held = hub.faults.stall(60, at=1000, origin="cdn")
    wanted = key_of(hub)
    page.model.tick({wanted})
    page.footer.primary.click()
    qtbot.waitUntil(lambda: held.strikes == 1, timeout=10_000)
    page.footer.rows[f"{wanted}#torch-fp32"].button.click()
    qtbot.waitUntil(lambda: not page.bench.services.downloads.active, timeout=20_000)
    assert page.bench.services.project.refs == ()
    assert [row.key for row in page.model.ticked] == [wanted]
    assert page.footer.primary.isEnabled()


def test_that_a_failed_download_is_explained(page, hub, qtbot):
    def enormous(answer):
        for file in answer["siblings"]:
            if file["rfilename"] == "model.safetensors":
                file["size"] = file["lfs"]["size"] = 9 * 10**12
        return answer

    search(page, qtbot)
    hub.faults.edit_json(enormous, path=f"^/api/models/{BANKING}/revision/")
    page.model.tick({key_of(hub)})
    page.footer.primary.click()
    wanted = key_of(hub)
    qtbot.waitUntil(
        lambda: "9 TB" in page.footer.rows[f"{wanted}#torch-fp32"].detail, timeout=20_000
    )
    assert not page.footer.primary.isEnabled()  # it goes on by itself when there is room
    assert page.bench.services.project.refs == ()


def test_that_a_download_is_paused_and_goes_on_where_it_stopped(page, hub, qtbot):
    search(page, qtbot)
    hub.faults.slow(300_000, origin="cdn")
    wanted = key_of(hub)
    page.model.tick({wanted})
    page.footer.primary.click()
    feed = page.bench.services.downloads
    qtbot.waitUntil(lambda: feed.items and feed.items[0].kept.done_bytes > 50_000, timeout=20_000)
    row = page.footer.rows[f"{wanted}#torch-fp32"]
    assert row.toggle.text() == "Pause"
    row.toggle.click()
    assert row.toggle.text() == "Go on"
    assert row.detail.startswith("Paused at ")
    assert page.footer.primary.isEnabled()
    hub.faults.clear()
    hub.clear_requests()
    row.toggle.click()
    settled(page.bench, qtbot)
    assert page.footer.rows == {}
    (asked,) = hub.requests_to(origin="cdn", method="GET")
    assert asked.headers["range"] != "bytes=0-"
    assert page.footer.primary.text() == "Try 1 model"


def test_that_a_long_name_has_room_to_be_told_from_its_family(page):
    page.resize(1000, 700)
    page.model.set_rows([row_of_candidate(each, n) for n, each in enumerate(many_candidates())])
    page.results.show_table("", from_hub=True)
    table = page.results.table
    digit = table.fontMetrics().horizontalAdvance("0")
    assert table.columnWidth(Column.MODEL) >= digit * 28
    page.model.set_rows([row_of_candidate(make_candidate("a/b"), 0)])
    table.fit_columns()
    assert table.columnWidth(Column.MODEL) >= digit * 21


def test_that_a_short_window_shows_fewer_downloads(page, hub, qtbot):
    hub.faults.slow(200_000, origin="cdn")
    feed = page.bench.services.downloads
    feed.add([key_of(hub), key_of(hub, RESEARCH)], TASK)
    panel = DownloadsPanel(page.bench.services)
    qtbot.addWidget(panel)
    heights = []
    for height in (500, 900):
        panel.resize(720, height)
        panel.refresh()
        heights.append(panel.minimumSizeHint().height())
    assert heights[1] - heights[0] >= panel.rows[key_of(hub)].sizeHint().height() / 2
    feed.cancel(*[item.key for item in feed.items])
    settled(page.bench, qtbot)


def test_that_a_lost_connection_is_said_in_the_row_until_it_is_back(page, hub, qtbot):
    search(page, qtbot)
    lost = hub.faults.drop_after(0, origin="cdn")
    wanted = key_of(hub)
    page.model.tick({wanted})
    page.footer.primary.click()
    row = page.footer.rows[f"{wanted}#torch-fp32"]
    said = "Nothing comes. Reconnecting in "
    qtbot.waitUntil(lambda: row.detail.startswith(said), timeout=20_000)
    assert " kB of 630 kB" in row.detail
    assert lost.strikes
    hub.faults.clear()
    settled(page.bench, qtbot)
    assert page.banner.text == "1 model is ready to try."


def test_that_a_model_that_is_gone_says_so_and_may_be_tried_again(page, hub, qtbot):
    search(page, qtbot)
    hub.faults.answer_status(404, path=f"^/api/models/{BANKING}/revision/")
    wanted = key_of(hub)
    page.model.tick({wanted})
    page.footer.primary.click()
    settled(page.bench, qtbot)
    row = page.footer.rows[f"{wanted}#torch-fp32"]
    assert BANKING in page.banner.text
    assert row.toggle.text() == "Try again"
    assert BANKING in row.detail
    row.button.click()
    assert page.footer.rows == {}


def test_that_other_contestants_make_an_old_evaluation_void(page, desk, qtbot):
    sample = desk.sample()
    old = replace(
        page.bench.services.project, refs=sample.refs, evaluation={"n": 1}, decision_file="x"
    )
    page.bench.change(old)
    page.model.tick({sample.refs[0]})
    page.footer.primary.click()
    project = page.bench.services.project
    assert project.refs == (f"{sample.refs[0]}#torch-fp32",)
    assert project.evaluation is None
    assert project.decision_file is None


def test_that_space_ticks_the_row_whichever_cell_has_the_cursor(page, qtbot):
    search(page, qtbot)
    table = page.results.table
    table.setCurrentIndex(page.model.index(0, 3))
    QTest.keyClick(table, Qt.Key.Key_Space)
    assert [row.key for row in page.model.ticked] == [page.model.rows[0].key]


def test_that_details_give_reasons_and_risks_of_the_row_with_the_cursor(page, qtbot):
    search(page, qtbot)
    row = next(i for i, x in enumerate(page.model.rows) if x.repo == RESEARCH)
    page.results.table.selectRow(row)
    told = texts(page.results.details.widget())
    assert "Licence cc-by-nc-4.0: not for commercial use" in told
    shown = page.model.rows[row]
    assert shown.reasons
    assert {Wording("en").text(x.code, **x.facts) for x in shown.reasons} <= set(told)


def test_that_details_show_what_a_model_takes_and_what_would_make_it_fit(qtbot, look):
    candidate, explained = found(BERT, 109 * M, WEIGHTS, CLASSIFY, here(16 * G, 300 * M))
    details = CandidateDetails(look, Wording("en"))
    qtbot.addWidget(details)
    card = card_of(candidate, None, here(16 * G, 300 * M), None, CLASSIFY)
    assert card.explained == explained
    details.show_row(row_of_candidate(candidate, 0), card)
    told = texts(details.widget())
    assert "What would make it fit" in told
    assert any(line.endswith("more free memory: close other programs") for line in told)
    (chart,) = details.widget().findChildren(PartsChart)
    assert "the weights" in chart.accessibleDescription()
    assert "300 MB free now" in chart.accessibleDescription()


def test_that_details_fall_back_to_the_code_of_a_reason_from_a_newer_version(qtbot, look):
    details = CandidateDetails(look, Wording("en"))
    qtbot.addWidget(details)
    made = replace(many_candidates()[2], reasons=(Reason("reason.unheard_of"),))
    details.show_row(row_of_candidate(made, 0))
    told = texts(details.widget())
    assert "Licence cc-by-nc-4.0: not for commercial use" in told
    assert "reason.unheard_of" in told


def test_that_text_from_the_hub_is_never_read_as_html(qtbot, look):
    details = CandidateDetails(look, Wording("en"))
    qtbot.addWidget(details)
    made = replace(many_candidates()[0], repo="x/<b>bold</b>")
    details.show_row(row_of_candidate(made, 0))
    labels = details.widget().findChildren(QLabel)
    assert any("<b>bold" in label.text() for label in labels)
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
