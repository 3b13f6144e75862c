# SPDX-License-Identifier: Apache-2.0
"""The card before a download: does it load, does it fit, is it safe, may I, how big, how long? Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from selector.engines.facts import format_of
from selector.hub.architecture import Support
from selector.hub.candidate import Candidate, Reason
from selector.hub.environment import DEFAULT_ENDPOINT
from selector.hub.obligations import obligation
from selector.hub.stored_count import difference, is_whole
from selector.wording import Wording

Question = Literal["loads", "fits", "safe", "allowed", "size", "time"]
Answer = Literal["yes", "care", "no", "unknown"]
"""``care``: yes, if the user minds what the reasons say."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question, its answer, and what the answer rests on."""

    question: Question
    answer: Answer
    reasons: tuple[Reason, ...]

    def to_json(self) -> dict[str, Any]:
        """Question, answer and reasons as codes with facts."""
        return {
            "question": self.question,
            "answer": self.answer,
            "reasons": [reason.to_json() for reason in self.reasons],
        }


@dataclass(frozen=True, slots=True)
class Preflight:
    """All questions, in the order of the card."""

    checks: tuple[Check, ...]
    download_bytes: int | None
    download_s: float | None

    def answer(self, question: Question) -> Answer:
        """The answer to one question."""
        return next(check.answer for check in self.checks if check.question == question)

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command-line contract."""
        return {
            "checks": [check.to_json() for check in self.checks],
            "download_bytes": self.download_bytes,
            "download_s": self.download_s,
        }


def preflight(
    candidate: Candidate,
    *,
    support: Support | None = None,
    bytes_per_s: float | None = None,
    free_bytes: int | None = None,
    endpoint: str = DEFAULT_ENDPOINT,
) -> Preflight:
    """The card of ``candidate`` in its chosen form; what is not given yet is unknown, never assumed.

    ``support`` is what came of building it, ``bytes_per_s`` the rate of earlier downloads,
    ``free_bytes`` what the disk of the models has left.
    """
    size = 0 if candidate.on_disk else candidate.download_bytes
    seconds = size / bytes_per_s if size is not None and bytes_per_s else None
    checks = (
        _loads(candidate, support),
        _fits(candidate),
        _safe(candidate),
        _allowed(candidate, endpoint),
        _size(candidate, free_bytes),
        _time(candidate, seconds, bytes_per_s),
    )
    return Preflight(checks, candidate.download_bytes, 0.0 if candidate.on_disk else seconds)


def said(check: Check, wording: Wording) -> tuple[str, str]:
    """Question with its answer, and the reasons: "How long?" is answered by a time, not by a yes."""
    text = wording.text
    question = text(f"preflight.question.{check.question}")
    reasons = ". ".join(text(each.code, **each.facts).rstrip(".") for each in check.reasons)
    if check.question == "time" and check.answer == "yes":
        return f"{question} {reasons}", ""
    return f"{question} {text(f'preflight.answer.{check.answer}')}", reasons


def _check(question: Question, answer: Answer, *reasons: Reason) -> Check:
    return Check(question, answer, reasons)


def _loads(candidate: Candidate, support: Support | None) -> Check:
    chosen = candidate.chosen
    if chosen is None:
        refused = candidate.risks[:1] or (Reason("risk.no_engine"),)
        return _check("loads", "no", *refused)
    packed = candidate.about.quantised_as.value
    if packed and chosen.format == "safetensors":
        return _check("loads", "care", Reason("preflight.packed", {"method": packed}))
    if chosen.engine != "torch" or candidate.on_disk:
        return _check("loads", "yes", Reason("preflight.engine_reads", {"engine": chosen.engine}))
    if support is None:
        return _check("loads", "unknown", Reason("preflight.not_built"))
    name = support.architecture or candidate.about.architecture.value or "?"
    if support.answer == "runs":
        facts = {"architecture": name, "parameters": support.parameters}
        if not is_whole(candidate.facts.config):
            return _check("loads", "yes", Reason("preflight.known_architecture", facts))
        differs = difference(candidate.facts, support) if chosen.repo == candidate.repo else None
        if differs is not None:
            facts["stored"] = candidate.facts.parameters
            return _check("loads", "care", Reason(f"preflight.{differs}_stored", facts))
        return _check("loads", "yes", Reason("preflight.builds", facts))
    if support.answer in {"unknown architecture", "remote code"}:
        code = support.answer.replace(" ", "_")
        return _check("loads", "no", Reason(f"preflight.{code}", {"architecture": name}))
    code = support.answer.replace(" ", "_")
    return _check("loads", "unknown", Reason(f"preflight.{code}", {"detail": support.detail or ""}))


def _fits(candidate: Candidate) -> Check:
    memory, verdict = candidate.fit.memory_bytes, candidate.fit.verdict
    if memory is None or verdict == "unknown":
        return _check("fits", "unknown", Reason("risk.unknown_size"))
    facts = {"bytes": round(memory.expected), "low": round(memory.low), "high": round(memory.high)}
    answer: Answer = {"fits": "yes", "tight": "care", "no": "no"}[verdict]  # type: ignore[assignment]
    return _check("fits", answer, Reason(f"preflight.memory_{verdict}", facts))


def _safe(candidate: Candidate) -> Check:
    """Fails closed: only a scan that ended and named nothing, of a format without code, is a yes."""
    chosen, about = candidate.chosen, candidate.about
    if chosen is None and candidate.facts.needs_remote_code:
        # Another form may need none: then it is that form whose safety counts.
        return _check("safe", "no", Reason("risk.remote_code"))
    if chosen is None and candidate.facts.weight_format == "pickle":
        return _check("safe", "no", Reason("risk.pickle_only"))
    reasons, answer = [], "yes"
    if chosen is not None:
        reasons.append(Reason("preflight.format_without_code", {"format": chosen.format}))
    scan = about.scan.value
    if scan is None:
        # Files of this disk have no page that a scanner's verdict stands on.
        if not candidate.on_disk:
            answer = "unknown"
            reasons.append(Reason("preflight.scan_unknown"))
    elif scan.state == "issues":
        files = [path for path, _ in scan.files]
        needed = [
            path for path in files if chosen is None or format_of(path) in {None, chosen.format}
        ]
        answer = "no" if needed or not files else "care"
        reasons.append(Reason("risk.unsafe_file", {"files": needed or files}))
    elif scan.state == "not scanned":
        answer = "unknown"
        reasons.append(Reason("preflight.not_scanned"))
    else:
        reasons.append(Reason("preflight.scanned"))
    if about.custom_pipelines.value:
        answer = "care" if answer == "yes" else answer
        reasons.append(Reason("preflight.custom_pipelines"))
    return Check("safe", answer, tuple(reasons))  # type: ignore[arg-type]


def _allowed(candidate: Candidate, endpoint: str) -> Check:
    licence, gated = candidate.licence, candidate.about.gated.value
    answers: dict[str, Answer] = {"permissive": "yes", "unknown": "unknown"}
    answer = answers.get(licence.kind, "care")
    reasons = [obligation(licence)]
    if licence.link:
        reasons.append(Reason("preflight.licence_text", {"link": licence.link}))
    if candidate.gated or gated in {"auto", "manual"}:
        answer = "care" if answer == "yes" else answer
        facts = {"link": f"{endpoint}/{candidate.repo}"}
        reasons.append(Reason(f"preflight.gated_{gated or 'manual'}", facts))
    return Check("allowed", answer, tuple(reasons))


def _size(candidate: Candidate, free_bytes: int | None) -> Check:
    if candidate.on_disk:
        return _check("size", "yes", Reason("reason.on_disk"))
    size = candidate.download_bytes
    if size is None:
        return _check("size", "unknown", Reason("preflight.size_unknown"))
    facts = {"bytes": size, "free": free_bytes}
    if free_bytes is None:
        return _check("size", "unknown", Reason("preflight.size_only", facts))
    enough = size < free_bytes
    code = "preflight.size" if enough else "preflight.disk_full"
    return _check("size", "yes" if enough else "no", Reason(code, facts))


def _time(candidate: Candidate, seconds: float | None, bytes_per_s: float | None) -> Check:
    if candidate.on_disk:
        return _check("time", "yes", Reason("preflight.no_time"))
    if seconds is None or bytes_per_s is None:
        code = "preflight.time_unknown" if bytes_per_s is None else "preflight.size_unknown"
        return _check("time", "unknown", Reason(code))
    facts = {"seconds": seconds, "rate": round(bytes_per_s)}
    return _check("time", "yes", Reason("preflight.time", facts))
