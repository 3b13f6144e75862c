# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.decide import tables
from selector.decide.data import fold, read_examples
from selector.decide.label_names import match_labels
from selector.decide.predictions import read_predictions
from selector.errors import (
    DataColumns,
    DataEmpty,
    DataTooLarge,
    DataUnreadable,
    InputProblem,
)
from selector.tasks.outputs import Similarity


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def codes(examples: object) -> set[str]:
    return {x.code for x in examples.warnings}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'text,label\nhello,x\n"a, b",y\n'),
        ("a.csv", 'text;label\nhello;x\n"a, b";y\n'),
        ("a.csv", "label\ttext\nx\thello\ny\ta, b\n"),
        ("a.tsv", "text\tlabel\nhello\tx\na, b\ty\n"),
        ("a.csv", '\ufeffTexte,Étiquette\nhello,x\n"a, b",y\n'),
        ("a.csv", 'id,Message,Catégorie\n1,hello,x\n2,"a, b",y\n'),
        ("a.jsonl", '{"text": "hello", "label": "x"}\n\n{"label": "y", "text": "a, b"}\n'),
        ("a.json", '[{"text": "hello", "label": "x"}, {"label": "y", "text": "a, b"}]'),
        ("a.json", '{"data": [{"text": "hello", "label": "x"}, {"text": "a, b", "label": "y"}]}'),
        ("a.json", '{"text": "hello", "label": "x"}\n{"text": "a, b", "label": "y"}\n'),
        ("a", 'text,label\r\nhello,x\r\n"a, b",y\r\n'),
        ("a.csv", 'text,label\nhello,x\n"a, b",y\n'.encode("utf-16")),
    ],
)
def test_reads_every_layout(tmp_path: Path, name: str, content: str | bytes) -> None:
    path = write(tmp_path, name, content)
    examples = read_examples(path)
    assert examples.inputs == ("hello", "a, b")
    assert examples.labels == ("x", "y")
    assert examples.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert examples.name == name


def test_lines_are_inputs_only(tmp_path: Path) -> None:
    examples = read_examples(write(tmp_path, "a.txt", "one, two\r\n\r\nthree\tfour\n"))
    assert examples.inputs == ("one, two", "three\tfour")
    assert examples.labels is None
    assert examples.label_column is None


def test_a_json_array_of_texts_is_inputs_only(tmp_path: Path) -> None:
    assert read_examples(write(tmp_path, "a.json", '["a", "b"]')).inputs == ("a", "b")


def test_windows_text_is_read_with_a_warning(tmp_path: Path) -> None:
    examples = read_examples(
        write(tmp_path, "a.csv", "texte,label\nété – 5 €,x\n".encode("cp1252"))
    )
    assert examples.inputs == ("été – 5 €",)
    assert "warning.encoding" in codes(examples)
    assert read_examples(write(tmp_path, "b.txt", b"caf\xe9 \x81\n")).inputs == ("café \x81",)


def test_without_column_names_the_longest_texts_are_the_input(tmp_path: Path) -> None:
    rows = "".join(f"message number {i},{'good' if i % 2 else 'bad'}\n" for i in range(8))
    examples = read_examples(write(tmp_path, "a.csv", rows))
    assert len(examples.inputs) == 8
    assert set(examples.labels or ()) == {"good", "bad"}
    assert {"warning.no_header", "warning.columns_guessed"} <= codes(examples)


def test_pairs_are_joined_by_a_tab(tmp_path: Path) -> None:
    content = "sentence1,sentence2,score\nhe\tllo,world,0.5\nonly,,1\n"
    examples = read_examples(write(tmp_path, "a.csv", content))
    assert examples.inputs == ("he llo\tworld",)
    assert examples.labels == ("0.5",)
    assert examples.second_column == "sentence2"
    again = read_examples(tmp_path / "a.csv", "sentence1", "score")
    assert again.inputs == examples.inputs
    named = read_examples(write(tmp_path, "b.csv", "x,y,z\na,b,1\n"), "x", "z", "y")
    assert named.inputs == ("a\tb",)


