# SPDX-License-Identifier: Apache-2.0
"""The Hub's answer about one model, made into ModelFacts. Pure: requests are made in complete.py."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from selector.engines.facts import FileFact, ModelFacts, format_of, formats_of
from selector.errors import BadReference, HubAnswerBad
from selector.hub import checked
from selector.hub.headers import Tensors
from selector.hub.safe_path import safe_path
from selector.reference import parse_reference

COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BUFFER_DTYPES = ("I64", "BOOL")
_FILES = 20_000
_BYTES = 10**14
_NOT_CONFIG = frozenset({"tokenizer_config", "processor_config", "chat_template_jinja"})


def _file(sibling: object, repo: str) -> FileFact:
    entry = checked.mapping(sibling)
    name = entry.get("rfilename")
    if not isinstance(name, str):
        raise HubAnswerBad(reason="a file without a name", repo=repo)
    lfs = checked.mapping(entry.get("lfs"))
    sha256, git_sha1 = lfs.get("sha256"), entry.get("blobId")
    large = isinstance(sha256, str) and bool(_SHA256.fullmatch(sha256))
    small = isinstance(git_sha1, str) and bool(COMMIT.fullmatch(git_sha1))
    size = checked.whole(lfs.get("size"), _BYTES) if large else None
    return FileFact(
        path=safe_path(name, repo),
        size=size if size is not None else checked.whole(entry.get("size"), _BYTES) or 0,
        sha256=sha256 if large else None,
        # For a large file blobId is the id of git's pointer, not of the content.
        git_sha1=git_sha1 if small and not large else None,
    )


def weight_format(paths: Iterable[str]) -> str | None:
    """The safest format among the files: safetensors, then onnx, gguf, and pickle last."""
    return next(iter(formats_of(paths)), None)


def identity(raw: Mapping[str, Any]) -> tuple[str, str]:
    """Repository and commit of an answer. Raises HubAnswerBad when either is not what it must be."""
    repo, sha = raw.get("id") or raw.get("modelId"), raw.get("sha")
    try:
        named = parse_reference(repo) if isinstance(repo, str) else None
    except BadReference:
        named = None
    if named is None or named.repo != repo:
        raise HubAnswerBad(reason="id", value=checked.text(repo, 80))
    if not isinstance(sha, str) or not COMMIT.fullmatch(sha):
        raise HubAnswerBad(reason="commit", repo=named.repo)
    return named.repo, sha


def _weights(raw: Mapping[str, Any], kind: str | None) -> tuple[int | None, dict[str, int]]:
    """Parameters and parameters by dtype from the fields the Hub fills in itself."""
    if kind == "safetensors":
        field = checked.mapping(raw.get("safetensors"))
        by_dtype = checked.counts(field.get("parameters"))
        # ``total`` counts tied weights once, the sum counts them as often as they are stored; both
        # count buffers, of which those of whole numbers and truths show in the dtypes.
        stored = checked.whole(field.get("total")) or sum(by_dtype.values())
        buffers = sum(by_dtype.get(name, 0) for name in _BUFFER_DTYPES)
        return (stored - buffers if stored > buffers else stored) or None, by_dtype
    if kind == "gguf":
        # Here ``total`` is a number of weights; the file sizes depend on the quantisation.
        return checked.whole(checked.mapping(raw.get("gguf")).get("total")) or None, {}
    return None, {}


def _config(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The Hub's extract of config.json, without the tokenizer's templates: long, and of no use here."""
    config = checked.mapping(raw.get("config"))
    return {key: value for key, value in config.items() if key not in _NOT_CONFIG}


def facts_from_info(raw: Mapping[str, Any]) -> ModelFacts:
    """The facts in one answer of ``/api/models``.

    A file whose size the answer leaves out has size 0. Raises HubAnswerBad, UnsafePath.
    """
    repo, sha = identity(raw)
    files = tuple(_file(item, repo) for item in checked.items(raw.get("siblings"), _FILES))
    config = _config(raw)
    kind = weight_format(file.path for file in files)
    parameters, by_dtype = _weights(raw, kind)
    return ModelFacts(
        repo=repo,
        revision=sha,
        files=files,
        config=config,
        parameters=parameters,
        parameters_by_dtype=by_dtype,
        weight_format=kind,
        needs_remote_code="auto_map" in config or "custom_code" in checked.texts(raw.get("tags")),
        basis="hub" if parameters else "unknown",
    )


def with_config(facts: ModelFacts, config: Mapping[str, Any]) -> ModelFacts:
    """The same model with its whole config.json, which says more than the Hub's extract."""
    merged = {**facts.config, **config}
    return replace(
        facts, config=merged, needs_remote_code=facts.needs_remote_code or "auto_map" in merged
    )


def with_weights(facts: ModelFacts, tensors: Tensors) -> ModelFacts:
    """The same model with the counts of its own header, tied weights once and buffers not."""
    total = tensors.parameters(tied=facts.config.get("tie_word_embeddings") is True)
    if total <= 0:
        return facts
    by_dtype = dict(tensors.by_dtype)
    return replace(facts, parameters=total, parameters_by_dtype=by_dtype, basis="header")


def with_file_sizes(facts: ModelFacts) -> ModelFacts:
    """A guess from file sizes, for models that nothing else is known of: four bytes a weight."""
    if facts.parameters is not None or facts.weight_format is None:
        return facts
    sizes = [file.size for file in facts.files if format_of(file.path) == facts.weight_format]
    # Several formats or several copies lie side by side: the largest single file is one model.
    largest = max(sizes, default=0)
    if not largest:
        return facts
    return replace(facts, parameters=max(1, largest // 4), basis="file size")


def planned_weights(paths: Iterable[str]) -> bool:
    """Whether a download plan contains weights at all."""
    return any(format_of(path) in {"safetensors", "gguf", "onnx"} for path in paths)
