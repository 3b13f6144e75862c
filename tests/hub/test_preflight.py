# SPDX-License-Identifier: Apache-2.0
"""The card before a download never says yes to what nobody knows."""

from __future__ import annotations

import json
import math
import string
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector import registry
from selector.desk.desk import Desk
from selector.desk.examining import counted
from selector.fit.base import Fit
from selector.fit.predict import predict
from selector.hub.architecture import Support, key_of, version
from selector.hub.candidate import Candidate, Reason, Variant
from selector.hub.judge import candidate_of, row_of, with_variant
from selector.hub.known import Known
from selector.hub.preflight import Preflight, preflight
from selector.intervals import Interval
from selector.machine.facts import Cpu, Disk, Machine, Memory
from selector.paths import Locations
from selector.store.architectures import remember_architecture
from selector.store.database import Database
from selector.store.link_speed import KEEP, link_speed, remember_link_speed
from selector.wording import Wording, catalogue
from tests.hub.conftest import CLASSIFIER, folder
from tests.loopback_hub import LoopbackHub, Repository

SHA = "a" * 40
TASK = registry.task("text-classification")
MACHINE = Machine("Linux", Cpu("cpu", 4, 8), Memory(16 * 10**9, 8 * 10**9), (), Disk("/", 10**11))
STORED: dict[str, Any] = {**CLASSIFIER, "intermediate_size": 54}
"""Builds a model of 7,510 weights."""
RUNS = Support("runs", 25_000_000, "BertForSequenceClassification")


def candidate(**fields: Any) -> Candidate:
    raw = {
        "id": "org/name", "sha": SHA, "gated": False, "config": CLASSIFIER,
        "siblings": [{"rfilename": "model.safetensors", "size": 10**8}, {"rfilename": "config.json", "size": 500}],
        "safetensors": {"parameters": {"F32": 25_000_000}, "total": 25_000_000},
        "cardData": {"license": "apache-2.0"},
        "securityRepoStatus": {"scansDone": True, "filesWithIssues": []},
    }  # fmt: skip
    row = row_of({**raw, **fields})
    return candidate_of(row, TASK, MACHINE, {"torch": registry.engine("torch")}, predict)


