# SPDX-License-Identifier: Apache-2.0
"""References, wording, settings, log, errors, store: what everything else rests on."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import string
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.error_codes import error_classes, error_from
from selector.errors import BadReference, StoreDamaged, StoreTooNew
from selector.log import redact
from selector.reference import Reference, parse_reference
from selector.settings import Settings, load_settings, save_settings
from selector.store.database import Database
from selector.store.outputs import known_outputs, remember_output
from selector.store.projects import Project, last_project, save_project
from selector.tasks.outputs import Labels, ScoredLabel
from selector.wording import LANGUAGES, Wording, catalogue

NAMES = st.text(string.ascii_letters + string.digits, min_size=1, max_size=20)


@given(
    NAMES,
    NAMES,
    st.none() | NAMES,
    st.none() | st.tuples(st.sampled_from(["torch", "onnx"]), st.none() | NAMES),
)
def test_a_reference_survives_writing_and_reading(
    org: str, name: str, revision: str | None, variant: tuple[str, str | None] | None
) -> None:
    engine, precision = variant or (None, None)
    reference = Reference(f"{org}/{name}", revision, engine, precision)
    assert parse_reference(str(reference)) == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        "../etc",
        "a/../b",
        "a/b/c",
        "a b",
        "a/b@",
        "a/b#",
        "a/b@x/../y",
        "-a/b",
        "a/b\n",
        "x" * 500,
        "a/b#ONNX",
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    if text == "a/b\n":  # surrounding space is forgiven
        assert parse_reference(text).repo == "a/b"
        return
    with pytest.raises(BadReference):
        parse_reference(text)


@given(st.text(max_size=60))
def test_any_text_is_a_reference_or_a_coded_error(text: str) -> None:
    with contextlib.suppress(BadReference):
        assert parse_reference(text).repo


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_has_a_sentence_and_a_hint(language: str) -> None:
    wording = Wording(language)
    for code in error_classes():
        message, hint = wording.error(code, {})
        assert message
        assert hint
        assert not message.startswith("error.")


def test_both_languages_say_the_same_things_with_the_same_facts() -> None:
    def placeholders(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    english, french = catalogue("en"), catalogue("fr")
    assert set(english) == set(french)
    different = [
        key
        for key in english
        if placeholders(english[key]) - {"n"}
        != placeholders(french[key]) - {"n"}  # "one row" needs no number
    ]
    assert different == []


def test_an_error_crosses_a_process_with_its_code_and_facts() -> None:
    again = error_from("download.disk", {"need_bytes": 5})
    assert type(again).code == "download.disk"
    assert again.facts == {"need_bytes": 5}


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (133e6, "133\u00a0MB", "133\u00a0Mo"),
        (999, "999\u00a0B", "999\u00a0o"),
        (1.25e9, "1.25\u00a0GB", "1,25\u00a0Go"),
    ],
)
def test_bytes_are_written_as_each_language_does(value: float, english: str, french: str) -> None:
    assert Wording("en").bytes(value) == english
    assert Wording("fr").bytes(value) == french


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_number_can_be_written(value: float) -> None:
    assert Wording("fr").number(value)


def test_a_missing_fact_never_hides_the_sentence() -> None:
    assert "…" in Wording("en").text("error.download.disk.message")


def test_tokens_and_the_home_folder_stay_out_of_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere/private")
    clean = redact("GET with Bearer abc.def-123 and hf_abcdefghijk in /somewhere/private/x")
    assert "abc.def" not in clean
    assert "hf_abc" not in clean
    assert "/somewhere/private" not in clean


def test_settings_of_a_wrong_type_keep_their_default(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"offline": "yes", "language": "fr", "unknown": 1}))
    assert load_settings(path) == Settings(language="fr")
    save_settings(path, Settings(theme="dark", offline=True))
    assert load_settings(path) == Settings(theme="dark", offline=True)
    path.write_text("[")
    assert load_settings(path) == Settings()


def test_the_project_reopens_where_it_was_left(tmp_path: Path) -> None:
    with Database(tmp_path / "petit.db") as database:
        first = Project(title="Mail", task="text-classification", inputs=("a", "b"), step=3)
        number = save_project(database, first)
    with Database(tmp_path / "petit.db") as database:
        again = last_project(database)
    assert again is not None
    assert (again.id, again.title, again.inputs, again.step) == (number, "Mail", ("a", "b"), 3)


def test_outputs_are_there_after_a_cut(tmp_path: Path) -> None:
    output = Labels((ScoredLabel("x", 1.0),))
    database = Database(tmp_path / "petit.db")
    remember_output(database, "d", "text-classification", "a/b@1#torch-fp32", 3, output, 0.5)
    with Database(tmp_path / "petit.db") as other:  # the first connection was never closed
        assert known_outputs(other, "d", "text-classification", "a/b@1#torch-fp32") == {
            3: (output, 0.5)
        }
    database.close()


def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "petit.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreTooNew):
        Database(path)


def test_what_is_no_database_is_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "petit.db"
    path.write_bytes(b"this is not a database, whatever its name says" * 50)
    with pytest.raises(StoreDamaged) as caught:
        Database(path)
    assert caught.tb is not None, "keeps alive whatever was left open"
    assert str(path) not in {file.path for file in psutil.Process().open_files()}
