# SPDX-License-Identifier: Apache-2.0
"""Turns references into contestants: models that are on this disk, pinned, with an engine chosen."""

from __future__ import annotations

from collections.abc import Sequence

from selector import registry
from selector.engines.facts import ModelFacts
from selector.errors import BadReference, NotDownloaded, UnknownEngine, UnsupportedModel
from selector.fit.predict import predict_memory
from selector.hub.candidate import LocalModel
from selector.reference import Reference, parse_reference
from selector.trial.measurement import Contestant

MAX_CONTESTANTS = 12


def choose_engine(reference: Reference) -> tuple[str, str]:
    """Engine and precision of a reference; torch in fp32 unless it says otherwise.

    Raises UnknownEngine.
    """
    engine = registry.engine(reference.engine or "torch")
    precision = reference.precision or engine.info.precisions[0]
    if precision not in engine.info.precisions:
        known = [f"{engine.info.id}-{name}" for name in engine.info.precisions]
        raise UnknownEngine(engine=f"{engine.info.id}-{precision}", known=known)
    return engine.info.id, precision


def find_local(reference: Reference, library: Sequence[LocalModel]) -> LocalModel:
    """The model of ``reference`` on this disk; a shortened revision is enough.

    Raises NotDownloaded.
    """
    found = [model for model in library if model.repo.lower() == reference.repo.lower()]
    if reference.revision and reference.revision != "main":
        found = [model for model in found if model.revision.startswith(reference.revision)]
    if not found:
        raise NotDownloaded(repo=str(reference))
    return found[0]


def contestant(
    reference: Reference, task_id: str, model: LocalModel, facts: ModelFacts, licence: str | None
) -> Contestant:
    """A pinned contestant. Raises UnknownTask, UnknownEngine, UnsupportedModel."""
    engine, precision = choose_engine(reference)
    loadable = registry.engine(engine).can_load(facts, registry.task(task_id))
    if not loadable.ok:
        raise UnsupportedModel(
            repo=model.repo, reason=loadable.reason, **dict(loadable.facts or {})
        )
    memory = predict_memory(facts, precision)
    return Contestant(
        ref=str(Reference(model.repo, model.revision, engine, precision)),
        repo=model.repo,
        revision=model.revision,
        engine=engine,
        precision=precision,
        folder=model.path,
        parameters=facts.parameters,
        download_bytes=model.bytes,
        files=model.files,
        predicted_memory_bytes=None if memory is None else round(memory.high),
        licence=licence,
    )


def read_references(refs: Sequence[str]) -> tuple[Reference, ...]:
    """Parse, drop repetitions, keep the order. Raises BadReference."""
    if not refs or len(refs) > MAX_CONTESTANTS:
        raise BadReference(reference=f"{len(refs)} models (1 to {MAX_CONTESTANTS})")
    return tuple(dict.fromkeys(parse_reference(text) for text in refs))
