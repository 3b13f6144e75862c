"""Evaluations, measurements and trial events made by hand for the pages that show them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from selector.decide.verdict_facts import Decision, Evaluation, Score
from selector.hub.candidate import Reason
from selector.tasks.outputs import Labels, Output, ScoredLabel
from selector.trial.measurement import Measurement, Timing, TrialEvent

SHA = "0123456789abcdef0123456789abcdef01234567"
TASK = "text-classification"
NAMES = ("tiny-banker", "small-banker", "base-banker")
MODELS = tuple(f"acme/{name}@{SHA}" for name in NAMES)
"""As the project names them."""
REFS = tuple(f"{model}#torch-fp32" for model in MODELS)
"""As trials and evaluations name them."""
INPUTS = ("I lost my card", "what is your rate for yen", "close my account")


def labels(*pairs: tuple[str, float]) -> Labels:
    return Labels(tuple(ScoredLabel(*pair) for pair in pairs))


def measurement(position: int, outputs: tuple[Output | None, ...], **changes: Any) -> Measurement:
    facts: dict[str, Any] = {
        "load_s": 2.1,
        "first_result_s": 2.4,
        "latency": Timing(0.0042, 0.0061, len(outputs)),
        "throughput": 180.0,
        "memory_peak_bytes": 412_000_000,
        "parameters": 284_000 * 4**position,
    }
    return Measurement(REFS[position], "torch", "fp32", outputs, **(facts | changes))


def answers() -> list[tuple[Output, ...]]:
    """Of each model; the first one differs from the others on the second input."""
    lost, rate, close = (labels((x, 0.9), ("refund", 0.1)) for x in ("lost", "rate", "close"))
    other = labels(("refund", 0.55), ("rate", 0.4))
    return [(lost, other, close), (lost, rate, close), (lost, rate, close)]


def events_of(position: int, outputs: tuple[Output, ...]) -> list[TrialEvent]:
    ref = REFS[position]
    loaded = {"load_s": 2.0, "memory_bytes": 400_000_000, "parameters": 284_000}
    said = [TrialEvent("output", ref, i, output=x, seconds=0.004) for i, x in enumerate(outputs)]
    return [TrialEvent("loading", ref), TrialEvent("loaded", ref, facts=loaded), *said]


def score(position: int, value: float | None, **changes: Any) -> Score:
    known = value is not None
    facts: dict[str, Any] = {
        "interval": (value - 0.03, value + 0.03) if value is not None else None,
        "difference": (-0.042, -0.02, 0.0) if known else None,
        "good_enough": 0.99 if known else None,
        "parameters": 284_000 * 4**position,
        "latency_s": 0.0004 * 2**position,
        "memory_peak_bytes": 412_000_000 + 9_000_000 * position,
        "download_bytes": 633_000 * 4**position,
    }
    return Score(REFS[position], value, **(facts | changes))


def decided(**changes: Any) -> Evaluation:
    facts = {
        "ref": REFS[0],
        "best": REFS[1],
        "difference": -0.02,
        "difference_low": -0.042,
        "difference_high": 0.011,
        "probability": 0.984,
        "margin": 0.05,
        "cost": "parameters",
        "times_smaller": 4.1,
    }
    chosen = score(0, 0.907, difference=(-0.042, -0.02, 0.011), good_enough=0.984)
    evaluation = Evaluation(
        task=TASK,
        metric="accuracy",
        n=440,
        margin=0.05,
        confidence=0.975,
        models=(chosen, score(1, 0.927, difference=(0.0, 0.0, 0.0)), score(2, 0.9)),
        decision=Decision(
            REFS[0],
            "decided",
            (
                Reason("reason.smallest_good_enough", facts),
                Reason("reason.faster", {"ref": REFS[0], "best": REFS[1], "times": 1.789}),
            ),
            (),
            None,
            REFS[1],
            0.05,
        ),
        data_sha256="0" * 64,
        data_name="mails.csv",
        confusion={ref: [[20, 2], [1, 17]] for ref in REFS},
        labels=("lost", "rate"),
    )
    return replace(evaluation, **changes)


def undecided(**changes: Any) -> Evaluation:
    reasons = (
        Reason(
            "reason.provisional",
            {
                "ref": REFS[1],
                "best": REFS[1],
                "margin": 0.05,
                "probability": 1.0,
                "confidence": 0.975,
            },
        ),
        Reason(
            "reason.open",
            {"ref": REFS[0], "difference_low": -0.06, "difference_high": 0.01, "probability": 0.6},
        ),
    )
    caveats = (Reason("caveat.few_examples", {"n": 24, "wanted": 30}),)
    decision = Decision(None, "undecided", reasons, caveats, 310, None, 0.075)
    return replace(decided(), n=24, decision=decision, **changes)


def one_failed(**changes: Any) -> Evaluation:
    error = {"code": "worker.crashed", "facts": {"outcome": "killed"}}
    facts = {"ref": REFS[0], "error": "worker.crashed"}
    base = decided()
    decision = replace(
        base.decision,
        choice=REFS[1],
        reasons=(Reason("reason.best_score", {"ref": REFS[1], "score": 0.927}),),
        caveats=(Reason("caveat.failed_contestant", facts),),
    )
    models = (score(0, None, error=error, latency_s=None), *base.models[1:])
    return replace(base, models=models, decision=decision, **changes)
