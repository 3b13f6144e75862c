# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.decide import document as room
from selector.decide.document import build, load, save, schema, unmeasured
from selector.decide.pinned import contestant_of, safe_path
from selector.decide.shapes import problems
from selector.decide.verdict_facts import Decision, Evaluation, Score
from selector.errors import BadSetting, DecisionUnreadable, NotDownloaded, TargetNotWritable
from selector.hub.candidate import Reason
from selector.machine.facts import Cpu, Disk, Machine, Memory
from selector.trial.measurement import Contestant, Measurement
from selector.wording import Wording

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SMALL, BIG = "org/small@abc#torch-fp32", "org/big@def#torch-fp32"


def test_a_model_taken_without_examples_is_pinned_and_claims_nothing() -> None:
    contestant = Contestant(
        SMALL, "org/small", "abc", "torch", "fp32", "", 10, 40, (("a/x.json", "a" * 64, 3),)
    )
    document = unmeasured(
        contestant,
        "text-classification",
        "accuracy",
        None,
        {"id": "mit", "class": "permissive"},
        NOW,
    )
    assert (document["contestant"]["ref"], document["chosen_by"]) == (SMALL, "user")
    assert document["decision"]["choice"] is None
    assert document["metric"]["n"] == 0
    assert document["models"][0]["score"] is None
    jsonschema.validate(document, dict(schema()))


def made(choice: str | None = SMALL, **more: Any) -> dict[str, Any]:
    contestants = [
        Contestant(
            SMALL, "org/small", "abc", "torch", "fp32", "", 10, 40, (("a/x.json", "a" * 64, 3),)
        ),
        Contestant(BIG, "org/big", "def", "torch", "fp32", "", 20, 80, ()),
    ]
    scores = tuple(
        Score(
            ref,
            0.9,
            (0.8, 0.95),
            (-0.1, 0.0, 0.1),
            0.99,
            10,
            0.1,
            100,
            40,
            {"macro-f1": (0.1, 0.2, 0.3)},
        )
        for ref in (SMALL, BIG)
    )
    failed = Score(
        "org/gone#torch", None, None, None, None, None, None, None, None, error={"code": "x"}
    )
    decision = Decision(
        choice,
        "decided" if choice else "undecided",
        (Reason("reason.best_score", {"ref": SMALL}),),
        (),
        None if choice else 100,
        BIG,
        0.05,
    )
    evaluation = Evaluation(
        "text-classification",
        "accuracy",
        60,
        0.05,
        0.975,
        (*scores, failed),
        decision,
        "b" * 64,
        "données.csv",
    )
    machine = Machine("linux", Cpu("cpu", 2, 4), Memory(8, 4), (), Disk("disk", 9))
    rows = [
        Measurement(SMALL, "torch", "fp32", (), labels=("x", "y"), versions={"torch": "2.13.0"})
    ]
    return build(
        evaluation,
        rows,
        contestants,
        machine,
        {"numpy": "2.4"},
        {"id": "mit", "class": "permissive"},
        NOW,
        **more,
    )


def test_a_document_fits_the_schema_and_survives_the_disk(tmp_path: Path) -> None:
    document = made(samples=[("hello", {"kind": "labels", "labels": []})])
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(document, schema())
    assert document["created"] == "2026-03-04T05:06:07Z"
    assert document["contestant"]["files"] == [{"path": "a/x.json", "sha256": "a" * 64, "size": 3}]
    assert document["chosen_by"] == "petit"
    assert document["parameters"] == {"labels": ["x", "y"]}
    assert document["versions"] == {"numpy": "2.4", "torch": "2.13.0"}
    path = tmp_path / "new" / "a.petit.json"
    save(document, path)
    save(document, path)
    assert load(path) == document
    assert [x.name for x in path.parent.iterdir()] == ["a.petit.json"]
    contestant = contestant_of(document, "/folder")
    assert contestant is not None
    assert (contestant.ref, contestant.files) == (SMALL, (("a/x.json", "a" * 64, 3),))


def test_undecided_and_the_users_own_choice() -> None:
    undecided = made(None)
    jsonschema.validate(undecided, schema())
    assert undecided["contestant"] is None
    assert contestant_of(undecided, "") is None
    mine = made(None, chosen=BIG)
    assert (mine["contestant"]["ref"], mine["chosen_by"]) == (BIG, "user")
    with pytest.raises(BadSetting):
        made(chosen="org/other")


def test_small_files_without_a_promised_hash_are_read(tmp_path: Path) -> None:
    from selector.decide.pinned import pinned

    contestant = Contestant(
        SMALL, "o/s", "a", "torch", "fp32", str(tmp_path), 1, 1, (("c.json", "", 2),)
    )
    with pytest.raises(NotDownloaded):
        pinned(contestant)
    (tmp_path / "c.json").write_text("{}")
    assert pinned(contestant)["files"][0]["sha256"].startswith("44136fa355b3678a")