def test_warns_of_what_makes_numbers_weak(tmp_path: Path) -> None:
    rows = [("same", "a"), ("same", "b"), ("", "a"), ("unlabelled", "")]
    rows += [(f"t{i}", "a") for i in range(60)]
    content = "text,label\n" + "".join(f"{x},{y}\n" for x, y in rows) + "too,many,cells\n"
    found = codes(read_examples(write(tmp_path, "a.csv", content)))
    assert found == {
        "warning.duplicates",
        "warning.conflicting_duplicates",
        "warning.empty_rows",
        "warning.unlabelled_rows",
        "warning.imbalance",
        "warning.rare_labels",
        "warning.ragged_rows",
    }
    few = read_examples(write(tmp_path, "b.csv", "text,label\na,x\nb,x\n"))
    assert codes(few) == {"warning.few_examples", "warning.one_label"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a,b\0c\n", "binary"),
        (b"\xff\xfea\0\0\0", "binary"),
        (bytes(range(1, 32)) * 20 + b"\xff", "binary"),
        (b'[{"text": "a"', "json"),
        (b"[1, 2]", "json_shape"),
        (b"[" * 100_000, "json"),
    ],
)
def test_unreadable_files(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(DataUnreadable) as caught:
        read_examples(write(tmp_path, "a.json", content))
    assert caught.value.facts["reason"] == reason
    assert caught.value.facts["name"] == "a.json"


def test_unreadable_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def reason(path: Path) -> str:
        with pytest.raises(DataUnreadable) as caught:
            read_examples(path)
        return str(caught.value.facts["reason"])

    assert reason(tmp_path) == "folder"
    assert reason(tmp_path / "none.csv") == "missing"
    assert reason(Path("a\0b")) == "unreadable"
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert reason(tmp_path / "pipe") == "not_a_file"
    monkeypatch.setattr(tables, "MAX_FIELD", 100)
    assert reason(write(tmp_path, "f.csv", 'text,label\n"' + "x" * 200)) == "field_too_long"
    assert reason(write(tmp_path, "f.jsonl", json.dumps({"text": "x" * 200}))) == "field_too_long"
    monkeypatch.setattr(tables, "MAX_BYTES", 3)
    with pytest.raises(DataTooLarge) as caught:
        read_examples(write(tmp_path, "big.csv", "text\nabc\n"))
    assert caught.value.facts["limit"] == 3


@pytest.mark.parametrize("content", ["", " \n \n", "text,label\n", "text,label\n,x\n", "[]"])
def test_nothing_usable(tmp_path: Path, content: str) -> None:
    with pytest.raises(DataEmpty):
        read_examples(write(tmp_path, "a.json" if content == "[]" else "a.csv", content))


def test_named_columns_must_be_there(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "Texte,Étiquette\na,x\n")
    assert read_examples(path, "texte", "etiquette").labels == ("x",)
    with pytest.raises(DataColumns) as caught:
        read_examples(path, "texte", "nope")
    assert caught.value.facts["columns"] == ["Texte", "Étiquette"]
    assert caught.value.facts["wanted"] == ["nope"]


@given(
    content=st.binary(max_size=300), suffix=st.sampled_from([".csv", ".jsonl", ".json", ".txt", ""])
)
def test_any_bytes_give_examples_or_a_known_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    path = write(tmp_path_factory.mktemp("any"), f"a{suffix}", content)
    try:
        examples = read_examples(path)
    except InputProblem:
        return
    assert examples.inputs
    assert all(text.strip() for text in examples.inputs)
    "".join(examples.inputs).encode()
    assert examples.labels is None or len(examples.labels) == len(examples.inputs)


def test_reading_examples_needs_no_numpy() -> None:
    modules = "data, label_names, codec, document, predictions, rules, shapes, verdict_facts"
    code = (
        f"import sys; from selector.decide import {modules}; "
        "sys.exit(int(bool({'numpy', 'scipy', 'sklearn', 'torch'} & set(sys.modules))))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_labels_match_by_name_and_then_by_their_letters() -> None:
    match = match_labels(["Lost_Card", "refund", "autre chose"], ["lost card", "refund", "Été"])
    assert dict(match.mapping) == {"Lost_Card": "lost card", "refund": "refund"}
    assert match.unmatched_model == ("autre chose",)
    assert match.unmatched_user == ("Été",)
    assert not match.generic
    generic = match_labels(["LABEL_0", "LABEL_1"], ["0", "1"])
    assert generic.generic
    assert dict(generic.mapping) == {"LABEL_0": "0", "LABEL_1": "1"}
    assert not match_labels(["LABEL_0"], ["yes"]).mapping
    # Two of the user's labels with the same letters: guessing would invent a score.
    assert not match_labels(["A-B"], ["a b", "ab"]).mapping
    assert fold("Étiquette n° 1") == "etiquetten1"


def test_predictions_made_elsewhere(tmp_path: Path) -> None:
    path = write(tmp_path, "p.csv", "id,gold,small,big\n1,a,a,a\n2,b,,b\n3,,a,a\n")
    found = read_predictions(path, sizes={"big": 10})
    assert [x.ref for x in found.contestants] == ["small", "big"]
    assert found.contestants[1].parameters == 10
    assert found.measurements[0].outputs[1] is None
    assert found.examples.labels == ("a", "b")
    numbers = read_predictions(write(tmp_path, "s.csv", "score,m\n1,0.5\n"), "similarity")
    assert numbers.measurements[0].outputs == (Similarity(0.5),)
    with pytest.raises(DataColumns):
        read_predictions(write(tmp_path, "q.csv", "id,x\n1,a\n"))
    with pytest.raises(DataColumns):
        read_predictions(write(tmp_path, "r.csv", "id,label\n1,a\n"))
    with pytest.raises(DataUnreadable):
        read_predictions(write(tmp_path, "t.csv", "score,m\n1,abc\n"), "similarity")