def zeros(shapes: dict[str, list[int]]) -> bytes:
    """A safetensors file of these tensors."""
    head, at = dict[str, Any](), 0
    for name, shape in shapes.items():
        size = 4 * math.prod(shape)
        head[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + bytes(at)


def answers(card: Preflight) -> dict[str, str]:
    return {check.question: check.answer for check in card.checks}


def codes(card: Preflight, question: str) -> list[str]:
    (check,) = (check for check in card.checks if check.question == question)
    return [reason.code for reason in check.reasons]


def test_a_sound_model_is_a_yes_throughout() -> None:
    card = preflight(candidate(), support=RUNS, bytes_per_s=10**7, free_bytes=10**10)
    assert set(answers(card).values()) == {"yes"}
    assert card.download_bytes == 10**8 + 500
    assert card.download_s == pytest.approx(10, rel=0.01)


def test_what_was_not_asked_is_unknown_not_yes() -> None:
    nameless = [{"rfilename": "model.safetensors"}]
    bare = candidate(securityRepoStatus=None, cardData={}, safetensors=None, siblings=nameless)
    assert answers(preflight(bare)) == {
        "loads": "unknown", "fits": "unknown", "safe": "unknown", "allowed": "unknown",
        "size": "unknown", "time": "unknown",
    }  # fmt: skip
    assert codes(preflight(bare), "time") == ["preflight.time_unknown"]


@pytest.mark.parametrize(
    ("support", "answer", "code"),
    [
        (Support("unknown architecture", None, "FooModel"), "no", "preflight.unknown_architecture"),
        (Support("remote code"), "no", "preflight.remote_code"),
        (Support("too slow"), "unknown", "preflight.too_slow"),
        (Support("too large"), "unknown", "preflight.too_large"),
        (Support("refused", detail="ValueError"), "unknown", "preflight.refused"),
        (Support("no configuration"), "unknown", "preflight.no_configuration"),
    ],
)
def test_an_architecture_that_cannot_be_built_is_no_yes(
    support: Support, answer: str, code: str
) -> None:
    card = preflight(candidate(), support=support)
    assert (card.answer("loads"), codes(card, "loads")) == (answer, [code])


@pytest.mark.parametrize(
    ("built", "answer", "code"),
    [
        (25_000_000, "yes", "preflight.builds"),
        (26_000_000, "yes", "preflight.builds"),
        (24_000_000, "yes", "preflight.builds"),
        (27_000_000, "care", "preflight.fewer_stored"),
        (20_000_000, "care", "preflight.more_stored"),
    ],
)
def test_files_that_hold_another_number_of_weights_than_is_built_need_care(
    built: int, answer: str, code: str
) -> None:
    card = preflight(candidate(), support=replace(RUNS, parameters=built))
    assert (card.answer("loads"), codes(card, "loads")) == (answer, [code])
    reason = card.checks[0].reasons[0]
    assert reason.facts["parameters"] == built
    for language in ("en", "fr"):
        assert "…" not in Wording(language).text(reason.code, **reason.facts)
        _all_facts_given(reason)


@pytest.mark.parametrize(
    "changes",
    [
        {"basis": "file size"},
        {"parameters_by_dtype": {"U8": 25_000_000}},
        {"parameters_by_dtype": {"F16": 9, "I32": 25_000_000}},
        {"parameters": None},
        {"config": {**CLASSIFIER, "architectures": ["BertForMaskedLM"]}},
        {"config": {**CLASSIFIER, "architectures": "BertForSequenceClassification"}},
        {"config": {**CLASSIFIER, "architectures": None}},
    ],
)
def test_counts_that_cannot_be_compared_raise_no_doubt(changes: dict[str, Any]) -> None:
    found = candidate()
    found = replace(found, facts=replace(found.facts, **changes))
    card = preflight(found, support=replace(RUNS, parameters=10**9))
    assert card.answer("loads") == "yes"


def test_what_is_built_from_names_alone_says_nothing_of_the_size() -> None:
    names = {"architectures": ["BertForSequenceClassification"], "model_type": "bert"}
    found = candidate(config=names)
    by_default = replace(RUNS, parameters=109_000_000)
    card = preflight(found, support=by_default)
    assert (card.answer("loads"), codes(card, "loads")) == ("yes", ["preflight.known_architecture"])
    guessed = replace(found, facts=replace(found.facts, parameters=40, basis="file size"))
    assert counted(guessed, by_default, TASK.id, MACHINE) == guessed


def test_a_form_of_a_sibling_is_not_held_against_this_repository() -> None:
    found = candidate()
    assert found.chosen is not None
    elsewhere = with_variant(found, replace(found.chosen, repo="who/name-copy"))
    card = preflight(elsewhere, support=replace(RUNS, parameters=10**9))
    assert card.answer("loads") == "yes"


def test_remote_code_pickles_and_packed_weights() -> None:
    code = preflight(
        candidate(config={**CLASSIFIER, "auto_map": {"AutoModel": "x.Y"}}), support=RUNS
    )
    assert (code.answer("loads"), code.answer("safe")) == ("no", "no")
    pickle = preflight(candidate(siblings=[{"rfilename": "pytorch_model.bin", "size": 9}]))
    assert (pickle.answer("loads"), pickle.answer("safe")) == ("no", "no")
    packed = {**CLASSIFIER, "quantization_config": {"quant_method": "gptq"}}
    assert preflight(candidate(config=packed), support=RUNS).answer("loads") == "care"


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        ({"scansDone": False, "filesWithIssues": []}, "unknown"),
        ({"scansDone": True, "filesWithIssues": [{"path": "model.safetensors", "level": "new-word"}]}, "no"),
        ({"scansDone": True, "filesWithIssues": [{"path": "pytorch_model.bin", "level": "unsafe"}]}, "care"),
        ({"scansDone": True, "filesWithIssues": [{"path": "run.sh", "level": "caution"}]}, "no"),
        ({"scansDone": True, "filesWithIssues": 7}, "no"),
        ("nonsense", "unknown"),
    ],
)  # fmt: skip
def test_the_scan_fails_closed(status: Any, answer: str) -> None:
    assert preflight(candidate(securityRepoStatus=status)).answer("safe") == answer


@pytest.mark.parametrize(
    ("fields", "answer", "wanted"),
    [
        ({"cardData": {"license": "gpl-3.0"}}, "care", "obligation.copyleft"),
        ({"cardData": {"license": "cc-by-nc-4.0"}}, "care", "obligation.class_non_commercial"),
        ({"cardData": {"license": "other", "license_name": "llama3.1"}}, "care", "obligation.llama"),
        ({"cardData": {"license": "other", "license_name": "ours"}}, "unknown", "obligation.class_unknown"),
        ({"cardData": {}}, "unknown", "obligation.none_stated"),
        ({"gated": "auto"}, "care", "preflight.gated_auto"),
        ({"gated": "manual"}, "care", "preflight.gated_manual"),
        ({"gated": True}, "care", "preflight.gated_manual"),
    ],
)  # fmt: skip
def test_what_one_may_do_with_it(fields: dict[str, Any], answer: str, wanted: str) -> None:
    card = preflight(candidate(**fields), endpoint="https://hub.example")
    assert card.answer("allowed") == answer
    assert wanted in codes(card, "allowed")


