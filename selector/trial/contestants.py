# SPDX-License-Identifier: Apache-2.0
"""Turns references into contestants: models that are on this disk, pinned, with an engine chosen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from selector import registry
from selector.engines.facts import ModelFacts
from selector.engines.made import source_key
from selector.errors import BadReference, NotDownloaded
from selector.fit.predict import predict_memory
from selector.hub.candidate import LocalModel
from selector.reference import Reference, parse_reference
from selector.trial.choice import Choice, choose, named
from selector.trial.measurement import Contestant

MAX_CONTESTANTS = 12


def choose_engine(
    reference: Reference, task_id: str, facts: ModelFacts, available_bytes: int
) -> Choice:
    """The form of a model that a reference names or, where it names none, that Petit picks.

    Raises UnknownTask, UnknownEngine, UnsupportedModel.
    """
    task, engines = registry.task(task_id), registry.engines()
    if reference.engine is None:
        return choose(facts, task, engines, available_bytes)
    return named(facts, task, engines, available_bytes, reference.engine, reference.precision)


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
    reference: Reference,
    task_id: str,
    model: LocalModel,
    facts: ModelFacts,
    licence: str | None,
    available_bytes: int,
    made: Path,
) -> Contestant:
    """A pinned contestant; ``made`` is where forms are kept that Petit makes itself.

    Raises UnknownTask, UnknownEngine, UnsupportedModel.
    """
    choice = choose_engine(reference, task_id, facts, available_bytes)
    memory = predict_memory(facts, choice.precision, choice.engine)
    # A snapshot may hold other forms of the model too: this one is what is pinned and exported.
    # Of one that is made here it is what it is made from.
    needed = set(registry.engine(choice.engine).files(facts, choice.precision))
    files = tuple(file for file in model.files if file[0] in needed)
    own = made / source_key(files, registry.task(task_id).head or "")
    return Contestant(
        ref=str(Reference(model.repo, model.revision, choice.engine, choice.precision)),
        repo=model.repo,
        revision=model.revision,
        engine=choice.engine,
        precision=choice.precision,
        folder=model.path,
        parameters=facts.parameters,
        download_bytes=sum(size for _, _, size in files),
        files=files,
        predicted_memory_bytes=None if memory is None else round(memory.high),
        licence=licence,
        made=str(own) if choice.reason == "choice.made" else "",
        choice=choice.reason,
        choice_facts=dict(choice.facts),
    )


def read_references(refs: Sequence[str], *, endpoints: bool = False) -> tuple[Reference, ...]:
    """Parse, drop repetitions, keep the order; chat endpoints only where they can take part.

    Raises BadReference.
    """
    if not refs or len(refs) > MAX_CONTESTANTS:
        raise BadReference(reference=f"{len(refs)} models (1 to {MAX_CONTESTANTS})")
    found = tuple(dict.fromkeys(parse_reference(text) for text in refs))
    for each in found:
        if each.engine == "endpoint" and not endpoints:
            raise BadReference(reference=str(each))
    return found
