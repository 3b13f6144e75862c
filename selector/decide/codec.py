# SPDX-License-Identifier: Apache-2.0
"""Evaluations, measurements and contestants from JSON; no numpy, so that the window may use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from selector.decide.verdict_facts import Decision, Evaluation, Score
from selector.hub.candidate import Reason
from selector.tasks.outputs import from_json
from selector.trial.measurement import Contestant, Measurement, Timing


def reason_from_json(data: Mapping[str, Any]) -> Reason:
    """A reason, caveat or warning."""
    return Reason(str(data["code"]), dict(data["facts"]))


def _pair(value: Any) -> tuple[float, float] | None:
    return None if value is None else (float(value[0]), float(value[1]))


def _triple(value: Any) -> tuple[float, float, float] | None:
    return None if value is None else (float(value[0]), float(value[1]), float(value[2]))


def score_from_json(data: Mapping[str, Any]) -> Score:
    """One contestant's scores."""
    others = {
        str(k): _triple(v) or (0.0, 0.0, 0.0) for k, v in data.get("other_metrics", {}).items()
    }
    return Score(
        ref=str(data["ref"]),
        score=data["score"],
        interval=_pair(data["interval"]),
        difference=_triple(data["difference"]),
        good_enough=data["good_enough"],
        parameters=data["parameters"],
        latency_s=data["latency_s"],
        memory_peak_bytes=data["memory_peak_bytes"],
        download_bytes=data.get("download_bytes"),
        other_metrics=others,
        error=data.get("error"),
    )


def evaluation_from_json(data: Mapping[str, Any]) -> Evaluation:
    """The inverse of Evaluation.to_json. Raises KeyError, TypeError or ValueError on anything else."""
    decision = data["decision"]
    return Evaluation(
        task=str(data["task"]),
        metric=str(data["metric"]),
        n=int(data["n"]),
        margin=float(data["margin"]),
        confidence=float(data["confidence"]),
        models=tuple(score_from_json(item) for item in data["models"]),
        decision=Decision(
            choice=decision["choice"],
            status=decision["status"],
            reasons=tuple(reason_from_json(item) for item in decision["reasons"]),
            caveats=tuple(reason_from_json(item) for item in decision["caveats"]),
            more_examples=decision["more_examples"],
            runner_up=decision.get("runner_up"),
            supported_margin=decision.get("supported_margin"),
        ),
        data_sha256=str(data["data"]["sha256"]),
        data_name=str(data["data"]["name"]),
        seed=int(data.get("seed", 0)),
        disagreements=tuple(int(i) for i in data.get("disagreements", ())),
        confusion=dict(data.get("confusion", {})),
        labels=tuple(data.get("labels", ())),
    )


def measurement_to_json(row: Measurement) -> dict[str, Any]:
    """Everything, for another process (the command line's JSON is Measurement.to_json)."""
    return {**row.to_json(), "labels": list(row.labels), "versions": dict(row.versions)}


def measurement_from_json(data: Mapping[str, Any]) -> Measurement:
    """The inverse of measurement_to_json."""
    latency, throughput = data["latency_s"], data["throughput"]
    return Measurement(
        ref=str(data["ref"]),
        engine=str(data["engine"]),
        precision=str(data["precision"]),
        outputs=tuple(None if item is None else from_json(item) for item in data["outputs"]),
        load_s=data["load_s"],
        first_result_s=data["first_result_s"],
        latency=None
        if latency is None
        else Timing(latency["median"], latency["p95"], latency["n"]),
        throughput=None if throughput is None else throughput["value"],
        throughput_unit="inputs/s" if throughput is None else throughput["unit"],
        memory_peak_bytes=data["memory_peak_bytes"],
        parameters=data["parameters"],
        error=data["error"],
        labels=tuple(data.get("labels", ())),
        versions=dict(data.get("versions", {})),
    )


def contestant_to_json(contestant: Contestant) -> dict[str, Any]:
    """Everything, for another process."""
    return asdict(contestant)


def contestant_from_json(data: Mapping[str, Any]) -> Contestant:
    """The inverse of contestant_to_json."""
    files = tuple((str(p), str(h), int(s)) for p, h, s in data.get("files", ()))
    return Contestant(**{**data, "files": files})