def test_a_form_that_needs_no_code_is_judged_by_itself() -> None:
    model = candidate(config={**CLASSIFIER, "auto_map": {"AutoModel": "x.Y"}})
    fit = Fit("fits", Interval(1, 2, 3), None, "inputs/s", "hub")
    form = Variant("who/other", SHA, "gguf", "q8_0", "llama", 10, fit, Reason("variant.only"))
    found = with_variant(replace(model, variants=(form,)), form)
    card = preflight(found)
    assert (card.answer("loads"), card.answer("safe")) == ("yes", "yes")


def test_a_disk_too_small_is_a_no() -> None:
    assert preflight(candidate(), free_bytes=10**6).answer("size") == "no"


def test_what_is_here_takes_no_time() -> None:
    card = preflight(replace(candidate(), on_disk=True))
    assert (card.download_s, card.answer("time")) == (0.0, "yes")


@given(
    st.none() | st.builds(Support, st.sampled_from(["runs", "refused", "too slow"]), st.none() | st.integers(1, 10**9)),
    st.none() | st.floats(1, 1e10), st.none() | st.integers(0, 10**14), st.booleans(),
)  # fmt: skip
def test_every_card_can_be_said_in_both_languages(
    support: Support | None, rate: float | None, free: int | None, here: bool
) -> None:
    found = replace(candidate(), on_disk=here)
    card = preflight(found, support=support, bytes_per_s=rate, free_bytes=free)
    assert json.loads(json.dumps(card.to_json()))["checks"][0]["question"] == "loads"
    for language in ("en", "fr"):
        words = Wording(language)
        for check in card.checks:
            assert words.has(f"preflight.question.{check.question}")
            assert words.has(f"preflight.answer.{check.answer}")
            for reason in check.reasons:
                assert words.has(reason.code), reason.code
                _all_facts_given(reason)


def _all_facts_given(reason: Reason) -> None:
    wanted = {
        name for _, name, _, _ in string.Formatter().parse(catalogue("en")[reason.code]) if name
    }
    assert wanted <= set(reason.facts), reason


# -- link speed -------------------------------------------------------------------------------------


def test_the_rate_is_the_median_of_the_last_downloads(tmp_path: Path) -> None:
    with Database(tmp_path / "petit.db") as database:
        assert link_speed(database) is None
        for rate in (float("nan"), -1.0, 0.0, float("inf")):
            remember_link_speed(database, rate)
        assert link_speed(database) is None
        for rate in [10.0] * 40 + [1000.0] * KEEP:
            remember_link_speed(database, rate)
        assert link_speed(database) == 1000.0
        remember_link_speed(database, 5.0)
        assert link_speed(database) == 1000.0


# -- through the desk -------------------------------------------------------------------------------


