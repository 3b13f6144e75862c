# SPDX-License-Identifier: Apache-2.0
"""Chat endpoints through the real desk and its worker processes: a real llama.cpp, and a server with faults."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from selector.desk.desk import Desk
from selector.desk.requests import EvaluateRequest
from selector.endpoint_errors import (
    BadEndpoint,
    ConsentNeeded,
    EndpointUnsuited,
    KeyNotKept,
    LabelsNeeded,
    UnknownEndpoint,
)
from selector.engines.endpoint.config import Endpoint
from selector.engines.endpoint.prices import TokenPrice
from selector.engines.endpoint.prompts import Prompt
from selector.errors import Cancelled, FormatUnsuited
from selector.paths import locations
from selector.store.database import Database
from selector.store.measurements import last_measurement
from selector.tasks.outputs import Labels, Text
from selector.trial.measurement import Measurement, TrialEvent
from tests.loopback_llm import Fault, LoopbackLlm, completion
from tests.tiny_gguf import make_gguf, make_writer
from tests.tiny_models import make_classifier
from tests.ui.cached_models import put_in_cache

SORTING = "text-classification"
LABELS = ("lost", "other", "refund")
TEXTS = ("where is my card", "give it back", "hello there", "good day")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def llm() -> Iterator[LoopbackLlm]:
    with LoopbackLlm() as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(locations(tmp_path / "data").create())
    yield made
    made.close()


def set_up(desk: Desk, address: str, key: str | None = None, **more: Any) -> Endpoint:
    return desk.keep_endpoint(Endpoint("big", address, "m", **more), key)


def ask(desk: Desk, texts: tuple[str, ...] = TEXTS, **more: Any) -> Measurement:
    given = {"labels": LABELS, "send": True, **more}
    return desk.try_models(["endpoint:big"], SORTING, texts, lambda _: None, **given)[0]


def answers(row: Measurement) -> list[str | None]:
    return [x.labels[0].label if isinstance(x, Labels) else None for x in row.outputs]


# -- consent ------------------------------------------------------------------------------------------


def test_nothing_is_sent_before_the_user_has_agreed(desk: Desk, llm: LoopbackLlm) -> None:
    set_up(desk, llm.address)
    with pytest.raises(ConsentNeeded) as caught:
        ask(desk, send=False)
    assert llm.requests == []
    plan = caught.value.facts
    assert (plan["to_send"], plan["items"], plan["place"]) == (4, 4, "here")
    assert plan["cost"] is None
    assert plan["labels"] == list(LABELS)
    assert not any(text in json.dumps(plan) for text in TEXTS)


def test_the_plan_shows_the_first_question_in_full_and_what_it_costs(
    desk: Desk, llm: LoopbackLlm
) -> None:
    set_up(desk, llm.address)
    desk.set_price("big", TokenPrice(1.0, 2.0, "EUR", "2026-11-01", "their page"))
    (plan,) = desk.sending_plans(["endpoint:big", "a/local"], SORTING, TEXTS, LABELS)
    assert TEXTS[0] in plan.preview[-1]["content"]
    assert plan.cost is not None
    assert 0 < plan.cost == pytest.approx((plan.tokens_in + 2 * plan.tokens_out) / 1e6)
    assert plan.most_cost is not None
    assert plan.most_cost > plan.cost
    assert llm.requests == []


def test_the_same_question_is_never_paid_for_twice(desk: Desk, llm: LoopbackLlm) -> None:
    set_up(desk, llm.address)
    first = ask(desk, (*TEXTS, TEXTS[0]), repeat=2)
    assert len(llm.requests) == 4
    again = ask(desk, TEXTS, send=False)  # what is known needs no consent
    assert len(llm.requests) == 4
    assert answers(again) == answers(first)[:4] == ["lost"] * 4
    assert again.usage["from_store"] == 4
    assert again.latency is not None
    assert again.latency.n == 4


def test_other_words_in_the_prompt_are_another_question(desk: Desk, llm: LoopbackLlm) -> None:
    set_up(desk, llm.address)
    ask(desk)
    desk.set_prompt(SORTING, Prompt("", "Sort {input} into {labels}", own=True))
    with pytest.raises(ConsentNeeded):
        ask(desk, send=False)
    ask(desk)
    assert len(llm.requests) == 8
    assert llm.requests[-1]["messages"][0]["content"].startswith("Sort ")


def test_what_is_forgotten_is_asked_anew(desk: Desk, llm: LoopbackLlm) -> None:
    set_up(desk, llm.address)
    assert desk.forget_answers("big") == 0
    ask(desk)
    assert desk.forget_answers("other") == 0
    assert desk.forget_answers("big") == 4
    ask(desk)
    assert len(llm.requests) == 8


def test_a_name_that_is_not_set_up_or_a_task_that_does_not_suit_is_refused(
    desk: Desk, llm: LoopbackLlm
) -> None:
    with pytest.raises(UnknownEndpoint):
        ask(desk)
    set_up(desk, llm.address)
    with pytest.raises(EndpointUnsuited):
        desk.try_models(["endpoint:big"], "feature-extraction", ["x"], lambda _: None, send=True)
    with pytest.raises(LabelsNeeded):
        ask(desk, labels=())
    assert llm.requests == []


# -- faults -------------------------------------------------------------------------------------------


def test_answers_that_cannot_be_used_cost_their_item_alone(desk: Desk, llm: LoopbackLlm) -> None:
    set_up(desk, llm.address, parallel=1)
    llm.faults.extend(
        [
            Fault(body="<html>not JSON</html>"),
            Fault(body=completion(None, message={"refusal": "I will not."})),
            Fault(body=completion("no idea")),
        ]
    )
    row = ask(desk)
    assert row.error is None
    assert answers(row) == [None, None, None, "lost"]
    assert [row.item_errors[i]["code"] for i in range(3)] == [
        "endpoint.answer_bad",
        "endpoint.answer_refused",
        "endpoint.answer_unusable",
    ]
    again = ask(desk)  # a refusal is an answer too; what was no answer is asked again
    assert len(llm.requests) == 5
    assert answers(again) == ["lost", None, None, "lost"]


def test_a_busy_server_is_waited_for_as_long_as_it_says(desk: Desk, llm: LoopbackLlm) -> None:
    set_up(desk, llm.address, parallel=2)
    llm.faults.append(Fault(429, {"error": {"message": "slow down"}}, {"Retry-After": "0.6"}))
    heard: list[TrialEvent] = []
    start = time.monotonic()
    row = desk.try_models(["endpoint:big"], SORTING, TEXTS, heard.append, labels=LABELS, send=True)[
        0
    ]
    assert answers(row) == ["lost"] * 4
    assert time.monotonic() - start > 0.6
    waits = [x.facts["wait_s"] for x in heard if x.facts.get("for") == "server"]
    assert waits == [0.6]
    assert row.latency is not None
    assert row.latency.p95 < 0.6  # a wait for the server's limit is no latency of the model


def test_a_server_that_stays_busy_ends_the_contestant_and_keeps_its_answers(
    desk: Desk, llm: LoopbackLlm
) -> None:
    set_up(desk, llm.address, parallel=1)
    ask(desk, TEXTS[:1])
    llm.always = Fault(503, "", {"Retry-After": "9999"})
    row = ask(desk)
    assert row.error is not None
    assert row.error["code"] == "endpoint.busy"
    assert answers(row) == ["lost", None, None, None]
    llm.always = None
    assert answers(ask(desk)) == ["lost"] * 4
    assert len(llm.requests) == 1 + 3 + 3


def test_money_that_is_used_up_is_not_waited_for(desk: Desk, llm: LoopbackLlm) -> None:
    set_up(desk, llm.address, parallel=1)
    words = {"message": "You exceeded your current quota", "code": "insufficient_quota"}
    llm.always = Fault(429, {"error": words})
    start = time.monotonic()
    row = ask(desk)
    assert row.error is not None
    assert row.error["code"] == "endpoint.request_refused"
    assert time.monotonic() - start < 20
    assert len(llm.requests) == 3


def test_a_time_out_costs_one_item_and_three_in_a_row_end_it(desk: Desk, llm: LoopbackLlm) -> None:
    set_up(desk, llm.address, parallel=1, timeout_s=0.5)
    llm.faults.append(Fault(hang_s=3))
    row = ask(desk)
    assert answers(row) == [None, "lost", "lost", "lost"]
    assert row.item_errors[0]["facts"]["reason"] == "endpoint.time_out"
    llm.always = Fault(hang_s=3)
    assert ask(desk, tuple(f"new {i}" for i in range(8))).error is not None


def test_nobody_there_is_said_and_is_no_crash(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    set_up(desk, f"http://127.0.0.1:{port}/v1")
    row = ask(desk, tuple(f"text {i}" for i in range(20)))
    assert row.error is not None
    assert row.error["code"] == "endpoint.unreachable"
    assert row.error["facts"]["reason"] == "endpoint.nobody"


def test_a_key_never_follows_a_redirect(desk: Desk, llm: LoopbackLlm, monkeypatch: Any) -> None:
    monkeypatch.setenv("BIG_KEY", "the-secret-key")
    with LoopbackLlm() as thief:
        desk.keep_endpoint(Endpoint("big", llm.address, "m", "environment:BIG_KEY"))
        llm.always = Fault(307, "", {"Location": f"{thief.address}/chat/completions"})
        row = ask(desk)
        assert row.error is not None or row.item_errors
        assert thief.requests == []


def test_a_server_that_takes_less_is_asked_with_less(desk: Desk, llm: LoopbackLlm) -> None:
    set_up(desk, llm.address, parallel=1)
    llm.refuses = {
        "max_tokens": "Unsupported parameter: 'max_tokens'; use 'max_completion_tokens'",
        "temperature": "temperature must be 1",
        "response_format": "response_format is not supported",
    }
    row = ask(desk)
    assert len(llm.requests) == 4 + 3  # it learns once
    assert set(row.item_errors) == {0, 1, 2, 3}  # "an answer" is none of the categories
    assert "response_format" not in llm.requests[-1]
    assert llm.requests[-1]["max_completion_tokens"]


def test_a_text_that_is_too_long_costs_its_item_alone(desk: Desk, llm: LoopbackLlm) -> None:
    set_up(desk, llm.address, parallel=1)
    words = "This model's maximum context length is 8 tokens"
    llm.faults.append(Fault(400, {"error": {"message": words}}))
    row = ask(desk)
    assert row.item_errors[0]["code"] == "endpoint.input_too_long"
    assert answers(row)[1:] == ["lost"] * 3


def test_requests_are_made_a_few_at_a_time(desk: Desk, llm: LoopbackLlm) -> None:
    set_up(desk, llm.address, parallel=3)
    llm.always = Fault(hang_s=0.05)
    ask(desk, tuple(f"text {i}" for i in range(20)))
    assert llm.most_at_once == 3


def test_cancelling_stops_at_once_and_keeps_what_was_answered(desk: Desk, llm: LoopbackLlm) -> None:
    set_up(desk, llm.address, parallel=1)
    llm.faults.extend([Fault(), Fault(), Fault(hang_s=60)])
    seen: list[TrialEvent] = []

    def stopped() -> bool:
        return sum(x.kind == "output" for x in seen) >= 2 and len(llm.requests) >= 3

    with pytest.raises(Cancelled):
        desk.try_models(
            ["endpoint:big"], SORTING, [f"t {i}" for i in range(40)], seen.append, stopped,
            labels=LABELS, send=True,
        )  # fmt: skip
    (plan,) = desk.sending_plans(["endpoint:big"], SORTING, [f"t {i}" for i in range(40)], LABELS)
    assert plan.to_send == 38


def test_offline_means_no_endpoint_beyond_this_computer(tmp_path: Path, llm: LoopbackLlm) -> None:
    desk = Desk(locations(tmp_path / "data").create(), offline=True)
    set_up(desk, llm.address)
    assert answers(ask(desk)) == ["lost"] * 4
    desk.keep_endpoint(Endpoint("big", "https://petit.invalid/v1", "m"))
    row = ask(desk)
    assert row.error is not None
    assert row.error["facts"]["reason"] == "endpoint.offline"
    desk.close()


# -- keys ---------------------------------------------------------------------------------------------


@pytest.fixture
def keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A keyring in a file, for every worker process."""
    path = tmp_path / "keyring.json"
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.hub.file_keyring.FileKeyring")
    monkeypatch.setenv("TEST_KEYRING", str(path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT)]))
    return path


