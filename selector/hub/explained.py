# SPDX-License-Identifier: Apache-2.0
"""Where the memory of a form goes, what its speed rests on, and what it would take to fit. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from selector.engines.preference import loss
from selector.fit.base import Fit
from selector.fit.predict import TIGHT, predict, predict_memory
from selector.fit.workload import Workload
from selector.hub.candidate import Candidate, Reason, Variant
from selector.machine.facts import Machine
from selector.tasks.base import Task
from selector.wording import Wording

PARTS = ("engine", "tokenizer", "weights", "copies", "cache", "activations")
_CONTEXTS = (16384, 8192, 4096, 2048, 1024, 512, 256)
_MOST_FORMS = 2
_SMALL = 0.01
"""Parts below this share of the whole are not worth a word."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A prediction with everything that explains it; ``changes`` would make it fit, the mildest first."""

    fit: Fit
    available_bytes: int
    changes: tuple[Reason, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The fit with its details, and what it would take."""
        takes = [change.to_json() for change in self.changes]
        return {**self.fit.details_to_json(), "would_take": takes}


def explain(candidate: Candidate, task: Task, machine: Machine) -> Explained | None:
    """The chosen form, predicted anew with its details; None when no engine runs it."""
    chosen = candidate.chosen
    if chosen is None or chosen.engine is None:
        return None
    if chosen.repo != candidate.repo:
        # Of a form in a repository beside it only what the search found is known.
        return Explained(candidate.fit, machine.memory.available_bytes)
    fit = predict(candidate.facts, task, machine, chosen.engine, chosen.precision)
    changes = _changes(candidate, chosen, fit, task, machine)
    return Explained(fit, machine.memory.available_bytes, changes)


def _changes(
    candidate: Candidate, chosen: Variant, fit: Fit, task: Task, machine: Machine
) -> tuple[Reason, ...]:
    if fit.verdict not in {"no", "tight"} or fit.memory_bytes is None:
        return ()
    found = [
        Reason(
            "would_take.form",
            {"form": f"{each.engine}-{each.precision}", "bytes": round(each.fit.memory_bytes.expected)},
        )
        for each in sorted(candidate.variants, key=lambda variant: loss(variant.precision))
        if each.usable
        and (each.engine, each.precision, each.repo) != (chosen.engine, chosen.precision, chosen.repo)
        and each.fit is not None
        and each.fit.verdict == "fits"
        and each.fit.memory_bytes is not None
    ]  # fmt: skip
    found = found[:_MOST_FORMS]
    free = machine.memory.available_bytes
    if task.output_kind == "text" and (tokens := _context(candidate, chosen, task, machine)):
        found.append(Reason("would_take.context", {"tokens": tokens}))
    missing = fit.memory_bytes.high / TIGHT - free
    if missing > 0:
        code = "more" if missing + free <= machine.memory.total_bytes else "other_machine"
        facts = {"bytes": round(missing), "needed": round(fit.memory_bytes.high / TIGHT)}
        found.append(Reason(f"would_take.{code}", facts))
    return tuple(found)


def _context(candidate: Candidate, chosen: Variant, task: Task, machine: Machine) -> int | None:
    """The longest text with which the same form fits."""
    for tokens in _CONTEXTS:
        memory = predict_memory(
            candidate.facts,
            chosen.precision,
            str(chosen.engine),
            work=Workload(1, tokens, 0),
            task=task,
            machine=machine,
        )
        if memory is not None and memory.high <= TIGHT * machine.memory.available_bytes:
            return tokens
    return None


def parts_of(fit: Fit) -> tuple[tuple[str, float], ...]:
    """The parts of the memory that are worth a word: name and bytes."""
    whole = sum(value for _, value in fit.parts)
    return tuple(
        (name, value) for name, value in fit.parts if value >= _SMALL * whole and value > 0
    )


def memory_line(fit: Fit, wording: Wording) -> str:
    """Where the memory goes, in words; empty when nothing is known."""
    listed = [
        wording.text("fit_says.part", name=wording.text(f"fit_says.{name}"), bytes=round(value))
        for name, value in parts_of(fit)
    ]
    return wording.text("fit_says.memory", parts=", ".join(listed)) if listed else ""


def speed_lines(fit: Fit, wording: Wording) -> list[str]:
    """How fast, when ready, what that assumes and what it rests on."""
    text, lines = wording.text, []
    if fit.speed is not None:
        unit = "tokens" if fit.speed_unit.startswith("tokens") else "inputs"
        low, high = (
            wording.number(float(f"{value:.1e}"), 2) for value in (fit.speed.low, fit.speed.high)
        )
        lines.append(text(f"fit_says.speed_{unit}", low=low, high=high))
        lines.append(text(f"fit_says.{fit.dominated_by}") if fit.dominated_by else "")
    if fit.load_s is not None:
        first = fit.first_token_s
        key = "ready" if first is None else "ready_first"
        lines.append(
            text(
                f"fit_says.{key}",
                load=fit.load_s.expected,
                first=first.expected if first else 0.0,
            )
        )
    work = fit.assumed
    key = "assumed_written" if work.new_tokens else "assumed"
    lines.append(text(f"fit_says.{key}", tokens=work.tokens, new=work.new_tokens))
    if fit.architecture == "unknown":
        lines.append(text("fit_says.unknown"))
    if fit.rates:
        lines.append(text(f"fit_says.rates_{fit.rates}"))
    if fit.runs:
        lines.append(text("fit_says.runs", n=fit.runs))
    return [line for line in lines if line]


def change_lines(explained: Explained, wording: Wording) -> list[str]:
    """What it would take, each in a sentence."""
    return [wording.text(change.code, **change.facts) for change in explained.changes]
