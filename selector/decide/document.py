# SPDX-License-Identifier: Apache-2.0
"""The decision file ``*.petit.json``: what was chosen, pinned, and why. No numpy."""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from selector.decide.pinned import pinned, safe_path
from selector.decide.seal import sealed, unsealed
from selector.decide.shapes import problems
from selector.decide.verdict_facts import Decision, Evaluation, Score
from selector.errors import BadSetting, DecisionUnreadable, TargetNotWritable
from selector.hub.candidate import Reason
from selector.paths import resources_root
from selector.trial.measurement import Contestant, Measurement

SCHEMA_VERSION = 1
FORMAT = "petit.decision"
SUFFIX = ".petit.json"
MOST_LABELS = 60
"""With more of them the table of errors is left out: it grows with their square."""
MAX_BYTES = 5 * 1024 * 1024


@cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema of a decision document, as shipped."""
    path = resources_root() / "schemas" / "decision.schema.json"
    loaded: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def build(
    evaluation: Evaluation,
    measurements: Sequence[Measurement],
    contestants: Sequence[Contestant],
    machine: Any,
    versions: Mapping[str, str],
    licence: Mapping[str, Any] | None,
    now: datetime,
    *,
    chosen: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    samples: Sequence[tuple[str, Mapping[str, Any]]] = (),
    considered: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The document of one evaluation.

    Args:
        evaluation: scores and decision.
        measurements: of the same trial; the chosen one's library versions and labels are kept.
        contestants: of the same trial.
        machine: a dataclass or a mapping, written as data.
        versions: of libraries, by distribution name; those of the chosen measurement win.
        licence: ``id``, ``class`` and ``obligations`` of the chosen model.
        now: with a time zone.
        chosen: the user's own choice; None takes the decision's.
        parameters: that the outputs were made with.
        samples: public inputs (a task's own, never the user's) and output JSON of the chosen model,
            for an export to check itself with.
        considered: what the search before looked at and took away (see desk/considered.py).

    Raises:
        BadSetting: ``chosen`` is no contestant.
        NotDownloaded: a file of the chosen contestant is gone and its hash is not known.
        DecisionUnreadable: the result does not fit the schema.
    """
    ref = chosen or evaluation.decision.choice
    contestant = next((x for x in contestants if x.ref == ref), None)
    if ref is not None and contestant is None:
        known = ", ".join(x.ref for x in contestants)
        raise BadSetting(setting="chosen", value=ref, allowed=known)
    row = next((x for x in measurements if x.ref == ref), None)
    score = next((x for x in evaluation.models if x.ref == ref), None)
    by = None if ref is None else "petit" if ref == evaluation.decision.choice else "user"
    document = {
        "format": FORMAT,
        "schema_version": SCHEMA_VERSION,
        "created": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "task": evaluation.task,
        "contestant": None if contestant is None else pinned(contestant),
        "chosen_by": by,
        "parameters": dict(parameters or {})
        | ({"labels": list(row.labels)} if row is not None and row.labels else {}),
        "metric": {
            "id": evaluation.metric,
            "score": None if score is None else score.score,
            "interval": None if score is None or score.interval is None else list(score.interval),
            "n": evaluation.n,
            "basis": evaluation.basis,
            "margin": evaluation.margin,
            "confidence": evaluation.confidence,
        },
        "data": {"name": evaluation.data_name, "sha256": evaluation.data_sha256},
        "decision": evaluation.decision.to_json(),
        "models": [model.to_json() for model in evaluation.models],
        "errors": _errors(evaluation),
        "considered": None if considered is None else dict(considered),
        "need_llm": [each.to_json() for each in evaluation.need_llm],
        "machine": _without_places(_plain(machine)),
        "licence": {"id": None, "class": None, "obligations": []} | dict(licence or {}),
        "versions": dict(versions) | (dict(row.versions) if row is not None else {}),
        "samples": [{"input": text, "output": dict(output)} for text, output in samples],
    }
    # Through JSON and back: what is checked is exactly what is written.
    written: dict[str, Any] = json.loads(json.dumps(document, allow_nan=False))
    check(written, "")
    return written


def _errors(evaluation: Evaluation) -> dict[str, Any]:
    """Which label was taken for which, by each contestant: counts alone, never an example."""
    labels = evaluation.labels if len(evaluation.labels) <= MOST_LABELS else ()
    confusion = {ref: [list(row) for row in rows] for ref, rows in evaluation.confusion.items()}
    return {
        "labels": list(labels),
        "confusion": confusion if labels else {},
        "contested": len(evaluation.disagreements),
    }


