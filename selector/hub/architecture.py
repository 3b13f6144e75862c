# SPDX-License-Identifier: Apache-2.0
"""Whether the installed version of transformers builds a model, asked of a worker and remembered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any, Literal, cast, get_args

from selector.errors import EngineMissing, OutOfMemory, PetitError, WorkerCrashed, WorkerSilent
from selector.store.architectures import recall_architecture, remember_architecture
from selector.store.database import Database
from selector.worker.client import WorkerClient

TIMEOUT_S = 60.0
Answer = Literal[
    "runs", "unknown architecture", "remote code", "no configuration", "refused", "too large", "too slow"
]  # fmt: skip
_FINAL = frozenset({"runs", "unknown architecture", "remote code"})
"""Answers that the next try cannot change; the others may be the machine's doing."""


@dataclass(frozen=True, slots=True)
class Support:
    """What came of building the empty model."""

    answer: Answer
    parameters: int | None = None
    architecture: str | None = None
    detail: str | None = None
    """A word on why it was refused."""

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)


def support_from_json(data: Mapping[str, Any]) -> Support | None:
    """The inverse; None for anything else."""
    parameters = data.get("parameters")
    if data.get("answer") not in get_args(Answer) or not isinstance(parameters, int | None):
        return None
    words = {
        name: str(data[name])[:120] if data.get(name) else None
        for name in ("architecture", "detail")
    }
    return Support(cast("Answer", data["answer"]), parameters, **words)


def version() -> str:
    """The installed transformers, without importing it; empty when there is none."""
    try:
        return metadata.version("transformers")
    except metadata.PackageNotFoundError:
        return ""


def key_of(config: Mapping[str, Any], installed: str) -> str:
    """Under which an answer is kept: another configuration or installed version asks anew."""
    text = json.dumps([installed, config], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def kept(database: Database, config: Mapping[str, Any]) -> Support | None:
    """A kept answer."""
    found = recall_architecture(database, key_of(config, version()))
    return None if found is None else support_from_json(found)


def check(
    config: Mapping[str, Any],
    database: Database,
    cancelled: Callable[[], bool] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Support:
    """Whether this configuration can be built here, from what is kept or by a worker (seconds).

    Raises EngineMissing when there is no transformers, StoreProblem, Cancelled.
    """
    if not version():
        raise EngineMissing(engine="torch")
    if not config.get("model_type"):
        return Support("no configuration")
    if (found := kept(database, config)) is not None:
        return found
    answer = _asked(config, cancelled, timeout_s)
    if answer.answer in _FINAL:
        remember_architecture(database, key_of(config, version()), answer.to_json())
    return answer


def _asked(
    config: Mapping[str, Any], cancelled: Callable[[], bool] | None, timeout_s: float
) -> Support:
    worker = WorkerClient("architecture")
    try:
        args = {"config": dict(config)}
        said = worker.call("check", args, cancelled=cancelled, timeout_s=timeout_s)
        return support_from_json(said) or Support("refused")
    except WorkerSilent:
        return Support("too slow")
    except (OutOfMemory, WorkerCrashed):
        return Support("too large")
    except PetitError as error:
        return Support("refused", detail=error.code)
    finally:
        worker.close(patience_s=0.2)
