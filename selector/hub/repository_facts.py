# SPDX-License-Identifier: Apache-2.0
"""Everything known of a repository before its download, each value with its source or unknown.

What the weights' bytes are is not here: they belong to a variant (see variants.py). ``usedStorage`` of
the Hub is never read, because it counts every format and every old version of a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, cast, get_args

from selector.hub.known import Known, known_from_json

Relation = Literal["finetune", "adapter", "merge", "quantized", "unknown"]
ScanState = Literal["safe", "issues", "not scanned"]


@dataclass(frozen=True, slots=True)
class BaseModel:
    """What a model was made from, and how."""

    id: str
    relation: Relation


@dataclass(frozen=True, slots=True)
class Claim:
    """A result that the repository states of itself; nobody here measured it."""

    dataset: str
    metric: str
    value: float
    verified: bool
    """The entry carries the Hub's mark of a verified result."""


@dataclass(frozen=True, slots=True)
class Carbon:
    """Emissions of the training as the card states them, in grams of CO2 equivalent."""

    grams: float
    how: str | None = None
    """Which part of the training, and how the number came about."""


@dataclass(frozen=True, slots=True)
class Scan:
    """The Hub's scanners: ``issues`` for every file they name, whatever the level."""

    state: ScanState
    files: tuple[tuple[str, str], ...] = ()
    """Path and level of each file with an issue."""


def _unknown() -> Known[Any]:
    return Known()


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """The facts of one repository at one commit."""

    parameters: Known[int] = field(default_factory=_unknown)
    """Weights of the model, tied ones once, buffers not."""
    dtype: Known[str] = field(default_factory=_unknown)
    """What most of the weights are stored as: F32, BF16, F16 …"""
    architecture: Known[str] = field(default_factory=_unknown)
    context_tokens: Known[int] = field(default_factory=_unknown)
    languages: Known[tuple[str, ...]] = field(default_factory=_unknown)
    library: Known[str] = field(default_factory=_unknown)
    task_tag: Known[str] = field(default_factory=_unknown)
    gated: Known[str] = field(default_factory=_unknown)
    """``no``, ``auto`` (accept and go on) or ``manual`` (the authors decide)."""
    base_models: Known[tuple[BaseModel, ...]] = field(default_factory=_unknown)
    datasets: Known[tuple[str, ...]] = field(default_factory=_unknown)
    claims: Known[tuple[Claim, ...]] = field(default_factory=_unknown)
    carbon: Known[Carbon] = field(default_factory=_unknown)
    created: Known[str] = field(default_factory=_unknown)
    modified: Known[str] = field(default_factory=_unknown)
    downloads: Known[int] = field(default_factory=_unknown)
    likes: Known[int] = field(default_factory=_unknown)
    scan: Known[Scan] = field(default_factory=_unknown)
    remote_code: Known[bool] = field(default_factory=_unknown)
    custom_pipelines: Known[tuple[str, ...]] = field(default_factory=_unknown)
    quantised_as: Known[str] = field(default_factory=_unknown)
    """The method that packed the weights (gptq, awq, bitsandbytes …), for what needs its library."""
    documented: Known[tuple[str, ...]] = field(default_factory=_unknown)
    """Which of DOCUMENTED the repository answers."""
    summary: Known[str] = field(default_factory=_unknown)
    """The first words of its card, plain."""

    def to_json(self) -> dict[str, Any]:
        """Each value with its source."""
        return {
            name: cast("Known[Any]", getattr(self, name)).to_json(_WRITERS.get(name, _same))
            for name in _NAMES
        }


NOTHING_KNOWN = RepositoryFacts()
DOCUMENTED = ("card", "licence", "languages", "datasets", "results", "base")
"""Questions that a documented repository answers: a share of them is the ranking's documentation."""
_NAMES = tuple(each.name for each in fields(RepositoryFacts))


def _same(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


_WRITERS = {
    "base_models": lambda found: [{"id": x.id, "relation": x.relation} for x in found],
    "claims": lambda found: [
        {"dataset": x.dataset, "metric": x.metric, "value": x.value, "verified": x.verified}
        for x in found
    ],
    "carbon": lambda found: {"grams": found.grams, "how": found.how},
    "scan": lambda found: {"state": found.state, "files": [list(pair) for pair in found.files]},
}


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in value)


def _base(value: Any) -> tuple[BaseModel, ...]:
    known = get_args(Relation)
    return tuple(
        BaseModel(str(x["id"]), x["relation"] if x["relation"] in known else "unknown")
        for x in value
    )


def _claims(value: Any) -> tuple[Claim, ...]:
    return tuple(
        Claim(str(x["dataset"]), str(x["metric"]), float(x["value"]), bool(x["verified"]))
        for x in value
    )


def _carbon(value: Any) -> Carbon:
    return Carbon(float(value["grams"]), None if value["how"] is None else str(value["how"]))


def _scan(value: Any) -> Scan:
    if value["state"] not in get_args(ScanState):
        raise ValueError(value["state"])
    return Scan(value["state"], tuple((str(path), str(level)) for path, level in value["files"]))


_READERS: Mapping[str, Any] = {
    "parameters": int, "context_tokens": int, "downloads": int, "likes": int, "remote_code": bool,
    "languages": _texts, "datasets": _texts, "custom_pipelines": _texts, "documented": _texts,
    "base_models": _base, "claims": _claims, "carbon": _carbon, "scan": _scan,
}  # fmt: skip


def repository_facts_from_json(data: Mapping[str, Any]) -> RepositoryFacts:
    """The inverse; a field that an older Petit did not write is unknown.

    Raises KeyError, TypeError or ValueError on anything else.
    """
    return RepositoryFacts(
        **{
            name: known_from_json(data[name], _READERS.get(name, str))
            for name in _NAMES
            if name in data
        }
    )
