"""The library dialog on the real desk, with models that Petit and others have downloaded."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox

from selector.hub.shelf import Entry
from selector.hub.stored_forms import StoredForm
from selector.paths import hub_cache
from selector.settings import load_settings
from selector.wording import Wording
from tests.made_forms import make_form
from tests.ui.served_models import BANKING
from tests.ui.test_candidates_page import settled
from ui.dialogs.library_dialog import LibraryDialog
from ui.dialogs.settings_dialog import SettingsDialog
from ui.models.library_model import Column, LibraryModel

SMALL = "bank/intents-small"


@pytest.fixture
def disk(desk, hub):
    """One model of Petit's, one of another program's, an unfinished file of each."""
    from huggingface_hub import snapshot_download

    desk.pull([BANKING], "text-classification", lambda _: None)
    snapshot_download(SMALL, endpoint=hub.endpoint, cache_dir=hub_cache(), token=False)
    foreign = (
        hub_cache() / "models--bank--intents-small" / "blobs" / f"{'c' * 64}.12345678.incomplete"
    )
    foreign.write_bytes(b"x" * 7000)
    ours = desk.locations.downloads / f"{'a' * 64}.part"
    ours.write_bytes(b"x" * 9000)
    return foreign, ours


@pytest.fixture
def dialog(make_bench, disk, qtbot):
    bench = make_bench()
    made = LibraryDialog(bench.services)
    qtbot.addWidget(made)
    made.show()
    settled(bench, qtbot)
    made.bench = bench
    return made


def answer(words):
    """Press this button of the next question, or Escape; gives what the question said."""
    said = []

    def press():
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            QTimer.singleShot(20, press)
            return
        said.append(box.informativeText())
        buttons = [x for x in box.buttons() if x.text() == words]
        if buttons:
            buttons[0].click()
        else:
            QTest.keyClick(box, Qt.Key.Key_Escape)

    QTimer.singleShot(20, press)
    return said


def cells(dialog, column):
    return [dialog.model.cell(entry, column) for entry in dialog.model.entries]


def select(dialog, repo):
    row = next(i for i, entry in enumerate(dialog.model.entries) if entry.repo == repo)
    dialog.table.selectRow(row)


def test_that_models_of_others_are_listed_with_who_brought_them(dialog):
    shown = dict(
        zip((e.repo for e in dialog.model.entries), cells(dialog, Column.FROM), strict=True)
    )
    assert shown == {BANKING: "Petit", SMALL: "Other programs"}
    assert dialog.total.text().startswith("2 models")
    assert set(cells(dialog, Column.FORMATS)) == {"safetensors fp32"}


def test_that_every_file_is_checked_and_a_damaged_one_is_named(dialog, qtbot):
    select(dialog, SMALL)
    weights = hub_cache() / "models--bank--intents-small" / "blobs"
    largest = max(weights.iterdir(), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[-1] ^= 255
    largest.write_bytes(content)
    dialog.verify_all.click()
    assert not dialog.remove_button.isEnabled()
    settled(dialog.bench, qtbot)
    assert "intents-small" in dialog.banner.text
    assert BANKING.partition("/")[2] not in dialog.banner.text
    assert dict(
        zip((e.repo for e in dialog.model.entries), cells(dialog, Column.CHECKED), strict=True)
    ) == {
        BANKING: "Right",
        SMALL: "Damaged",
    }


def test_that_a_model_of_another_program_is_removed_only_with_its_files_in_view(dialog, qtbot):
    select(dialog, SMALL)
    asked = answer(None)
    dialog.remove_button.click()
    settled(dialog.bench, qtbot)
    assert "Petit did not download" in asked[0]
    assert "model.safetensors" in asked[0] or "config.json" in asked[0]
    assert len(dialog.model.entries) == 2


def test_that_removing_says_what_it_freed_and_leaves_what_others_are_downloading(
    dialog, disk, qtbot
):
    for repo in (SMALL, BANKING):
        select(dialog, repo)
        answer("Remove")
        dialog.remove_button.click()
        settled(dialog.bench, qtbot)
        assert "freed" in dialog.banner.text
    assert dialog.model.entries == []
    assert disk[0].exists()
    assert not (hub_cache() / "models--bank--intents-nano").exists()


def test_that_a_form_petit_made_is_listed_with_its_worth_and_goes_alone(dialog, qtbot):
    folder = make_form(dialog.bench.services.desk.locations.made, BANKING, fp32=1.0, int8=0.975)
    dialog.refresh()
    settled(dialog.bench, qtbot)
    made = [e for e in dialog.model.entries if e.ref == f"{BANKING}#onnx-int8"]
    cell = {column: dialog.model.cell(made[0], column) for column in Column}
    assert cell[Column.SIZE] == cell[Column.FREES] == dialog.bench.services.wording.bytes(40_000)
    assert cell[Column.CHECKED] == "97.5% equal"
    assert cell[Column.FROM] == "Made by Petit"
    dialog.table.selectRow(dialog.model.entries.index(made[0]))
    assert not dialog.verify_one.isEnabled()
    asked = answer("Remove")
    dialog.remove_button.click()
    settled(dialog.bench, qtbot)
    assert "made anew" in asked[0]
    assert sorted(path.name for path in folder.iterdir()) == ["made.json", "model.onnx"]
    left = [entry.ref.partition("#")[2] for entry in dialog.model.entries]
    assert sorted(left) == ["", "", "onnx-fp32"]


def test_that_unfinished_files_of_others_are_asked_about_and_ours_are_not(dialog, disk, qtbot):
    foreign, ours = disk
    dialog.leftovers.button(foreign=False).click()
    settled(dialog.bench, qtbot)
    assert not ours.exists()
    answer(None)
    dialog.leftovers.button(foreign=True).click()
    settled(dialog.bench, qtbot)
    assert foreign.exists()
    answer("Delete them")
    dialog.leftovers.button(foreign=True).click()
    settled(dialog.bench, qtbot)
    assert not foreign.exists()
    assert not dialog.leftovers.isVisibleTo(dialog)


def test_that_many_forms_are_named_in_a_tip_and_counted_in_the_cell():
    forms = (
        StoredForm("safetensors", "stored", 4000),
        StoredForm("gguf", "q4_k_m", 1000),
        StoredForm("gguf", "q8_0", 2000),
        StoredForm("onnx", "int8", 900),
    )
    entry = Entry(
        "org/m", "a" * 40, (), "/m", 8000, 8000, 9, ("safetensors",), 1.0, True, (), variants=forms
    )
    model = LibraryModel(Wording("en"))
    model.set_entries([entry, replace(entry, variants=())])
    assert model.cell(entry, Column.FORMATS) == "safetensors, gguf q4_k_m, +2"
    assert model.cell(model.entries[1], Column.FORMATS) == "safetensors"
    tip = model.data(model.index(0, Column.FORMATS), Qt.ItemDataRole.ToolTipRole)
    assert "onnx int8: 900" in tip
    assert "gguf q8_0: 2" in tip


def test_that_columns_sort_by_what_they_mean(dialog):
    dialog.model.sort(Column.SIZE, Qt.SortOrder.DescendingOrder)
    sizes = [entry.bytes for entry in dialog.model.entries]
    assert sizes == sorted(sizes, reverse=True)


# -- settings -----------------------------------------------------------------------------------------
@pytest.fixture
def settings(make_bench, desk, qtbot, tmp_path, monkeypatch):
    monkeypatch.delenv("HF_ENDPOINT")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.hub.file_keyring.FileKeyring")
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "ring.json"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    bench = make_bench()
    made = SettingsDialog(bench.services, desk.locations)
    qtbot.addWidget(made)
    made.bench, made.told = bench, []

    def kept(chosen):
        made.told.append(chosen)
        bench.services.settings = desk.settings = chosen

    made.hub.changed.connect(kept)
    made.show()
    settled(bench, qtbot)
    return made


def test_that_an_address_is_kept_only_when_it_is_one(settings):
    hub = settings.hub
    hub.address.setText("not an address")
    hub.address.editingFinished.emit()
    assert hub.problem.isVisibleTo(settings)
    assert settings.told == []
    hub.address.setText("https://mirror.example")
    hub.proxy.setText("http://proxy.example:3128")
    hub.proxy.editingFinished.emit()
    assert not hub.problem.isVisibleTo(settings)
    assert settings.told[-1].hub_address == "https://mirror.example"
    assert settings.told[-1].hub_proxy == "http://proxy.example:3128"


def test_that_the_token_is_hidden_kept_in_the_keyring_and_forgotten(
    settings, desk, qtbot, tmp_path
):
    hub = settings.hub
    assert hub.token.echoMode() == QLineEdit.EchoMode.Password
    assert not hub.forget.isVisibleTo(settings)
    hub.token.setText("hf_secret_of_the_test")
    hub.keep.click()
    assert hub.token.text() == ""
    settled(settings.bench, qtbot)
    assert "keyring" in hub.state.text()
    assert list(json.loads((tmp_path / "ring.json").read_text()).values()) == [
        "hf_secret_of_the_test"
    ]
    assert load_settings(desk.locations.settings).keyring_for == "https://huggingface.co"
    hub.forget.click()
    settled(settings.bench, qtbot)
    assert json.loads((tmp_path / "ring.json").read_text()) == {}
    assert not hub.forget.isVisibleTo(settings)
