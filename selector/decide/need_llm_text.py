# SPDX-License-Identifier: Apache-2.0
"""The comparison with an LLM in words, the same for the window and the command line. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from selector.decide.need_llm import NeedLlm, Side
from selector.reference import parse_reference
from selector.wording import Wording


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the comparison: what, and what each of the two says to it."""

    key: str
    title: str
    local: str
    llm: str


def short_name(ref: str) -> str:
    """A model's own name; a name from a file stays as it is."""
    try:
        found = parse_reference(ref)
    except Exception:  # noqa: BLE001 - any name is good enough to be shown
        return ref
    return found.repo if found.engine == "endpoint" else found.name


def heading(need: NeedLlm, words: Wording) -> str:
    """The answer in a few words."""
    return words.text(f"need_llm.answer.{need.answer}", llm=short_name(need.llm.ref))


def sentence(need: NeedLlm, words: Wording) -> str:
    """The answer with its evidence."""
    low, middle, high = need.difference
    return words.text(
        f"need_llm.because.{need.answer}",
        local=short_name(need.local.ref),
        llm=short_name(need.llm.ref),
        low=low,
        middle=middle,
        high=high,
        sure=1 - need.not_worse if need.answer == "yes" else need.not_worse,
        margin=need.margin,
        n=need.n,
    )


def lines(need: NeedLlm, words: Wording) -> list[Line]:
    """Quality, times, cost, energy, answers missing, and where the texts go."""
    rows = {
        "score": _score,
        "median": _median,
        "p95": _p95,
        "cost": _cost,
        "energy": _energy,
        "unanswered": _unanswered,
        "place": _place,
    }
    return [
        Line(key, words.text(f"need_llm.line.{key}"), say(need.local, words), say(need.llm, words))
        for key, say in rows.items()
    ]


def notes(need: NeedLlm, words: Wording) -> list[str]:
    """Break-even, where the prices are from, and what limits the comparison."""
    local, llm = need.local, need.llm
    names = {"local": short_name(local.ref), "llm": short_name(llm.ref)}
    found = [
        words.text(
            f"need_llm.break_even.{need.break_even}",
            n=_about(need.break_even_items),
            fixed=need.own_price.fixed,
            currency=need.own_price.currency,
            **names,
        )
    ]
    if need.token_price is not None and llm.tokens_in is not None:
        price = need.token_price
        found.append(
            words.text(
                "need_llm.token_price",
                input=price.input,
                output=price.output,
                currency=price.currency,
                date=price.date,
                source=price.source,
                tokens_in=llm.tokens_in,
                tokens_out=llm.tokens_out,
            )
        )
    if need.own_price.watts is not None and local.latency_s is not None:
        found.append(words.text("need_llm.own_price", watts=need.own_price.watts))
    elif local.measured_wh_per_1000 is not None:
        found.append(words.text("need_llm.measured_energy"))
    if llm.why_unanswered:
        found.append(_why_unanswered(llm, words))
    if llm.tokens_estimated:
        found.append(words.text("need_llm.tokens_estimated"))
    if local.batched and llm.latency_s is not None:
        found.append(words.text("need_llm.batched", **names))
    if llm.host:
        found.append(words.text("need_llm.no_examples", **names))
    return found


def _about(items: int | None) -> float | None:
    """Two digits: anything finer pretends to know."""
    return None if items is None else float(f"{items:.2g}")


def _why_unanswered(side: Side, words: Wording) -> str:
    """The reasons with their counts, the most frequent first."""
    told = []
    for code, count in sorted(side.why_unanswered.items(), key=lambda x: (-x[1], x[0])):
        key = f"need_llm.why.{code.rpartition('.')[2]}"
        told.append(words.text(key if words.has(key) else "need_llm.why.other", n=count))
    reasons = ", ".join(told)
    return words.text("need_llm.why_unanswered", llm=short_name(side.ref), reasons=reasons)


def _unknown(words: Wording) -> str:
    return words.text("need_llm.unknown")


def _score(side: Side, words: Wording) -> str:
    if side.score is None:
        return _unknown(words)
    if side.interval is None:
        return words.percent(side.score)
    low, high = (words.percent(x) for x in side.interval)
    return words.text("need_llm.score", score=words.percent(side.score), low=low, high=high)


def _median(side: Side, words: Wording) -> str:
    return _unknown(words) if side.latency_s is None else words.seconds(side.latency_s)


def _p95(side: Side, words: Wording) -> str:
    return _unknown(words) if side.p95_s is None else words.seconds(side.p95_s)


def _cost(side: Side, words: Wording) -> str:
    if side.cost_per_1000 is None:
        return _unknown(words)
    unit = side.currency or words.text("need_llm.file_unit")
    return f"{words.number(side.cost_per_1000)}\u00a0{unit}"


def _energy(side: Side, words: Wording) -> str:
    if side.energy_wh_per_1000 is None:
        return _unknown(words)
    return f"{words.number(side.energy_wh_per_1000)}\u00a0Wh"


def _unanswered(side: Side, words: Wording) -> str:
    return words.count(side.unanswered)


def _place(side: Side, words: Wording) -> str:
    if side.place == "unknown":
        return _unknown(words)
    place = words.text(f"endpoint.place.{side.place}")
    return f"{place} ({side.host})" if side.host and side.place != "here" else place


def table(need: NeedLlm, words: Wording) -> tuple[Sequence[str], list[Sequence[str]]]:
    """Columns and rows."""
    columns = ("", short_name(need.local.ref), short_name(need.llm.ref))
    return columns, [(line.title, line.local, line.llm) for line in lines(need, words)]
