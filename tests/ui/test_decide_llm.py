# SPDX-License-Identifier: Apache-2.0
"""Comparing with an LLM in the window: the card, the form, consent, the settings; with a server on loopback."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox

from selector.engines.endpoint.config import Endpoint
from selector.engines.endpoint.prices import OwnPrice, TokenPrice
from selector.engines.endpoint.prompts import Prompt
from selector.store.database import Database
from selector.store.measurements import remember_measurement
from selector.store.projects import Project
from tests.loopback_llm import LoopbackLlm
from tests.ui.measured_before import LABELS, N, measured_before
from tests.ui.prepared import TASK
from tests.ui.test_decide_page import open_page, settled
from tests.ui.test_pages_look import accessible_name, clipped
from ui.dialogs.endpoints_dialog import EndpointsDialog
from ui.dialogs.settings_dialog import SettingsDialog


def right(body):
    """The right category, but for the first six messages."""
    number = int(body["messages"][-1]["content"].split("message number ")[1].split()[0])
    return json.dumps({"label": LABELS[(number + (number < 6)) % 3]})


@pytest.fixture
def llm():
    with LoopbackLlm(right) as server:
        yield server


@pytest.fixture
def job(desk, llm, tmp_path) -> Project:
    desk.keep_endpoint(Endpoint("big", llm.address, "model-1"))
    made = measured_before(desk, tmp_path)
    single = {"latency_s": {"median": 0.005, "p95": 0.009, "n": 60}, "joules": None}
    with Database(desk.locations.database) as store:
        for contestant in desk.contestants(made.refs, TASK):
            remember_measurement(store, contestant.ref, f"{TASK}: one by one", single)
    return made


@pytest.fixture
def page(make_bench, qtbot, job):
    made = open_page(make_bench(job), qtbot)
    made.bench = made._services
    made.measure()
    settle(made, qtbot)
    return made


def settle(page, qtbot):
    qtbot.waitUntil(lambda: not page._services.background.busy, timeout=60_000)
    qtbot.wait(50)


def form(page, qtbot):
    page.results.llm.compare.click()
    settle(page, qtbot)
    return page.llm.dialog


def compared(page, qtbot):
    dialog = form(page, qtbot)
    dialog.send.click()
    settle(page, qtbot)
    return page.results.llm


def test_the_offer_stands_below_every_evaluation(page):
    card = page.results.llm
    assert card.compare.isVisibleTo(page)
    assert "LLM" in card.compare.text()
    assert not card.leave.isVisibleTo(page)
    assert card.said() == []


def test_the_form_says_what_would_go_where_and_sends_nothing(page, qtbot, llm):
    dialog = form(page, qtbot)
    said = dialog.facts.text().replace("\u200b", "")
    assert llm.address.split("/")[2] in said
    assert f"{N} texts" in said
    assert "3 categories: close, lost, rate" in said
    assert "you gave no price" in said
    assert str(N) in dialog.send.text()
    dialog.first.click()
    assert "message number 0" in dialog.preview.toPlainText()
    dialog.reject()
    settle(page, qtbot)
    assert llm.requests == []


def test_a_price_shows_in_the_form(page, qtbot, desk):
    desk.set_price("big", TokenPrice(1.0, 2.0, "EUR", "2026-11-01", "their page"))
    assert "EUR" in form(page, qtbot).facts.text()


def test_return_does_not_send(page, qtbot, llm):
    dialog = form(page, qtbot)
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    settle(page, qtbot)
    assert page.llm.dialog is None
    assert llm.requests == []


def test_after_consent_the_card_answers_the_question(page, qtbot, llm, desk):
    refs = page._services.project.refs
    desk.set_price("big", TokenPrice(1.0, 2.0, "EUR", "2026-11-01", "their page"))
    card = compared(page, qtbot)
    assert not page.banner.isVisibleTo(page), page.banner.text
    assert len(llm.requests) == N
    assert page._services.project.refs == refs  # it is no model that other pages could load
    assert card.heading.text() == "You do not need big for this job"
    said = " ".join(card.said())
    assert "0.11 EUR".replace(" ", "\u00a0") in said
    assert "5 ms" in said.replace("\u00a0", " ")
    assert "unknown" in said  # the energy: nobody said what this computer draws
    assert page.results.scores.rowCount() == 4


def test_a_new_price_shows_without_measuring_again(page, qtbot, llm, desk):
    card = compared(page, qtbot)
    assert "100\u00a0EUR" not in " ".join(card.said())
    card.prices.click()
    dialog = page.llm.dialog
    for field, value in ((dialog.form.input, "1000"), (dialog.form.output, "0")):
        field.setText(value)
    dialog.form.currency.setText("EUR")
    dialog.form.source.setText("contract")
    dialog.save.click()
    settle(page, qtbot)
    dialog.reject()
    assert "100\u00a0EUR" in " ".join(card.said())
    assert len(llm.requests) == N


def test_another_margin_asks_the_llm_nothing_again(page, qtbot, llm):
    compared(page, qtbot)
    page._take_margin(0.1)
    settle(page, qtbot)
    assert len(llm.requests) == N
    assert page._evaluation.need_llm[0].margin == 0.1


def test_other_words_are_shown_before_they_are_sent(page, qtbot, llm, desk):
    compared(page, qtbot)
    desk.set_prompt(TASK, Prompt("", "{labels} for: {input}", own=True))
    page.measure()
    settle(page, qtbot)
    assert page.llm.dialog is not None
    assert len(llm.requests) == N
    assert page.llm.dialog.send.isEnabled()


def test_the_words_can_be_changed_in_the_form(page, qtbot, llm, desk):
    dialog = form(page, qtbot)
    dialog.user.setPlainText("Just {input}")
    assert not dialog.send.isEnabled()
    qtbot.waitUntil(lambda: dialog.problem.isVisibleTo(dialog), timeout=5000)
    assert "{labels}" in dialog.problem.text()
    assert not dialog.send.isEnabled()
    dialog.user.setPlainText("{labels} or what? message: {input}")
    qtbot.waitUntil(dialog.send.isEnabled, timeout=5000)
    assert desk.prompt(TASK).own
    dialog.reset.click()
    settle(page, qtbot)
    assert not desk.prompt(TASK).own
    assert "Categories" in dialog.user.toPlainText()


def test_leaving_it_out_brings_the_offer_back(page, qtbot):
    card = compared(page, qtbot)
    card.leave.click()
    settle(page, qtbot)
    assert page._evaluation.need_llm == ()
    assert card.said() == []
    assert "llm" not in page._services.project.extra


def test_without_an_endpoint_the_form_leads_to_the_settings(page, qtbot, desk):
    desk.remove_endpoint("big")
    dialog = form(page, qtbot)
    assert not dialog.send.isEnabled()
    assert dialog.set_up.isEnabled()


def test_a_task_that_a_chat_cannot_do_says_so(make_bench, qtbot, job):
    bench = make_bench(replace(job, task="feature-extraction"))
    page = open_page(bench, qtbot)
    assert not page.results.llm.compare.isVisibleTo(page.results)


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_nothing_is_clipped_and_every_field_has_a_name(
    make_bench, qtbot, job, desk, language, scale
):
    desk.set_price("big", TokenPrice(1.0, 2.0, "EUR", "2026-11-01", "their page"))
    desk.set_own_price(OwnPrice(20, 0.25, 500, "EUR"))
    bench = make_bench(job, language, "dark", scale)
    page = open_page(bench, qtbot, (960 * scale, 900 * scale))
    page.measure()
    settle(page, qtbot)
    compared(page, qtbot)
    assert clipped(page.results.llm) == []
    dialog = form(page, qtbot)
    dialog.first.click()
    qtbot.wait(50)
    assert clipped(dialog) == []
    dialog.reject()
    page.results.llm.prices.click()
    qtbot.wait(50)
    settings = page.llm.dialog
    assert clipped(settings) == []
    fields = settings.findChildren(QLineEdit)
    assert [
        x for x in fields if not accessible_name(x) and not x.objectName().startswith("qt_")
    ] == []


# -- settings -----------------------------------------------------------------------------------------


@pytest.fixture
def settings(make_bench, qtbot):
    bench = make_bench()
    made = EndpointsDialog(bench.services)
    qtbot.addWidget(made)
    made.show()
    made.bench = bench
    return made


def test_an_endpoint_is_set_up_and_comes_back(settings, qtbot, desk):
    form = settings.form
    form.name.setText("big")
    form.address.setText("https://api.example.com")
    form.model.setText("model-1")
    form.input.setText("0,5")
    form.output.setText("1.5")
    form.currency.setText("USD")
    form.source.setText("their page")
    settings.save.click()
    settled(settings.bench, qtbot)
    assert settings.state.text() == "Kept."
    assert desk.endpoint("big").address == "https://api.example.com/v1"
    price = desk.prices().endpoints["big"]
    assert (price.input, price.output) == (0.5, 1.5)
    assert price.date
    assert settings.form.name.isReadOnly()


@pytest.mark.parametrize(
    ("field", "value"), [("address", "not an address"), ("name", "a b"), ("input", "cheap")]
)
def test_what_cannot_be_kept_says_why(settings, qtbot, desk, field, value):
    values = {"name": "big", "address": "https://x.org", "model": "m", field: value}
    for name, text in values.items():
        getattr(settings.form, name).setText(text)
    settings.save.click()
    settled(settings.bench, qtbot)
    assert settings.state.property("role") == "bad"
    assert value in settings.state.text()
    assert desk.endpoints() == ()


def test_a_key_is_hidden_while_typed_and_gone_once_kept(settings, qtbot, desk, monkeypatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    form = settings.form
    form.name.setText("big")
    form.address.setText("https://x.org")
    form.model.setText("m")
    form.place.setCurrentIndex(form.place.findData("keyring"))
    form.key.setText("the-secret-key")
    assert form.key.echoMode() == QLineEdit.EchoMode.Password
    settings.save.click()
    settled(settings.bench, qtbot)
    assert form.key.text() == ""
    assert "keyring" in settings.state.text()  # there is none here, and no file instead
    assert desk.endpoints() == ()


def test_what_this_computer_costs_is_kept(settings, desk):
    settings.own.fields["watts"].setText("20")
    settings.own.fields["kwh"].setText("0,25")
    settings.save_own.click()
    assert settings.own_state.property("role") == "bad"  # a price needs a currency
    settings.own.fields["currency"].setText("EUR")
    settings.save_own.click()
    own = desk.prices().own
    assert (own.watts, own.kwh, own.fixed) == (20, 0.25, None)


@pytest.mark.parametrize("button", ["Remove", "Keep it"])
def test_removing_asks_first(make_bench, qtbot, desk, button):
    desk.keep_endpoint(Endpoint("big", "https://x.org/v1", "m"))
    bench = make_bench()
    dialog = EndpointsDialog(bench.services)
    qtbot.addWidget(dialog)
    dialog.show()

    def press():
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            QTimer.singleShot(20, press)
            return
        next(x for x in box.buttons() if x.text() == button).click()

    QTimer.singleShot(20, press)
    dialog.remove.click()
    settled(bench, qtbot)
    assert bool(desk.endpoints()) == (button == "Keep it")


def test_the_settings_lead_to_the_endpoints(make_bench, qtbot, desk):
    bench = make_bench()
    made = SettingsDialog(bench.services, desk.locations)
    qtbot.addWidget(made)
    made.show()
    made.endpoints.click()
    assert made.findChild(EndpointsDialog) is not None
    settled(bench, qtbot)