def everything_written(folder: Path) -> str:
    files = [x for x in folder.rglob("*") if x.is_file()]
    return "".join(x.read_bytes().decode("latin-1") for x in files)


def test_a_key_goes_from_the_keyring_to_its_address_and_nowhere_else(
    desk: Desk, tmp_path: Path, keyring: Path
) -> None:
    with LoopbackLlm(key="the-secret-key") as llm:
        set_up(desk, llm.address, "the-secret-key")
        assert desk.key_state("big") == {"there": True, "keyring": True}
        assert answers(ask(desk)) == ["lost"] * 4
        assert {x["authorization"] for x in llm.requests} == {"Bearer the-secret-key"}
        set_up(desk, llm.address, "the-wrong-key")
        row = ask(desk, ("something new",))
        assert row.error is not None
        assert row.error["code"] == "endpoint.key_refused"
        assert "the-wrong-key" not in json.dumps(row.to_json())  # though the server repeats it
    assert "the-secret-key" not in everything_written(tmp_path / "data")
    assert "the-wrong-key" not in everything_written(tmp_path / "data")
    assert "the-wrong-key" in keyring.read_text()
    # The same name at another address does not get the key.
    moved = desk.keep_endpoint(Endpoint("big", "http://127.0.0.1:1/v1", "m", "keyring"))
    assert desk.key_state(moved.name)["there"] is False
    assert "the-wrong-key" not in keyring.read_text()