def unmeasured(
    contestant: Contestant,
    task: str,
    metric: str,
    machine: Any,
    licence: Mapping[str, Any] | None,
    now: datetime,
) -> dict[str, Any]:
    """The document of a model taken without any examples: pinned like the others, with no evidence.

    Raises as ``build``.
    """
    caveat = Reason("caveat.not_measured", {"ref": contestant.ref})
    nothing = Score(
        contestant.ref, None, None, None, None, contestant.parameters, None, None,
        contestant.download_bytes,
    )  # fmt: skip
    evaluation = Evaluation(
        task=task,
        metric=metric,
        n=0,
        margin=0.0,
        confidence=0.0,
        models=(nothing,),
        decision=Decision(None, "undecided", (), (caveat,), more_examples=None),
        data_sha256=hashlib.sha256(b"").hexdigest(),
        data_name="",
    )
    return build(evaluation, (), (contestant,), machine, {}, licence, now, chosen=contestant.ref)


def taken(
    document: Mapping[str, Any], contestant: Contestant, licence: Mapping[str, Any]
) -> dict[str, Any]:
    """The same decision with another contestant taken: the user's choice, the evidence as it was.

    Raises BadSetting when ``contestant`` was not measured in this decision, NotDownloaded.
    """
    score = next((x for x in document["models"] if x["ref"] == contestant.ref), None)
    if score is None:
        known = ", ".join(x["ref"] for x in document["models"])
        raise BadSetting(setting="model", value=contestant.ref, allowed=known)
    recommended = document["decision"]["choice"] == contestant.ref
    other = {
        **document,
        "contestant": pinned(contestant),
        "chosen_by": "petit" if recommended else "user",
        "metric": {
            **document["metric"],
            "score": score["score"],
            "interval": score["interval"],
        },
        "licence": {"id": None, "class": None, "obligations": []} | dict(licence),
        # What the first one's outputs were made with says nothing of this one.
        "parameters": {k: v for k, v in document["parameters"].items() if k != "labels"},
        "versions": {},
        "samples": [],
    }
    check(other, "")
    return other


def _without_places(machine: dict[str, Any]) -> dict[str, Any]:
    """A decision travels: under which name its user's folders lie is nobody else's business."""
    disk = machine.get("disk")
    return {**machine, "disk": {**disk, "path": ""}} if isinstance(disk, dict) else machine


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return {} if value is None else dict(value)


def check(document: Any, path: str) -> None:
    """Raises DecisionUnreadable when ``document`` is not a decision of this version."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise DecisionUnreadable(path=path, reason="format")
    version = document.get("schema_version")
    if type(version) is not int or version < 1:
        raise DecisionUnreadable(path=path, reason="version")
    if version > SCHEMA_VERSION:
        raise DecisionUnreadable(path=path, reason="newer", version=version)
    if found := next(problems(document, schema()), None):
        raise DecisionUnreadable(path=path, reason="shape", where=found)
    contestant = document["contestant"]
    for file in () if contestant is None else contestant["files"]:
        if not safe_path(file["path"]):
            raise DecisionUnreadable(path=path, reason="unsafe_path")


def save(document: Mapping[str, Any], path: Path) -> None:
    """Write atomically: the old file stays until the new one is complete.

    Raises:
        DecisionUnreadable: not a decision document.
        TargetNotWritable: the file system refuses.
    """
    check(document, str(path))
    text = json.dumps(sealed(document), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise TargetNotWritable(path=str(path), detail=str(error)) from error


def load(path: Path) -> dict[str, Any]:
    """Read and check a decision file. Raises DecisionUnreadable on anything odd, with the reason."""
    try:
        if not path.is_file():
            raise DecisionUnreadable(path=str(path), reason="missing")
        if path.stat().st_size > MAX_BYTES:
            raise DecisionUnreadable(path=str(path), reason="too_large")
        data = path.read_bytes()
    except OSError as error:
        raise DecisionUnreadable(path=str(path), reason="unreadable") from error
    return parsed(data, str(path))


def parsed(data: bytes, path: str) -> dict[str, Any]:
    """The document in the bytes of a decision file named ``path``. Raises as ``load``."""

    def refuse(constant: str) -> float:
        raise ValueError(constant)

    def finite(number: str) -> float:
        if not math.isfinite(value := float(number)):
            raise ValueError(number)
        return value

    try:
        text = data.decode("utf-8-sig")
        document = json.loads(text, parse_constant=refuse, parse_float=finite)
    except (ValueError, RecursionError) as error:
        raise DecisionUnreadable(path=path, reason="not_json") from error
    check(document, path)
    loaded, whole = unsealed(document)
    if not whole:
        raise DecisionUnreadable(path=path, reason="edited")
    return loaded
