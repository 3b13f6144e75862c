# SPDX-License-Identifier: Apache-2.0
"""Search results and local models as JSON and back, with the facts the window shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, cast, get_args

from selector.engines.facts import FileFact, ModelFacts
from selector.errors import BadReference, HubAnswerBad
from selector.fit.base import Fit, Verdict
from selector.hub.candidate import (
    Candidate,
    Licence,
    LicenceClass,
    LocalModel,
    Reason,
    SearchResult,
    Variant,
)
from selector.hub.repository_facts import repository_facts_from_json
from selector.hub.score import component_from_json, factor_from_json
from selector.hub.tally import FilterCount
from selector.intervals import Interval
from selector.reference import parse_reference

FILES_SHOWN = 300
"""Files of one candidate in a search result, the top-level ones first."""
FILES_IN_ALL = 20_000
FEWEST_FILES = 12
FILES_TOLD = 5000
"""Files of one candidate that is asked for alone."""
CONFIG_SHOWN, CONFIG_TOLD = 20_000, 1_000_000
"""Signs of a configuration in a search result, and of one that is asked for alone."""


def facts_to_json(facts: ModelFacts) -> dict[str, Any]:
    """Every field; files as an array of objects."""
    return asdict(facts)


def facts_from_json(data: Mapping[str, Any]) -> ModelFacts:
    """The inverse. Raises KeyError, TypeError or ValueError on anything else."""
    files = tuple(FileFact(**item) for item in data["files"])
    return ModelFacts(**{**data, "files": files})


def _shortened(facts: ModelFacts, files: int, config: int) -> ModelFacts:
    """A result is one line of the worker's protocol: checkpoints by the hundred have no place in it."""
    shown = facts.files
    if len(shown) > files:
        shown = tuple(sorted(shown, key=lambda file: file.path.count("/"))[:files])
    return replace(facts, files=shown, config=_cut(facts.config, config))


def _cut(config: Mapping[str, Any], most: int) -> Mapping[str, Any]:
    """As many entries as there is room for, the short ones first: sizes are short, tables are not."""
    if len(config) <= 40 and len(repr(config)) <= most // 2:
        return config
    kept: dict[str, Any] = {}
    for size, key in sorted(
        (len(json.dumps(value)) + len(key), key) for key, value in config.items()
    ):
        most -= size
        if most < 0:
            break
        kept[key] = config[key]
    return kept


def candidate_to_json(candidate: Candidate) -> dict[str, Any]:
    """The JSON of the command-line contract, and the facts besides."""
    facts = _shortened(candidate.facts, FILES_TOLD, CONFIG_TOLD)
    return {**candidate.to_json(), "facts": facts_to_json(facts)}


def result_to_json(result: SearchResult) -> dict[str, Any]:
    """The JSON of the command-line contract, and the facts of each candidate besides."""
    most = FILES_IN_ALL // max(1, len(result.candidates))
    most = min(FILES_SHOWN, max(FEWEST_FILES, most))
    rows = [
        candidate_to_json(replace(candidate, facts=_shortened(candidate.facts, most, CONFIG_SHOWN)))
        for candidate in result.candidates
    ]
    return {**result.to_json(), "candidates": rows}


def _interval(data: Mapping[str, Any] | None) -> Interval | None:
    if data is None:
        return None
    return Interval(float(data["low"]), float(data["expected"]), float(data["high"]))


def _fit(data: Mapping[str, Any]) -> Fit:
    if data["verdict"] not in get_args(Verdict):
        raise ValueError(data["verdict"])
    speed = data["speed"]
    return Fit(
        verdict=cast("Verdict", data["verdict"]),
        memory_bytes=_interval(data["memory_bytes"]),
        speed=_interval(speed),
        speed_unit=str(speed["unit"]) if speed else "inputs/s",
        basis=str(data["basis"]),
    )


def _reasons(data: Any) -> tuple[Reason, ...]:
    return tuple(Reason(str(item["code"]), dict(item["facts"])) for item in data)


def _count(value: Any) -> int | None:
    return None if value is None else int(value)


def _variant(data: Mapping[str, Any]) -> Variant:
    reference = parse_reference(str(data["ref"]))
    return Variant(
        repo=reference.repo,
        revision=reference.revision or "",
        format=str(data["format"]),
        precision=str(data["precision"]),
        engine=reference.engine,
        download_bytes=data["download_bytes"],
        fit=None if data["fit"] is None else _fit(data["fit"]),
        reason=Reason(str(data["reason"]["code"]), dict(data["reason"]["facts"])),
        on_disk=bool(data["on_disk"]),
    )


def candidate_from_json(data: Mapping[str, Any]) -> Candidate:
    """The inverse, with or without facts. Raises KeyError, TypeError or ValueError."""
    fit, licence = _fit(data["fit"]), data["licence"]
    if licence["class"] not in get_args(LicenceClass):
        raise ValueError(licence["class"])
    facts = data.get("facts")
    return Candidate(
        repo=str(data["id"]),
        revision=str(data["revision"]),
        facts=facts_from_json(facts)
        if facts is not None
        else ModelFacts(
            data["id"], data["revision"], (), parameters=data["parameters"], basis=fit.basis
        ),
        licence=Licence(
            licence["id"],
            cast("LicenceClass", licence["class"]),
            licence.get("name"),
            licence.get("link"),
        ),
        gated=bool(data["gated"]),
        languages=tuple(data["languages"]),
        downloads=_count(data["downloads"]),
        likes=_count(data["likes"]),
        last_modified=data["last_modified"],
        download_bytes=data["download_bytes"],
        engine=data["engine"],
        precision=data["precision"],
        fit=fit,
        risks=_reasons(data["risks"]),
        score=float(data["score"]),
        reasons=_reasons(data["reasons"]),
        on_disk=bool(data["on_disk"]),
        age_s=float(data.get("age_s", 0.0)),
        about=repository_facts_from_json(data.get("about") or {}),
        components=tuple(component_from_json(item) for item in data.get("components") or ()),
        factors=tuple(factor_from_json(item) for item in data.get("factors") or ()),
        why=_reasons(data.get("why") or ()),
        variants=tuple(_variant(item) for item in data.get("variants") or ()),
    )


def result_from_json(data: Mapping[str, Any]) -> SearchResult:
    """A result as it was, with or without facts. Raises HubAnswerBad on anything else."""
    try:
        if data["source"] not in {"hub", "cache"}:
            raise ValueError(data["source"])
        return SearchResult(
            source=data["source"],
            scanned=int(data["scanned"]),
            removed={str(key): int(count) for key, count in data["removed"].items()},
            candidates=tuple(candidate_from_json(item) for item in data["candidates"]),
            age_s=float(data.get("age_s", 0.0)),
            filters={
                str(key): FilterCount(
                    int(count["hidden"]), int(count["alone"]), int(count.get("shown", 0))
                )
                for key, count in data.get("filters", {}).items()
            },
            cause=data.get("cause"),
        )
    except (BadReference, KeyError, TypeError, ValueError, AttributeError) as error:
        raise HubAnswerBad(reason="not a search result", detail=str(error)[:200]) from error


def local_to_json(model: LocalModel) -> dict[str, Any]:
    """The JSON of the command-line contract, and the files besides."""
    return {**model.to_json(), "repo": model.repo, "files": [list(item) for item in model.files]}


def local_from_json(data: Mapping[str, Any]) -> LocalModel:
    """The inverse. Raises KeyError or TypeError on anything else."""
    files = tuple((str(path), str(sha256), int(size)) for path, sha256, size in data["files"])
    return LocalModel(**{**data, "files": files})
