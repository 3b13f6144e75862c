# SPDX-License-Identifier: Apache-2.0
"""Do you need an LLM? The comparison, its costs, its words, and that no price is ever made up."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.decide.against_llm import LlmFacts
from selector.decide.codec import evaluation_from_json
from selector.decide.data import Examples
from selector.decide.need_llm import (
    NeedLlm,
    Side,
    answer_of,
    break_even,
    energy_wh,
    need_llm_from_json,
    priced,
)
from selector.decide.need_llm_text import heading, lines, notes, sentence
from selector.decide.rules import Rules
from selector.decide.verdict import evaluate
from selector.decide.verdict_facts import Evaluation
from selector.endpoint_errors import EndpointProblem
from selector.engines.endpoint.prices import OwnPrice, Prices, TokenPrice
from selector.tasks.outputs import Labels, ScoredLabel
from selector.trial.measurement import Contestant, Measurement, Timing
from selector.wording import Wording

TOKEN = TokenPrice(1.0, 10.0, "EUR", "2026-11-01", "their page")
OWN = OwnPrice(watts=36, kwh=0.5, fixed=100, currency="EUR", date="2026-11-01", source="bill")
PRICES = Prices({"big": TOKEN}, OWN)


def side(ref: str, **more: Any) -> Side:
    return Side(ref, 0.9, (0.85, 0.94), latency_s=0.01, p95_s=0.02, **more)


def need(**more: Any) -> NeedLlm:
    llm = side("endpoint:big", tokens_in=100.0, tokens_out=10.0, place="elsewhere", host="x.org")
    base = NeedLlm(
        side("a/small@1#onnx-fp32"), llm, (-0.02, 0.0, 0.02), 0.99, "no", 0.05, 0.975, 400
    )
    return replace(base, **more)


# -- costs --------------------------------------------------------------------------------------------


def test_costs_follow_from_the_users_prices_and_what_was_measured() -> None:
    found = priced(need(), PRICES)
    assert found.llm.cost_per_1000 == pytest.approx(1000 * (100 * 1 + 10 * 10) / 1e6)
    assert found.local.energy_wh_per_1000 == pytest.approx(0.1)  # 36 W for 10 s
    assert found.local.cost_per_1000 == pytest.approx(0.00005)
    assert found.break_even == "after"
    saved = (0.2 - 0.00005) / 1000
    assert found.break_even_items == math.ceil(100 / saved)


def test_without_prices_everything_about_money_is_unknown() -> None:
    found = priced(need(), Prices())
    assert found.local.cost_per_1000 is found.llm.cost_per_1000 is None
    assert found.local.energy_wh_per_1000 is None
    assert (found.break_even, found.break_even_items) == ("unknown", None)
    said = " ".join(
        x.local + x.llm for x in lines(found, Wording("en")) if x.key in {"cost", "energy"}
    )
    assert said == "unknownunknown unknownunknown"


def test_prices_that_are_taken_back_leave_nothing_behind() -> None:
    assert priced(priced(need(), PRICES), Prices()) == priced(need(), Prices())


def test_energy_of_a_machine_that_is_not_ours_is_unknown() -> None:
    assert priced(need(), PRICES).llm.energy_wh_per_1000 is None
    here = need(llm=replace(need().llm, place="here"))
    assert priced(here, Prices({}, OWN)).llm.energy_wh_per_1000 == pytest.approx(0.1)


def test_measured_energy_counts_where_the_user_says_no_power() -> None:
    local = replace(need().local, measured_wh_per_1000=0.4)
    without = Prices({"big": TOKEN}, replace(OWN, watts=None))
    found = priced(need(local=local), without)
    assert found.local.energy_wh_per_1000 == 0.4
    assert found.local.cost_per_1000 == pytest.approx(0.4 / 1000 * 0.5)
    assert "counters" in " ".join(notes(found, Wording("en")))
    assert priced(need(local=local), PRICES).local.energy_wh_per_1000 == pytest.approx(0.1)


def test_currencies_are_never_mixed() -> None:
    dollars = replace(TOKEN, currency="USD")
    assert priced(need(), Prices({"big": dollars}, OWN)).break_even == "currencies"


@pytest.mark.parametrize(
    ("local", "llm", "fixed", "kind"),
    [
        (None, 1.0, 5.0, "unknown"), (1.0, None, 5.0, "unknown"), (1.0, 1.0, 5.0, "never"),
        (2.0, 1.0, 5.0, "never"), (0.5, 1.0, None, "at_once"), (0.5, 1.0, 0.0, "at_once"),
        (0.5, 1.0, 5.0, "after"),
    ],
)  # fmt: skip
def test_break_even_is_a_volume_or_a_reason(
    local: float | None, llm: float | None, fixed: float | None, kind: str
) -> None:
    sides = [replace(side("x"), cost_per_1000=cost, currency="EUR") for cost in (local, llm)]
    found, items = break_even(sides[0], sides[1], fixed)
    assert found == kind
    assert items == (10_000 if kind == "after" else None)


def test_energy_is_power_times_time() -> None:
    assert energy_wh(100, 3.6) == pytest.approx(100)


@given(st.floats(0, 1), st.floats(0.51, 0.99))
def test_the_answer_asks_the_same_odds_for_yes_and_no(chance: float, confidence: float) -> None:
    found = answer_of(chance, confidence)
    assert (found == "no") == (chance >= confidence)
    assert (found == "yes") == (chance < confidence and chance <= 1 - confidence)


# -- words and JSON -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("answer", ["no", "yes", "unclear"])
def test_every_comparison_is_said_whole(language: str, answer: str) -> None:
    words = Wording(language)
    for prices in (Prices(), PRICES, Prices({"big": replace(TOKEN, currency="USD")}, OWN)):
        found = priced(need(answer=answer), prices)
        texts = [heading(found, words), sentence(found, words), *notes(found, words)]
        texts += [part for x in lines(found, words) for part in (x.title, x.local, x.llm)]
        assert all(texts)
        assert not [text for text in texts if "…" in text or "need_llm." in text or "{" in text]
        assert "@1" not in " ".join(texts)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_reason_for_no_answer_is_said_with_its_count(language: str) -> None:
    codes = [cls.code for cls in EndpointProblem.__subclasses__()]
    llm = replace(need().llm, unanswered=9, why_unanswered=dict.fromkeys(codes, 2))
    said = " ".join(notes(priced(need(llm=llm), PRICES), Wording(language)))
    assert said.count("2 ") >= len(codes)
    assert "need_llm" not in said


def test_a_comparison_survives_json() -> None:
    found = priced(need(), PRICES)
    assert need_llm_from_json(json.loads(json.dumps(found.to_json()))) == found
    empty = priced(need(), Prices())
    assert need_llm_from_json(json.loads(json.dumps(empty.to_json()))) == empty


@pytest.mark.parametrize("change", [{"answer": "maybe"}, {"break_even": ""}, {"difference": [1]}])
def test_what_is_no_comparison_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        need_llm_from_json({**need().to_json(), **change})


# -- from an evaluation -------------------------------------------------------------------------------

N = 300


def examples() -> Examples:
    texts = tuple(f"text {i}" for i in range(N))
    labels = tuple("ab"[i % 2] for i in range(N))
    return Examples("d", "0" * 64, texts, labels, ("text", "label"), "text", "label")


def row(ref: str, wrong: set[int], engine: str, **more: Any) -> Measurement:
    outputs = tuple(Labels((ScoredLabel("ab"[(i + (i in wrong)) % 2], 1.0),)) for i in range(N))
    return Measurement(ref, engine, "", outputs, latency=Timing(0.5, 0.9, N), **more)


def judged(small_wrong: int, big_wrong: int, other_wrong: int = 150) -> Evaluation:
    rows = [
        row("a/tiny", set(range(other_wrong)), "onnx", parameters=10),
        row("a/small", set(range(small_wrong)), "onnx", parameters=100),
        row(
            "endpoint:big", set(range(N - big_wrong, N)), "endpoint",
            usage={"items": 300, "prompt_tokens": 30_000, "completion_tokens": 3_000, "estimated": 0},
        ),
    ]  # fmt: skip
    entered = [Contestant(x.ref, x.ref, "", x.engine, "", "", x.parameters, 0) for x in rows]
    facts = LlmFacts({"endpoint:big": ("elsewhere", "x.org")}, PRICES)
    return evaluate("text-classification", examples(), entered, rows, Rules(), llms=facts)


def test_a_small_model_that_is_as_good_makes_the_llm_needless() -> None:
    (found,) = judged(small_wrong=6, big_wrong=6).need_llm
    assert (found.local.ref, found.answer) == ("a/small", "no")
    assert found.difference[0] < 0 < found.difference[2]
    assert found.llm.tokens_in == 100
    assert found.llm.p95_s == 0.9
    assert found.llm.cost_per_1000 == pytest.approx(0.2)


def test_a_small_model_that_is_far_behind_does_not() -> None:
    (found,) = judged(small_wrong=90, big_wrong=3).need_llm
    assert (found.local.ref, found.answer) == ("a/small", "yes")
    assert found.difference[2] < 0


def test_a_close_call_is_unclear() -> None:
    (found,) = judged(small_wrong=20, big_wrong=8).need_llm
    assert found.answer == "unclear"
    assert 0.025 < found.not_worse < 0.975


def test_against_the_llm_stands_the_smallest_that_is_good_enough_beside_it() -> None:
    (found,) = judged(small_wrong=0, big_wrong=30, other_wrong=25).need_llm
    # The tiny one is worse than the small one, but good enough where the LLM is the measure.
    assert found.answer == "no"
    assert found.local.ref in {"a/tiny", "a/small"}


def test_a_comparison_survives_the_way_out_of_its_process() -> None:
    done = judged(small_wrong=6, big_wrong=6)
    assert evaluation_from_json(json.loads(json.dumps(done.to_json()))) == done


def test_without_an_llm_or_without_a_small_model_nothing_is_compared() -> None:
    rows = [row("a/small", set(), "onnx"), row("endpoint:big", set(), "endpoint")]
    entered = [Contestant(x.ref, x.ref, "", x.engine, "", "", None, 0) for x in rows]
    task = "text-classification"
    assert evaluate(task, examples(), entered, rows, Rules()).need_llm == ()
    facts = LlmFacts({"endpoint:big": ("here", "x")}, Prices())
    alone = evaluate(task, examples(), entered[1:], rows[1:], Rules(), llms=facts)
    assert alone.need_llm == ()
