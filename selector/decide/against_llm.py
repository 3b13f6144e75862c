# SPDX-License-Identifier: Apache-2.0
"""Which small model stands against each LLM, and how they compare: from the joint posterior of an evaluation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from selector.decide.choice import Choice, spread_of
from selector.decide.contest import Entrant
from selector.decide.need_llm import NeedLlm, Side, answer_of, priced
from selector.decide.rules import Rules
from selector.decide.statistics import Posterior, interval
from selector.decide.verdict_facts import Score
from selector.engines.endpoint.prices import Prices, prices_from_json
from selector.trial.turns import SINGLE_UP_TO


@dataclass(frozen=True, slots=True)
class LlmFacts:
    """Which contestants are LLMs, where each is, and what things cost."""

    places: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Reference to (place, host)."""
    prices: Prices = field(default_factory=Prices)


def llm_facts_from_json(data: Mapping[str, Any]) -> LlmFacts:
    """As the desk sends them. Raises KeyError, TypeError or ValueError."""
    places = {str(ref): (str(x[0]), str(x[1])) for ref, x in data["places"].items()}
    return LlmFacts(places, prices_from_json(data["prices"]))


def against_llms(
    facts: LlmFacts,
    alive: Sequence[Entrant],
    scores: Mapping[str, Score],
    joint: Posterior,
    choice: Choice,
    rules: Rules,
) -> tuple[NeedLlm, ...]:
    """One comparison for each LLM; none without an LLM or without another model.

    Against an LLM stands the recommended model; where that is an LLM, or nothing is recommended, the
    smallest one that is good enough beside the LLM; else the one that most probably is, or scores best.
    """
    llms = [i for i, x in enumerate(alive) if x.ref in facts.places]
    others = [i for i, x in enumerate(alive) if x.ref not in facts.places]
    if not others:
        return ()
    found = []
    for llm in llms:
        chances = {
            i: float(np.mean(spread_of(joint.compared, i, llm) >= -rules.margin)) for i in others
        }
        good = [i for i in others if chances[i] >= rules.confidence]
        if choice.decided and choice.position in good:
            local = choice.position
        else:
            local = (
                good[0] if good else max(others, key=lambda i: (chances[i], joint.scores[i], -i))
            )
        gap = float(joint.scores[local] - joint.scores[llm])
        low, high = interval(spread_of(joint.compared, local, llm), gap)
        need = NeedLlm(
            local=_side(alive[local], scores, facts),
            llm=_side(alive[llm], scores, facts),
            difference=(low, gap, high),
            not_worse=chances[local],
            answer=answer_of(chances[local], rules.confidence),
            margin=rules.margin,
            confidence=rules.confidence,
            n=joint.n,
        )
        found.append(priced(need, facts.prices))
    return tuple(found)


def _side(entrant: Entrant, scores: Mapping[str, Score], facts: LlmFacts) -> Side:
    row, score = entrant.measurement, scores[entrant.ref]
    place, host = facts.places.get(entrant.ref, ("here", ""))
    usage, latency = row.usage, row.latency
    items = usage.get("items", 0)
    elsewhere = entrant.contestant.engine == "elsewhere"
    return Side(
        ref=entrant.ref,
        score=score.score,
        interval=score.interval,
        latency_s=None if latency is None else latency.median,
        p95_s=None if latency is None else latency.p95,
        batched=not entrant.contestant.remote and len(entrant.answers) > SINGLE_UP_TO,
        unanswered=sum(output is None for output in row.outputs),
        why_unanswered=dict(
            Counter(
                str(error["code"])
                for index, error in row.item_errors.items()
                if index < len(row.outputs) and row.outputs[index] is None
            )
        ),
        tokens_in=usage["prompt_tokens"] / items if items else None,
        tokens_out=usage["completion_tokens"] / items if items else None,
        tokens_estimated=bool(usage.get("estimated")),
        given_cost=entrant.contestant.cost,
        place="unknown" if elsewhere else place,
        host=host,
    )
