# SPDX-License-Identifier: Apache-2.0
"""Forms that Petit made are listed from what is on the disk, and removed without touching anything else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from selector.engines.made_forms import made_forms, remove_made
from tests.made_forms import BYTES, make_form


def test_every_form_is_listed_with_its_size_and_worth(tmp_path: Path) -> None:
    folder = make_form(tmp_path, "a/b", fp32=1.0, int8=0.9)
    (folder / "model.onnx.data").write_bytes(b"y" * 10)
    make_form(tmp_path, "A/a", "1" * 32, int8=1.0)
    found = made_forms(tmp_path)
    assert [form.ref for form in found] == ["A/a#onnx-int8", "a/b#onnx-fp32", "a/b#onnx-int8"]
    assert [form.bytes for form in found] == [BYTES, BYTES + 10, BYTES]
    assert found[2].fidelity.equal_answers == 0.9
    assert found[1].to_json()["ref"] == "a/b#onnx-fp32"


def test_the_last_form_takes_its_folder_along(tmp_path: Path) -> None:
    folder = make_form(tmp_path, "a/b", fp32=1.0, int8=0.9)
    (folder / "model.onnx.data").write_bytes(b"y" * 10)
    full, small = made_forms(tmp_path)
    assert remove_made(full) == BYTES + 10
    assert sorted(path.name for path in folder.iterdir()) == ["made.json", "model_int8.onnx"]
    assert [form.ref for form in made_forms(tmp_path)] == [small.ref]
    assert remove_made(full) == 0
    assert remove_made(small) == BYTES
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"repo": "../../etc"},
        {"engine": "on/nx"},
        {"checks": ["fp32"]},
        {"checks": {"fp32": {"n": "many", "file": "model.onnx"}}},
        {"checks": {"../fp32": {"n": 1, "equal_answers": 1, "largest_difference": 0}}},
    ],
)
def test_a_record_that_cannot_be_trusted_lists_nothing(
    tmp_path: Path, change: dict[str, object]
) -> None:
    folder = make_form(tmp_path, "a/b", fp32=1.0)
    record = json.loads((folder / "made.json").read_text())
    (folder / "made.json").write_text(json.dumps(record | change))
    assert made_forms(tmp_path) == ()


def test_a_record_that_names_a_file_elsewhere_deletes_nothing_there(tmp_path: Path) -> None:
    elsewhere = tmp_path / "precious"
    elsewhere.write_bytes(b"x")
    folder = make_form(tmp_path / "made", "a/b", fp32=1.0, int8=0.9)
    record = json.loads((folder / "made.json").read_text())
    record["checks"]["int8"]["file"] = "../../precious"
    (folder / "made.json").write_text(json.dumps(record))
    listed = {form.precision: form for form in made_forms(tmp_path / "made")}
    assert listed["int8"].bytes == 0
    remove_made(listed["int8"])
    assert elsewhere.exists()
    assert (folder / "model.onnx").exists()


def test_no_folder_and_other_folders_are_no_forms(tmp_path: Path) -> None:
    assert made_forms(tmp_path / "nothing") == ()
    (tmp_path / ".making-12").mkdir()
    (tmp_path / ("a" * 32)).write_text("a file")
    assert made_forms(tmp_path) == ()