def test_without_a_keyring_a_key_goes_into_no_file(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    with pytest.raises(KeyNotKept):
        set_up(desk, "https://router.huggingface.co/v1", "the-secret-key")
    assert desk.endpoints() == ()
    assert "the-secret-key" not in everything_written(tmp_path)


def test_an_odd_key_is_refused_without_being_repeated(desk: Desk, keyring: Path) -> None:
    with pytest.raises(BadEndpoint) as caught:
        set_up(desk, "https://x.org/v1", "two words\nand a line")
    assert "two words" not in str(caught.value.facts)


def test_a_key_that_is_not_where_it_should_be_is_missed_before_anything_is_sent(
    desk: Desk, llm: LoopbackLlm
) -> None:
    set_up(desk, llm.address)
    desk.keep_endpoint(Endpoint("big", llm.address, "m", "environment:NOT_SET_ANYWHERE"))
    row = ask(desk)
    assert row.error is not None
    assert row.error["facts"]["detail"] == "endpoint.no_key"
    assert llm.requests == []


def test_an_endpoint_that_is_removed_takes_its_answers_and_price_along(
    desk: Desk, llm: LoopbackLlm
) -> None:
    set_up(desk, llm.address)
    desk.set_price("big", TokenPrice(1.0, 2.0, "EUR", "2026-11-01", "their page"))
    ask(desk)
    desk.remove_endpoint("big")
    assert desk.prices().endpoints == {}
    set_up(desk, llm.address)
    (plan,) = desk.sending_plans(["endpoint:big"], SORTING, TEXTS, LABELS)
    assert plan.to_send == 4


# -- evaluating ---------------------------------------------------------------------------------------


def test_an_endpoint_takes_part_in_an_evaluation(
    desk: Desk, llm: LoopbackLlm, tmp_path: Path
) -> None:
    data = tmp_path / "d.csv"
    rows = [f"text number {i},{'lost' if i % 4 else 'refund'}" for i in range(40)]
    data.write_text("text,label\n" + "\n".join(rows) + "\n")
    set_up(desk, llm.address)
    request = EvaluateRequest(("endpoint:big",), SORTING, data)
    with pytest.raises(ConsentNeeded):
        desk.evaluate(request, lambda _: None)
    done = desk.evaluate(
        EvaluateRequest(("endpoint:big",), SORTING, data, send=True), lambda _: None
    )
    (score,) = done.evaluation.models
    assert score.score == 0.75
    assert score.parameters is None
    assert score.memory_peak_bytes is None
    assert done.document["models"][0]["ref"] == "endpoint:big"
    assert desk.open_decision(done.file)["task"] == SORTING
    assert len(llm.requests) == 40
    desk.evaluate(request, lambda _: None)
    assert len(llm.requests) == 40


def test_an_llm_that_wins_can_be_kept_as_the_decision_but_not_exported_as_a_project(
    desk: Desk, tmp_path: Path
) -> None:
    put_in_cache(make_classifier(tmp_path / "small", LABELS), "bank/small")
    rows = {f"text number {i}": LABELS[i % 3] for i in range(60)}
    data = tmp_path / "d.csv"
    data.write_text("text,label\n" + "\n".join(f"{k},{v}" for k, v in rows.items()) + "\n")

    def right(body: dict[str, Any]) -> str:
        text = body["messages"][-1]["content"].split("Text:\n")[1].split("\n")[0]
        return json.dumps({"label": rows[text]})

    with LoopbackLlm(right) as llm:
        set_up(desk, llm.address)
        refs = ("bank/small", "endpoint:big")
        done = desk.evaluate(EvaluateRequest(refs, SORTING, data, send=True), lambda _: None)
    assert done.evaluation.decision.choice == "endpoint:big"
    assert done.evaluation.need_llm[0].answer == "yes"
    assert done.document["contestant"]["repo"] == "m"
    assert done.document["licence"]["id"] is None
    written = desk.export(done.document, "decision", tmp_path / "out").files
    assert desk.open_decision(written[0])["contestant"]["ref"] == "endpoint:big"
    with pytest.raises(FormatUnsuited):
        desk.export(done.document, "python", tmp_path / "project")
    small = done.evaluation.models[0].ref
    assert desk.take(done.document, small)["contestant"]["ref"] == small
    assert desk.take(desk.take(done.document, small), "endpoint:big")["chosen_by"] == "petit"


def test_an_evaluation_says_whether_an_llm_is_needed(
    desk: Desk, llm: LoopbackLlm, tmp_path: Path
) -> None:
    put_in_cache(make_classifier(tmp_path / "small", LABELS), "bank/small")
    data = tmp_path / "d.csv"
    rows = [f"text number {i},{LABELS[i % 3]}" for i in range(30)]
    data.write_text("text,label\n" + "\n".join(rows) + "\n")
    set_up(desk, llm.address)
    desk.set_price("big", TokenPrice(1.0, 2.0, "EUR", "2026-11-01", "their page"))
    refs = ("bank/small", "endpoint:big")
    done = desk.evaluate(EvaluateRequest(refs, SORTING, data, send=True), lambda _: None)
    (need,) = done.evaluation.need_llm
    assert need.local.ref.startswith("bank/small@")
    assert need.llm.cost_per_1000 == pytest.approx(1000 * (100 + 2 * 5) / 1e6)
    assert need.local.latency_s is not None
    assert (
        not need.local.batched
    )  # timed for each text by itself, though it was evaluated in batches
    with Database(desk.locations.database) as store:
        kept = last_measurement(store, need.local.ref, f"{SORTING}: one by one")
    assert kept is not None
    assert kept["joules"] == need.local.measured_wh_per_1000 or kept["joules"] > 0
    times = kept["latency_s"]
    assert (times["median"], times["p95"], times["n"]) == (
        need.local.latency_s,
        need.local.p95_s,
        30,
    )
    again = desk.evaluate(EvaluateRequest(refs, SORTING, data), lambda _: None)
    assert again.evaluation.need_llm == done.evaluation.need_llm
    assert need.llm.p95_s is not None
    assert (need.llm.place, need.break_even) == ("here", "unknown")
    assert done.document["need_llm"][0]["llm"]["ref"] == "endpoint:big"
    assert desk.open_decision(done.file)["need_llm"] == done.document["need_llm"]


# -- a real one ---------------------------------------------------------------------------------------

SERVE = """
import sys, time, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.port, params.n_ctx = sys.argv[1], int(sys.argv[2]), 2048
params.hostnames = ["127.0.0.1"]
params.warmup = False
params.n_gpu_layers = 0
server = xllamacpp.Server(params)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real llama.cpp server with a tiny model."""
    root = tmp_path_factory.mktemp("llama")
    source = make_writer(root / "source", context=2048)
    model = make_gguf(source, root / "tiny-F32.gguf")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(model), str(port)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if httpx2.get(f"http://127.0.0.1:{port}/health", timeout=2).status_code == 200:
                    break
            except httpx2.HTTPError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def test_llama_cpp_chooses_among_the_categories(desk: Desk, llama: str) -> None:
    set_up(desk, llama)
    row = ask(desk)
    assert row.error is None, row.error
    assert row.item_errors == {}
    assert set(answers(row)) <= set(LABELS)  # random weights, but a schema that it must keep
    assert row.usage["estimated"] == 0
    assert row.usage["prompt_tokens"] > 4 * 40


def test_llama_cpp_writes_text(desk: Desk, llama: str) -> None:
    set_up(desk, llama)
    row = desk.try_models(["endpoint:big"], "text-generation", ["hi"], lambda _: None, send=True)[0]
    (output,) = row.outputs
    assert isinstance(output, Text)
    assert output.tokens > 0


def test_llama_cpp_says_that_a_text_is_too_long(desk: Desk, llama: str) -> None:
    set_up(desk, llama)
    row = ask(desk, ("word " * 3000, "short"))
    assert row.item_errors[0]["code"] == "endpoint.input_too_long", row.item_errors
    assert answers(row)[1] in LABELS