@pytest.fixture
def desk(hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    made = Desk(Locations(tmp_path / "data").create())
    yield made
    made.close()


def test_a_model_is_examined_in_two_steps_without_its_weights(
    desk: Desk, hub: LoopbackHub, tmp_path: Path
) -> None:
    page = "---\nlicense: gemma\n---\n<script>x()</script>\nSorts the mail of a bank into twelve heaps.\n"
    place = folder(
        tmp_path / "odd", {"onnx/model_int8.onnx": b"x" * 300}, weights=30_000, config=STORED
    )
    (place / "README.md").write_text(page)
    hub.publish(Repository("org/odd", place, scans_done=False, gated="auto", hide_safetensors=True))
    with Database(desk.locations.database) as database:
        remember_link_speed(database, 1000.0)
    hub.clear_requests()
    parts: list[Any] = []
    found = desk.examine("org/odd", TASK.id, parts.append)
    assert [part.preflight.answer("loads") for part in parts] == ["unknown"]
    assert found.preflight.answer("loads") == "yes"
    assert found.preflight.answer("safe") == "unknown"
    assert found.preflight.answer("allowed") == "care"
    assert found.preflight.download_s == pytest.approx(30.3, rel=0.1)
    assert found.support is not None
    assert found.support.answer == "runs"
    sent = sum(request.bytes_sent for request in hub.requests)
    assert sent < 20_000, "weights were fetched"
    assert len(hub.requests) <= 6
    assert {v.format for v in found.candidate.variants} == {"safetensors", "onnx"}


def test_buffers_that_the_hub_counts_as_weights_raise_no_doubt(
    desk: Desk, hub: LoopbackHub, tmp_path: Path
) -> None:
    shapes = {
        "bert.weight": [7500],
        "bert.layer.0.attn.bias": [1, 1, 40, 40],
    }  # weights, and a mask
    place = folder(tmp_path / "masked", config=STORED, weights=0)
    (place / "model.safetensors").write_bytes(zeros(shapes))
    hub.publish(Repository("org/masked", place))
    with Database(desk.locations.database) as database:
        answer = Support("runs", 7510, STORED["architectures"][0])
        remember_architecture(database, key_of(STORED, version()), answer.to_json())
    parts: list[Any] = []
    found = desk.examine("org/masked", TASK.id, parts.append)
    assert (parts[0].candidate.facts.parameters, parts[0].candidate.facts.basis) == (9100, "hub")
    assert (found.candidate.facts.parameters, found.candidate.facts.basis) == (7500, "header")
    assert codes(found.preflight, "loads") == ["preflight.builds"]
    # Where the heads cannot be read, the Hub's count stands, and so does the doubt.
    hub.faults.answer_status(403, path="/model.safetensors$")
    found = desk.examine("org/masked", TASK.id)
    assert codes(found.preflight, "loads") == ["preflight.more_stored"]


def test_here_asks_no_hub(desk: Desk, hub: LoopbackHub) -> None:
    sample = desk.sample()
    hub.clear_requests()
    found = desk.examine(sample.refs[0], TASK.id, here=True)
    assert found.candidate.on_disk
    assert hub.requests == []


def test_empty_weights_are_found_out_before_the_download(
    desk: Desk, hub: LoopbackHub, tmp_path: Path
) -> None:
    hollow = {"model.safetensors": b"", "__init__.py": b""}
    hub.publish(Repository("org/hollow", folder(tmp_path / "hollow", hollow, weights=0)))
    found = desk.examine("org/hollow", TASK.id)
    assert found.candidate.engine is None
    assert found.preflight.answer("loads") == "no"
    assert codes(found.preflight, "loads") == ["risk.empty_weights"]


def test_file_names_with_spaces_and_letters_of_the_world_are_counted(
    desk: Desk, hub: LoopbackHub, tmp_path: Path
) -> None:
    files = {"notes de l’été/mesures 1.txt": b"x" * 50, "模型 Q8_0.gguf": b"x" * 700}
    place = folder(tmp_path / "names", files, weights=0)
    hub.publish(Repository("org/names", place))
    found = desk.examine("org/names", TASK.id)
    assert set(files) <= {file.path for file in found.candidate.facts.files}
    (form,) = found.candidate.variants
    assert (form.precision, form.download_bytes) == ("q8_0", 700)


def test_a_page_of_twenty_megabytes_costs_its_head_only(
    desk: Desk, hub: LoopbackHub, tmp_path: Path
) -> None:
    place = folder(tmp_path / "wordy", weights=0)
    head = "---\nlicense: mit\n---\n<script>alert(1)</script>\n\nA model that sorts the letters of a bank.\n\n"
    (place / "README.md").write_text(head + "<div onclick='x()'>filler</div>\n" * 620_000)
    hub.publish(Repository("org/wordy", place))
    hub.clear_requests()
    found = desk.examine("org/wordy", TASK.id)
    assert found.candidate.about.summary.value == "A model that sorts the letters of a bank."
    assert sum(request.bytes_sent for request in hub.requests) < 500_000


def test_the_built_model_is_counted_where_only_a_guess_was_known() -> None:
    guessed = candidate(safetensors=None)
    facts = replace(guessed.facts, parameters=40_000_000, basis="file size", parameters_by_dtype={})
    guessed = replace(guessed, facts=facts)
    found = counted(guessed, RUNS, TASK.id, MACHINE)
    assert found.about.parameters == Known(25_000_000, "built")
    memory, before = found.fit.memory_bytes, guessed.fit.memory_bytes
    assert memory is not None
    assert before is None or memory.expected != before.expected
    bf16 = next(v for v in guessed.variants if v.precision == "bf16")
    asked = with_variant(guessed, replace(bf16, reason=Reason("variant.asked")))
    assert counted(asked, RUNS, TASK.id, MACHINE).precision == "bf16"
    header = replace(facts, basis="header")
    assert counted(replace(guessed, facts=header), RUNS, TASK.id, MACHINE).facts == header