BREAK: list[Callable[[dict[str, Any]], Any]] = [
    lambda d: d.pop("format"),
    lambda d: d.update(format="other"),
    lambda d: d.update(schema_version=2),
    lambda d: d.update(schema_version=0),
    lambda d: d.update(schema_version=True),
    lambda d: d.pop("task"),
    lambda d: d.update(task=5),
    lambda d: d.update(models={}),
    lambda d: d["models"][0].update(interval=[1]),
    lambda d: d["metric"].update(n=1.5),
    lambda d: d["data"].update(sha256="xyz"),
    lambda d: d["data"].update(rows=["secret"]),
    lambda d: d["contestant"]["files"][0].update(path="../x"),
    lambda d: d["contestant"]["files"][0].update(path="/etc/passwd"),
    lambda d: d["contestant"]["files"][0].update(path="a\\..\\x"),
    lambda d: d["contestant"]["files"][0].update(size=-1),
    lambda d: d["decision"].update(status="maybe"),
    lambda d: d["decision"]["reasons"].append("because"),
    lambda d: d.update(created="yesterday"),
]


def test_a_file_changed_by_hand_is_refused_with_the_reason_but_not_one_laid_out_anew(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.petit.json"
    document = made()
    save(document, path)
    written = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(dict(reversed(written.items())), indent=7), encoding="utf-8")
    assert load(path) == document
    written["metric"]["score"] = 0.99
    path.write_text(json.dumps(written), encoding="utf-8")
    with pytest.raises(DecisionUnreadable) as caught:
        load(path)
    assert caught.value.facts["reason"] == "edited"
    for language, why in (("en", "changed after Petit wrote it"), ("fr", "a été modifié")):
        message, hint = Wording(language).error(caught.value.code, caught.value.facts)
        assert why in message
        assert hint


def test_a_file_from_before_checksums_is_read_and_one_from_a_newer_petit_is_not(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.petit.json"
    path.write_text(json.dumps(made()))
    assert load(path) == made()
    path.write_text(json.dumps({**made(), "schema_version": 2}))
    with pytest.raises(DecisionUnreadable) as caught:
        load(path)
    assert caught.value.facts["reason"] == "newer"


@pytest.mark.parametrize("breaking", BREAK)
def test_a_damaged_document_is_refused(
    breaking: Callable[[dict[str, Any]], Any], tmp_path: Path
) -> None:
    document = made()
    breaking(document)
    path = tmp_path / "a.petit.json"
    path.write_text(json.dumps(document))
    with pytest.raises(DecisionUnreadable) as caught:
        load(path)
    assert caught.value.facts["path"] == str(path)
    with pytest.raises(DecisionUnreadable):
        save(document, tmp_path / "b.petit.json")
    assert not (tmp_path / "b.petit.json").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"null",
        b'{"format": NaN}',
        b'{"x": 1e999}',
    ],
)
def test_files_that_are_no_decision(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.petit.json"
    path.write_bytes(content)
    with pytest.raises(DecisionUnreadable):
        load(path)


def test_places_that_hold_no_decision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (tmp_path, tmp_path / "none.petit.json"):
        with pytest.raises(DecisionUnreadable):
            load(path)
    save(made(), tmp_path / "a.petit.json")
    monkeypatch.setattr(room, "MAX_BYTES", 100)
    with pytest.raises(DecisionUnreadable):
        load(tmp_path / "a.petit.json")
    with pytest.raises(TargetNotWritable):
        save(made(), tmp_path / "a.petit.json" / "b.petit.json")


def paths_in(data: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    return [at, *(path for key, value in items for path in paths_in(value, (*at, key)))]


ANYTHING = st.sampled_from(
    [None, True, 0, -1, 2**70, 1.5, "", "x" * 500, [], {}, [1, 2], {"kind": "text"}]
)
EVERYWHERE = paths_in(made(samples=[("a", {"kind": "labels"})]))[1:]


@given(where=st.sampled_from(EVERYWHERE), value=ANYTHING)
def test_the_own_checks_agree_with_jsonschema(where: tuple[Any, ...], value: Any) -> None:
    document = copy.deepcopy(made(samples=[("a", {"kind": "labels"})]))
    parent = document
    for key in where[:-1]:
        parent = parent[key]
    parent[where[-1]] = value
    valid = jsonschema.Draft202012Validator(schema()).is_valid(document)
    assert (next(problems(document, schema()), None) is None) == valid


def test_a_schema_may_not_ask_for_what_is_not_checked() -> None:
    with pytest.raises(ValueError, match="anyOf"):
        list(problems({}, {"anyOf": []}))


@pytest.mark.parametrize(
    "path", ["a", "a/b.json", "1_Pooling/config.json", "model-00001-of-00002.safetensors"]
)
def test_safe_paths(path: str) -> None:
    assert safe_path(path)


@pytest.mark.parametrize(
    "path",
    ["", ".", "..", "a/../b", "/a", "a//b", "a/", "C:/x", "a\\b", "a\nb", "a.", "a /b", "~/x\0"],
)
def test_unsafe_paths(path: str) -> None:
    assert not safe_path(path)
