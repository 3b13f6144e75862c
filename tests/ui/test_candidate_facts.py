"""The card, the forms, the order and the comparison, in a real page."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from selector.desk.sample import sample_models
from selector.hub.candidate import SearchResult
from selector.hub.preflight import Answer
from selector.hub.score import Weights
from selector.hub.why import why_text
from selector.settings import Settings, load_settings, save_settings
from selector.store.database import Database
from selector.store.link_speed import remember_link_speed
from selector.store.projects import Project
from selector.wording import Wording
from tests.ui import served_forms
from tests.ui.listed_models import listed
from tests.ui.made_candidates import SHA, many_candidates
from tests.ui.prepared import TASK
from tests.ui.served_forms import bert, family, keep_built, names_of, weights
from tests.ui.served_models import BANKING, RESEARCH
from tests.ui.test_candidates_page import key_of, open_page, search, settled
from ui.models.candidate_row import in_form, row_of_candidate
from ui.pages import candidate_checks
from ui.pages.candidate_checks import deepened
from ui.pages.candidates_filters import Filters
from ui.pages.candidates_loading import same_choice
from ui.widgets.plain import breakable
from ui.widgets.preflight_card import MARKS, PreflightCard

L6 = f"acme/mail-sorter-L6@{SHA}"
L12 = f"acme/mail-sorter-L12@{SHA}"


def shows(page, result: SearchResult) -> None:
    """The page with this answer to a search, which nobody was asked for."""
    page._found((result, [], Filters()))


@pytest.fixture
def page(make_bench, desk, hub, qtbot, monkeypatch):
    """Candidates made from answers of a Hub; the Hub on loopback is there, and is not asked."""
    monkeypatch.setattr(candidate_checks, "PAUSE_MS", 30)
    desk.offline = True
    bench = make_bench(Project(id=1, task=TASK))
    made = open_page(bench, qtbot)
    made.bench, made.found = bench, listed()
    shows(made, SearchResult("hub", 5, {"removed.other_form": 1}, made.found))
    return made


@pytest.fixture
def searched(make_bench, hub, qtbot, monkeypatch):
    """What a real search of the Hub on loopback gives, with the cursor on no row yet."""
    bench = make_bench(Project(id=1, task=TASK))
    made = open_page(bench, qtbot)
    made.bench = bench
    search(made, qtbot, "intents")
    hub.clear_requests()
    return made


def texts(widget) -> list[str]:
    return [label.text().replace("\u200b", "") for label in widget.findChildren(QLabel)]


def rest_on(page, repo) -> None:
    place = next(n for n, row in enumerate(page.model.rows) if row.repo == repo)
    page.results.table.selectRow(place)


def looked_at(hub) -> list[str]:
    """The models whose own page was asked for."""
    asked = hub.requests_to(path="/api/models/", origin="api")
    return [r.path.removeprefix("/api/models/").split("/revision/")[0] for r in asked]


@pytest.mark.timeout(120)
def test_that_the_card_answers_before_anything_is_asked_and_more_after(
    searched, desk, hub, places, qtbot
):
    with Database(places.database) as database:
        remember_link_speed(database, 20_000.0)
    held = hub.faults.hang(3, path=f"/api/models/{BANKING}/revision")
    rest_on(searched, BANKING)
    card = searched.results.details.card
    assert any(line.startswith("Loads here? Unknown") for line in texts(card))
    assert card.note.text() == "Being checked…"
    qtbot.waitUntil(lambda: held.strikes == 1, timeout=20_000)
    qtbot.waitUntil(
        lambda: "Loads here? Yes" in texts(searched.results.details.card), timeout=90_000
    )
    shown = texts(searched.results.details.card)
    assert any("284\u00a0k parameters" in line for line in shown)
    assert any(line.startswith("How long? About 3") for line in shown)


def test_that_only_the_row_where_the_cursor_rests_is_asked_for_and_once(
    searched, hub, places, qtbot
):
    config = json.loads(
        (sample_models() / "petit-sample/bank-messages-nano/config.json").read_text()
    )
    with Database(places.database) as database:
        keep_built(database, config, 284_000)
    for repo in (BANKING, RESEARCH, "bank/intents-small", RESEARCH):
        rest_on(searched, repo)
    qtbot.waitUntil(lambda: RESEARCH in looked_at(hub), timeout=20_000)
    settled(searched.bench, qtbot)
    assert looked_at(hub) == [RESEARCH]
    rest_on(searched, BANKING)
    qtbot.waitUntil(lambda: BANKING in looked_at(hub), timeout=20_000)
    settled(searched.bench, qtbot)
    rest_on(searched, RESEARCH)
    assert searched.results.details.card.note.text() == ""
    assert "Loads here? Yes" in texts(searched.results.details.card)
    qtbot.wait(100)
    assert looked_at(hub) == [RESEARCH, BANKING]


def test_that_offline_and_for_models_on_the_disk_nothing_is_asked(page, desk, hub, qtbot):
    page.results.table.selectRow(1)
    assert "Offline" in page.results.details.card.note.text()
    desk.offline = False
    here = replace(page.found[0], on_disk=True)
    shows(page, SearchResult("hub", 1, {}, (here,)))
    page.results.table.selectRow(0)
    qtbot.wait(200)
    settled(page.bench, qtbot)
    assert hub.requests == []


def test_that_a_hub_that_cannot_be_asked_is_said_in_the_card(page, desk, qtbot, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    desk.offline = False
    page.results.table.selectRow(1)
    qtbot.waitUntil(
        lambda: "could not be asked" in page.results.details.card.note.text(), timeout=20_000
    )
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


def test_that_the_chosen_form_is_what_is_downloaded_and_kept(searched, hub, qtbot):
    page, key = searched, key_of(hub)
    rest_on(page, BANKING)
    details = page.results.details
    place = next(n for n in range(details.forms.count()) if "bf16" in details.forms.itemText(n))
    details.forms.setFocus()
    details.forms.setCurrentIndex(place)
    details.forms.activated.emit(place)
    row = next(row for row in page.model.rows if row.repo == BANKING)
    assert row.ref == f"{key}#torch-bf16"
    assert page.results.details.forms.currentText().startswith("torch · bf16")
    page.model.tick({key})
    page.footer.primary.click()
    qtbot.waitUntil(lambda: bool(page.bench.services.project.refs), timeout=30_000)
    settled(page.bench, qtbot)
    assert page.bench.services.project.refs == (f"{key}#torch-bf16",)
    assert next(row for row in page.model.rows if row.repo == BANKING).on_disk
    assert page.footer.primary.text() == "Try 1 model"


def test_that_naming_no_form_means_the_one_that_petit_picks():
    first, second = (row_of_candidate(candidate, n) for n, candidate in enumerate(listed()[:2]))
    assert (first.key, second.key) == (L6, L12)
    assert same_choice([L6], [first])
    assert same_choice([f"{L6}#torch-fp32", L12], [second, first])
    assert not same_choice([f"{L6}#torch-bf16"], [first])
    assert not same_choice([L6], [first, second])
    half = next(v for v in first.candidate.variants if v.precision == "bf16")
    assert not same_choice([L6], [in_form(first, half)])
    assert same_choice([f"{L6}#torch-bf16"], [in_form(first, half)])


def test_that_a_closer_look_keeps_the_form_the_order_and_the_siblings(page):
    listed_one = page.found[0]
    alone = replace(
        listed_one, score=0.0, why=(), variants=tuple(v for v in listed_one.variants if v.repo == listed_one.repo)
    )  # fmt: skip
    found = deepened(listed_one, alone)
    assert (found.score, found.why, found.ref) == (listed_one.score, listed_one.why, listed_one.ref)
    assert {v.repo for v in found.variants} == {v.repo for v in listed_one.variants}


def test_that_a_look_at_a_form_of_another_repository_tells_its_bytes(page):
    listed_one = page.found[0]
    siblings = [v for v in listed_one.variants if v.repo != listed_one.repo]
    assert siblings
    chosen = next((v for v in siblings if v.usable), replace(siblings[0], engine="llama"))
    others = [v for v in listed_one.variants if v.ref != chosen.ref]
    listed_one = replace(listed_one, variants=(replace(chosen, download_bytes=None), *others))
    listed_one = replace(listed_one, download_bytes=None)
    looked = replace(
        listed_one, repo=chosen.repo, why=(), variants=(replace(chosen, download_bytes=1234),)
    )
    found = deepened(listed_one, looked)
    assert (found.repo, found.why) == (listed_one.repo, listed_one.why)
    assert (found.ref, found.download_bytes) == (listed_one.ref, 1234)
    assert len(found.variants) == len(listed_one.variants)


# -- a family of repositories, as the Hub serves them -------------------------------------------------


@pytest.fixture
def family_page(make_bench, hub, places, tmp_path, qtbot, monkeypatch):
    """A real search of a family; what came of building its models is known from earlier."""
    monkeypatch.setattr(candidate_checks, "PAUSE_MS", 30)
    with Database(places.database) as database:
        for layers, built in ((2, 10_000), (6, weights(6)), (12, 80_000)):
            keep_built(database, bert(layers), built)
        keep_built(database, names_of(bert(3)), 109_000_000)  # all that a gated one shows
    repositories = family(tmp_path)
    for each in repositories:
        hub.publish(each)
    bench = make_bench(Project(id=1, task=TASK))
    made = open_page(bench, qtbot)
    made.bench = bench
    search(made, qtbot, "mail-sorter")
    yield made
    for each in repositories:
        hub.withdraw(each.id)


def looked_closely(page, qtbot, repo) -> str:
    """Everything that the details say of a model once the Hub has told of it."""
    rest_on(page, repo)
    checking = Wording("en").text("preflight.checking")
    qtbot.waitUntil(lambda: page.results.details.card.note.text() != checking, timeout=20_000)
    settled(page.bench, qtbot)
    return "\n".join(texts(page.results.details))


def test_that_a_family_is_listed_with_its_forms_and_what_is_hidden(family_page, qtbot):
    page = family_page
    assert {row.repo for row in page.model.rows} == {
        served_forms.L6,
        served_forms.L12,
        served_forms.GATED,
    }
    hidden = page.results.hidden
    assert hidden.text == Wording("en").text("candidates.hidden_sum", n=2)
    assert set(hidden.pills) == {"other_form", "pickle_only"}
    looked_closely(page, qtbot, served_forms.L6)
    row = next(row for row in page.model.rows if row.repo == served_forms.L6)
    forms = {(v.repo, v.format, v.precision) for v in row.candidate.variants}
    assert forms >= {
        (served_forms.L6, "safetensors", "fp32"),
        (served_forms.L6, "onnx", "int8"),
        (served_forms.GGUF, "gguf", "q4_k_m"),
    }
    pickle = next(v for v in row.candidate.variants if v.format == "pickle")
    assert not pickle.usable
    assert "Pickle files can contain any program" in "\n".join(texts(page.results.details))


def test_that_terms_and_an_unsafe_pickle_are_said_in_the_card(family_page, hub, qtbot):
    page = family_page
    said = looked_closely(page, qtbot, served_forms.GATED)
    assert "Loads here? Yes" in said
    assert "its own configuration cannot be read yet" in said
    assert "Allowed? Unknown" in said
    assert f"Ask the authors for access first: {hub.endpoint}/{served_forms.GATED}" in said
    assert "https://example.org/terms" in said
    page.results.hidden.pills["pickle_only"].click()
    settled(page.bench, qtbot)
    said = looked_closely(page, qtbot, served_forms.UNSAFE)
    assert "Loads here? No" in said
    assert "Safe? No" in said


def test_that_a_closer_look_says_why_anew_and_the_next_search_knows_it(family_page, hub, qtbot):
    page = family_page

    def why(repo) -> str:
        row = next(row for row in page.model.rows if row.repo == repo)
        return why_text(row.candidate.why, Wording("en"))

    assert "half the size of mail-sorter-L12" in why(served_forms.L6)
    said = looked_closely(page, qtbot, served_forms.L12)
    assert "Loads here? With care" in said
    assert "hold 60\u00a0k parameters where its architecture" in said
    assert "half the size of mail-sorter-L12" in why(served_forms.L6), (
        "its own layers are not known"
    )
    said = looked_closely(page, qtbot, served_forms.L6)
    assert "half the layers of mail-sorter-L12 (6 instead of 12)" in said
    assert "12 layers where mail-sorter-L6 has 6" in why(served_forms.L12)
    assert page.results.details.row.repo == served_forms.L6
    search(page, qtbot, "mail-sorter-")
    assert "half the layers of mail-sorter-L12 (6 instead of 12)" in why(served_forms.L6)


# -- order ------------------------------------------------------------------------------------------


def test_that_weights_reorder_the_table_at_once_and_are_kept(page, desk, hub, qtbot, tmp_path):
    kept: list[Settings] = []
    page.bench.services.change_settings = kept.append
    before = [row.repo for row in page.model.rows]
    assert before[0] == "acme/mail-sorter-L6"
    page.order.show_order()
    dialog = page.order.dialog
    for name, box in dialog.boxes.items():
        box.setValue(100 if name == "adoption" else 0)
    qtbot.waitUntil(lambda: page.model.rows[0].repo.endswith("multilingual-v2"), timeout=2000)
    assert hub.requests == []
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


def in_front(page, qtbot):
    """Keys reach the window that is active, and becoming active takes the platform a moment."""
    page.window().activateWindow()
    qtbot.waitUntil(page.isActiveWindow)


def test_that_order_and_weights_can_be_reached_by_keyboard(page, qtbot):
    in_front(page, qtbot)
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
    in_front(page, qtbot)
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
    shows(page, SearchResult("hub", 1, {}, (replace(page.found[0], about=about),)))
    page.results.table.selectRow(0)
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
    shows(page, SearchResult("cache", 5, {}, many_candidates(), age_s=60, cause="hub.offline"))
    page.results.table.selectRow(0)
    assert page.results.details.row is not None
