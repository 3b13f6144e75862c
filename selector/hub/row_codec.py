# SPDX-License-Identifier: Apache-2.0
"""A row as compact JSON for the index, and back. Pure.

What is at its default is left out, and of files only those that say what a model is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from selector.engines.facts import FileFact, ModelFacts
from selector.hub import checked
from selector.hub.candidate import LICENCE_CLASSES, Licence, LicenceClass
from selector.hub.judge import Row
from selector.hub.repository_facts import (
    NOTHING_KNOWN,
    RepositoryFacts,
    repository_facts_from_json,
)

FILES = 80
TAGS = 40
CONFIG_ENTRY = 1500
_PLAIN = ("gated", "downloads", "likes", "last_modified", "task_tag")
_COUNTS = ("downloads", "likes")
"""Nought is known, and something else than unknown."""
_ABOUT = (
    "languages", "library", "gated", "base_models", "datasets", "claims", "carbon", "created",
    "custom_pipelines", "documented", "summary",
)  # fmt: skip
"""Facts of the page. The others follow from files and configuration, or are out of date at once."""
_FACTS = ("parameters", "weight_format", "needs_remote_code", "basis")


def row_to_text(row: Row) -> str:
    """One line of JSON."""
    facts = row.facts
    files = sorted(facts.files, key=lambda file: (file.path.count("/"), file.path))[:FILES]
    config = {
        key: value
        for key, value in facts.config.items()
        if len(json.dumps(value, default=str)) <= CONFIG_ENTRY
    }
    body: dict[str, Any] = {
        "repo": facts.repo,
        "revision": facts.revision,
        "files": [[file.path, file.size] for file in files],
        "config": config,
        "parameters_by_dtype": dict(facts.parameters_by_dtype),
        "licence": [row.licence.id, row.licence.kind],
        "languages": list(row.languages),
        "tags": list(row.tags[:TAGS]),
    }
    body |= {name: getattr(facts, name) for name in _FACTS}
    body |= {name: getattr(row, name) for name in _PLAIN}
    told = row.about.to_json()
    about = {name: told[name] for name in _ABOUT if told[name]["value"] is not None}
    body["about"] = {name: [known["value"], known["source"]] for name, known in about.items()}
    kept = {
        key: value
        for key, value in body.items()
        if value not in (None, False, [], {}) or (key in _COUNTS and value is not None)
    }
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def _licence(value: object) -> Licence:
    pair = checked.items(value, 2)
    kind = pair[1] if len(pair) == 2 and pair[1] in LICENCE_CLASSES else "unknown"
    return Licence(checked.text(pair[0], 80) if pair else None, cast("LicenceClass", kind))


def _files(value: object) -> tuple[FileFact, ...]:
    pairs = [pair for pair in checked.items(value) if isinstance(pair, list) and len(pair) == 2]
    return tuple(FileFact(str(path), checked.whole(size) or 0) for path, size in pairs)


def _about(value: object) -> RepositoryFacts:
    pairs = {
        name: {"value": pair[0], "source": pair[1]}
        for name, pair in checked.mapping(value).items()
        if name in _ABOUT and isinstance(pair, list) and len(pair) == 2
    }
    try:
        return repository_facts_from_json(pairs)
    except (KeyError, TypeError, ValueError):
        return NOTHING_KNOWN


def row_from_text(text: str, age_s: float = 0.0) -> Row | None:
    """The inverse; None for anything else, because one row must not end a search."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, Mapping) or not body.get("repo") or not body.get("revision"):
        return None
    facts = ModelFacts(
        repo=str(body["repo"]),
        revision=str(body["revision"]),
        files=_files(body.get("files")),
        config=checked.mapping(body.get("config")),
        parameters=checked.whole(body.get("parameters")),
        parameters_by_dtype=checked.counts(body.get("parameters_by_dtype")),
        weight_format=checked.text(body.get("weight_format"), 20),
        needs_remote_code=body.get("needs_remote_code") is True,
        basis=checked.text(body.get("basis"), 20) or "unknown",
    )
    return Row(
        facts=facts,
        licence=_licence(body.get("licence")),
        gated=body.get("gated") is True,
        languages=checked.texts(body.get("languages"), 200),
        downloads=checked.whole(body.get("downloads")),
        likes=checked.whole(body.get("likes")),
        last_modified=checked.text(body.get("last_modified"), 40),
        task_tag=checked.text(body.get("task_tag"), 80),
        tags=checked.texts(body.get("tags"), TAGS),
        age_s=age_s,
        about=_about(body.get("about")),
    )
