# SPDX-License-Identifier: Apache-2.0
"""JSON back into dataclasses, for what crosses a process boundary. No numpy: the window imports this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, get_args

from selector.decide.calibration_facts import calibration_from_json
from selector.decide.classical_facts import classical_from_json
from selector.decide.need_llm import need_llm_from_json
from selector.decide.slice_facts import slices_from_json
from selector.decide.verdict_facts import Basis, Decision, Evaluation, RaceFacts, Score, Status
from selector.hub.candidate import Reason
from selector.tasks.outputs import from_json
from selector.trial.measurement import Contestant, Measurement, Timing

Json = Mapping[str, Any]
Triple = tuple[float, float, float]


def contestant_to_json(contestant: Contestant) -> dict[str, Any]:
    """Every field of a contestant; ``files`` as objects."""
    return {
        "ref": contestant.ref,
        "repo": contestant.repo,
        "revision": contestant.revision,
        "engine": contestant.engine,
        "precision": contestant.precision,
        "folder": contestant.folder,
        "parameters": contestant.parameters,
        "download_bytes": contestant.download_bytes,
        "files": [{"path": p, "sha256": h, "size": s} for p, h, s in contestant.files],
        "predicted_memory_bytes": contestant.predicted_memory_bytes,
        "licence": contestant.licence,
        "cost": contestant.cost,
        "datasets": list(contestant.datasets),
    }


def contestant_from_json(data: Json) -> Contestant:
    """The inverse of contestant_to_json. Raises KeyError, TypeError or ValueError."""
    return Contestant(
        ref=str(data["ref"]),
        repo=str(data["repo"]),
        revision=str(data["revision"]),
        engine=str(data["engine"]),
        precision=str(data["precision"]),
        folder=str(data.get("folder", "")),
        parameters=_integer(data.get("parameters")),
        download_bytes=int(data.get("download_bytes", 0)),
        files=tuple(
            (str(x["path"]), str(x["sha256"]), int(x["size"])) for x in data.get("files", ())
        ),
        predicted_memory_bytes=_integer(data.get("predicted_memory_bytes")),
        licence=_text(data.get("licence")),
        cost=_number(data.get("cost")),
        datasets=tuple(str(x) for x in data.get("datasets", ())),
    )


def measurement_to_json(measurement: Measurement) -> dict[str, Any]:
    """``Measurement.to_json`` and what the public JSON leaves out, so that nothing is lost."""
    return measurement.to_json() | {
        "shared": measurement.shared,
        "throughput_unit": measurement.throughput_unit,
        "labels": list(measurement.labels),
        "versions": dict(measurement.versions),
    }


def measurement_from_json(data: Json) -> Measurement:
    """The inverse of measurement_to_json; reads ``Measurement.to_json`` too.

    Raises KeyError, TypeError or ValueError.
    """
    latency, throughput = data.get("latency_s"), data.get("throughput")
    unit = data.get("throughput_unit", "inputs/s")
    return Measurement(
        ref=str(data["ref"]),
        engine=str(data["engine"]),
        precision=str(data["precision"]),
        outputs=tuple(None if x is None else from_json(x) for x in data["outputs"]),
        load_s=_number(data.get("load_s")),
        first_result_s=_number(data.get("first_result_s")),
        latency=None
        if latency is None
        else Timing(
            float(latency["median"]),
            float(latency["p95"]),
            int(latency["n"]),
            _number(latency.get("min")),
        ),
        throughput=None if throughput is None else float(throughput["value"]),
        throughput_unit=str(unit if throughput is None else throughput["unit"]),
        memory_peak_bytes=_integer(data.get("memory_peak_bytes")),
        parameters=_integer(data.get("parameters")),
        error=None if data.get("error") is None else dict(data["error"]),
        shared=bool(data.get("shared", False)),
        labels=tuple(str(x) for x in data.get("labels", ())),
        versions={str(k): str(v) for k, v in data.get("versions", {}).items()},
        item_errors={
            int(x["index"]): {"code": str(x["code"]), "facts": dict(x["facts"])}
            for x in data.get("item_errors") or ()
        },
        rounds=int(data.get("rounds") or 0),
        cpu_s=_number(data.get("cpu_s")),
        warm_start=bool(data.get("warm_start", False)),
        notes=tuple(str(x) for x in data.get("notes") or ()),
        usage={str(k): int(v) for k, v in (data.get("usage") or {}).items()},
    )


def reason_from_json(data: Json) -> Reason:
    """The inverse of Reason.to_json."""
    return Reason(str(data["code"]), dict(data["facts"]))


def score_from_json(data: Json) -> Score:
    """The inverse of Score.to_json. Raises KeyError, TypeError or ValueError."""
    interval, difference = data["interval"], data["difference"]
    return Score(
        ref=str(data["ref"]),
        score=_number(data["score"]),
        interval=None if interval is None else _pair(interval),
        difference=None if difference is None else _triple(difference),
        good_enough=_number(data["good_enough"]),
        parameters=_integer(data["parameters"]),
        latency_s=_number(data["latency_s"]),
        memory_peak_bytes=_integer(data["memory_peak_bytes"]),
        download_bytes=_integer(data["download_bytes"]),
        other_metrics={str(k): _triple(v) for k, v in data["other_metrics"].items()},
        error=None if data["error"] is None else dict(data["error"]),
        cost=_number(data.get("cost")),
        judged=_integer(data.get("judged")),
    )


def decision_from_json(data: Json) -> Decision:
    """The inverse of Decision.to_json. Raises KeyError, TypeError or ValueError."""
    if data["status"] not in {"decided", "undecided"}:
        raise ValueError(f"unknown status {data['status']!r}")
    return Decision(
        choice=_text(data["choice"]),
        status=cast("Status", data["status"]),
        reasons=tuple(reason_from_json(x) for x in data["reasons"]),
        caveats=tuple(reason_from_json(x) for x in data["caveats"]),
        more_examples=_integer(data["more_examples"]),
        runner_up=_text(data["runner_up"]),
        supported_margin=_number(data["supported_margin"]),
        models=tuple(score_from_json(x) for x in data.get("models", ())),
        n=_integer(data.get("n")),
    )


def evaluation_from_json(data: Json) -> Evaluation:
    """The inverse of Evaluation.to_json. Raises KeyError, TypeError or ValueError."""
    return Evaluation(
        task=str(data["task"]),
        metric=str(data["metric"]),
        n=int(data["n"]),
        margin=float(data["margin"]),
        confidence=float(data["confidence"]),
        models=tuple(score_from_json(x) for x in data["models"]),
        decision=decision_from_json(data["decision"]),
        data_sha256=str(data["data"]["sha256"]),
        data_name=str(data["data"]["name"]),
        seed=int(data["seed"]),
        disagreements=tuple(int(x) for x in data["disagreements"]),
        confusion={
            str(ref): [[int(x) for x in row] for row in rows]
            for ref, rows in data["confusion"].items()
        },
        labels=tuple(str(x) for x in data["labels"]),
        need_llm=tuple(need_llm_from_json(x) for x in data.get("need_llm") or ()),
        basis=_basis(data.get("basis", "examples")),
        inputs=_integer(data.get("inputs")),
        classical=None if data.get("classical") is None else classical_from_json(data["classical"]),
        cost=str(data.get("cost", "parameters")),
        failed=str(data.get("failed", "wrong")),
        label_map=tuple((str(a), str(b)) for a, b in data.get("label_map") or ()),
        calibration=tuple(calibration_from_json(x) for x in data.get("calibration") or ()),
        slices=None if data.get("slices") is None else slices_from_json(data["slices"]),
        race=_race(data.get("race")),
    )


def _race(data: Json | None) -> RaceFacts | None:
    return None if data is None else RaceFacts(int(data["evaluations"]), int(data["total"]))


def _basis(value: Any) -> Basis:
    if value not in get_args(Basis):
        raise ValueError(f"unknown basis {value!r}")
    return cast("Basis", value)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _integer(value: Any) -> int | None:
    return None if value is None else int(value)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _pair(value: Any) -> tuple[float, float]:
    low, high = value
    return float(low), float(high)


def _triple(value: Any) -> Triple:
    low, middle, high = value
    return float(low), float(middle), float(high)
