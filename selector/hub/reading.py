# SPDX-License-Identifier: Apache-2.0
"""Reads a repository's facts from the Hub's answer, the card and the configuration. Pure.

Nothing here raises: what is of the wrong type is unknown, and what people wrote is shortened and
cleaned of signs that change the text around them (see checked.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast, get_args

from selector.engines.facts import DTYPE_BYTES, ModelFacts
from selector.errors import BadReference
from selector.hub import checked
from selector.hub.known import Known, Source, first, known
from selector.hub.lineage import library_of
from selector.hub.repository_facts import (
    BaseModel,
    Carbon,
    Claim,
    Relation,
    RepositoryFacts,
    Scan,
)
from selector.reference import parse_reference

_MOST = 20
"""Entries kept of a list that people can make as long as they like."""
_CONTEXT = ("max_position_embeddings", "n_positions", "n_ctx", "max_sequence_length", "seq_length")
# These count two positions that no text can use.
_OFFSET = frozenset(
    {"roberta", "xlm-roberta", "camembert", "longformer", "mpnet", "xlm-roberta-xl"}
)
_BASIS: Mapping[str, Source] = {
    "hub": "metadata", "header": "header", "config": "built", "file size": "file list",
}  # fmt: skip


def read(raw: Mapping[str, Any], facts: ModelFacts) -> RepositoryFacts:
    """Facts from one answer of ``/api/models``, or from what a card on this disk says of it."""
    card, tags = checked.mapping(raw.get("cardData")), checked.texts(raw.get("tags"), 300)
    found = RepositoryFacts(
        languages=_listed(card.get("language"), 200),
        library=first(
            known(_lower(raw.get("library_name")), "metadata"),
            known(_lower(card.get("library_name")), "card"),
            known(library_of(facts, tags), "file list"),
        ),
        task_tag=first(
            known(checked.text(raw.get("pipeline_tag"), 60), "metadata"),
            known(checked.text(card.get("pipeline_tag"), 60), "card"),
        ),
        gated=known(_gated(raw.get("gated")), "metadata"),
        base_models=first(
            known(_base_models(card, tags) or None, "card"),
            known(_told_bases(raw) or None, "metadata"),
        ),
        datasets=_listed(card.get("datasets"), _MOST),
        claims=first(
            known(tuple(_results(raw.get("evalResults")))[:_MOST] or None, "metadata"),
            known(tuple(_index(raw, card))[:_MOST] or None, "card"),
        ),
        carbon=known(_carbon(card.get("co2_eq_emissions")), "card"),
        created=known(checked.text(raw.get("createdAt"), 40), "metadata"),
        modified=known(checked.text(raw.get("lastModified"), 40), "metadata"),
        downloads=known(checked.whole(raw.get("downloads")), "metadata"),
        likes=known(checked.whole(raw.get("likes")), "metadata"),
        scan=known(scan_of(raw), "metadata"),
        custom_pipelines=_listed(checked.mapping(raw.get("config")).get("custom_pipelines"), _MOST),
    )
    gguf = checked.mapping(raw.get("gguf"))
    found = replace(
        found,
        context_tokens=known(checked.whole(gguf.get("context_length"), 10**9), "metadata"),
        architecture=known(checked.text(gguf.get("architecture"), 80), "metadata"),
    )
    return with_model(found, facts, licence_stated="license" in card)


def with_model(
    found: RepositoryFacts, facts: ModelFacts, *, licence_stated: bool | None = None
) -> RepositoryFacts:
    """The same facts with what configuration, header and file list of ``facts`` say."""
    config = facts.config
    names = checked.texts(config.get("architectures"), 4)
    kind = checked.text(config.get("model_type"), 80)
    packed = checked.mapping(config.get("quantization_config")).get("quant_method")
    code = facts.needs_remote_code
    if licence_stated is None:
        licence_stated = "licence" in (found.documented.value or ())
    found = replace(
        found,
        parameters=known(facts.parameters, _BASIS.get(facts.basis, "metadata")),
        dtype=first(
            known(_main_dtype(facts), "header" if facts.basis == "header" else "metadata"),
            known(_stated_dtype(config), "config"),
        ),
        architecture=first(known(names[0] if names else kind, "config"), found.architecture),
        context_tokens=first(known(_context(config, kind), "config"), found.context_tokens),
        quantised_as=known(checked.text(packed, 40), "config"),
        # Without a configuration nobody can say that it needs no code.
        remote_code=known(code if code or config else None, "config"),
        custom_pipelines=first(
            found.custom_pipelines,
            known(checked.texts(list(checked.mapping(config.get("custom_pipelines"))), _MOST) or None, "config"),
            known(("pipeline.py",) if _has(facts, "pipeline.py") else None, "file list"),
        ),
    )  # fmt: skip
    return replace(found, documented=known(_documented(found, facts, licence_stated), "card"))


def _lower(value: object) -> str | None:
    text = checked.text(value, 60)
    return text.lower() if text else None


def _has(facts: ModelFacts, path: str) -> bool:
    return any(file.path == path for file in facts.files)


def _documented(
    found: RepositoryFacts, facts: ModelFacts, licence_stated: bool
) -> tuple[str, ...] | None:
    answers = {
        "card": _has(facts, "README.md"),
        "licence": licence_stated,
        "languages": found.languages.value,
        "datasets": found.datasets.value,
        "results": found.claims.value,
        "base": found.base_models.value,
    }
    return tuple(name for name, answer in answers.items() if answer) or None


def _listed(value: object, most: int) -> Known[tuple[str, ...]]:
    texts = checked.texts(value, most)
    return known(tuple(dict.fromkeys(text[:80] for text in texts)) or None, "card")


def _gated(value: object) -> str | None:
    if value is False:
        return "no"
    # Another word, or a bare true, still means that one has to ask.
    return None if value is None else value if value in ("auto", "manual") else "manual"


def _base_models(card: Mapping[str, Any], tags: tuple[str, ...]) -> tuple[BaseModel, ...]:
    """By the card; the relation is in the tags, which the Hub writes itself."""
    relations: dict[str, Relation] = {}
    for tag in tags:
        kind, _, name = tag.removeprefix("base_model:").partition(":")
        if tag.startswith("base_model:") and kind in get_args(Relation) and name:
            relations[name] = cast("Relation", kind)
    stated = checked.text(card.get("base_model_relation"), 20)
    fallback = cast("Relation", stated if stated in get_args(Relation) else "unknown")
    names = checked.texts(card.get("base_model"), _MOST) or tuple(relations)[:_MOST]
    return tuple(BaseModel(name, relations.get(name, fallback)) for name in names if _is_repo(name))


def _told_bases(raw: Mapping[str, Any]) -> tuple[BaseModel, ...]:
    """By the Hub's own field, for pages whose card says nothing."""
    told = checked.mapping(raw.get("baseModels"))
    stated = checked.text(told.get("relation"), 20)
    relation = cast("Relation", stated if stated in get_args(Relation) else "unknown")
    models = checked.items(told.get("models"), _MOST)
    names = (checked.text(checked.mapping(model).get("id"), 120) for model in models)
    return tuple(BaseModel(name, relation) for name in names if name and _is_repo(name))


def _is_repo(name: str) -> bool:
    try:
        return parse_reference(name).repo == name
    except BadReference:
        return False


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and len(value) < 24:
        try:
            value = float(value.strip().rstrip("%"))
        except ValueError:
            return None
    if isinstance(value, int) and abs(value) > 10**12:
        return None
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _claim(
    dataset: object, metric: object, value: object, mark: object, said: object
) -> Claim | None:
    number, name = _number(value), checked.text(metric, 60)
    of = checked.text(dataset, 80)
    if number is None or name is None or of is None:
        return None
    return Claim(of, name, number, said is not False and checked.text(mark, 4000) is not None)


def _results(value: object) -> Iterator[Claim]:
    """Of ``.eval_results``: each entry bare, or in an envelope with the file it came from."""
    for item in checked.items(value, 200):
        entry = checked.mapping(item)
        entry = checked.mapping(entry.get("data")) or entry
        if "error" in entry:
            continue
        dataset = checked.mapping(entry.get("dataset"))
        mark = entry.get("verifyToken") or entry.get("verify_token")
        metric = dataset.get("task_id") or entry.get("metric") or "score"
        claim = _claim(dataset.get("id"), metric, entry.get("value"), mark, None)
        if claim is not None:
            yield claim


def _index(raw: Mapping[str, Any], card: Mapping[str, Any]) -> Iterator[Claim]:
    """Of ``model-index``: results, each of a data set, each with several metrics."""
    for model in checked.items(raw.get("model-index") or card.get("model-index"), 20):
        for item in checked.items(checked.mapping(model).get("results"), 100):
            result = checked.mapping(item)
            dataset = checked.mapping(result.get("dataset"))
            name = dataset.get("name") or dataset.get("type")
            for entry in checked.items(result.get("metrics"), 20):
                metric = checked.mapping(entry)
                claim = _claim(
                    name,
                    metric.get("type") or metric.get("name"),
                    metric.get("value"),
                    metric.get("verifyToken"),
                    metric.get("verified"),
                )
                if claim is not None:
                    yield claim


def _carbon(value: object) -> Carbon | None:
    entry = checked.mapping(value)
    grams = _number(entry.get("emissions") if entry else value)
    if grams is None or grams < 0:
        return None
    parts = (checked.text(entry.get(key), 80) for key in ("training_type", "source"))
    return Carbon(grams, ", ".join(part for part in parts if part) or None)


def scan_of(raw: Mapping[str, Any]) -> Scan | None:
    """What the scanners say; None when the answer does not hold it. Whatever they name is an issue."""
    value = raw.get("securityRepoStatus", raw.get("securityStatus"))
    if value is None:
        return None
    status = checked.mapping(value)
    issues = status.get("filesWithIssues")
    if issues:
        entries = checked.items(issues) or [issues]
        files = tuple(_issue(item) for item in entries[:_MOST])
        return Scan("issues", files)
    # An empty list is only reassuring when it says that all was looked at.
    done = status.get("scansDone") is True and isinstance(issues, list | None)
    return Scan("safe" if done else "not scanned")


def _issue(item: object) -> tuple[str, str]:
    entry = checked.mapping(item)
    path = checked.text(entry.get("path") or (item if isinstance(item, str) else None), 200)
    return path or "?", checked.text(entry.get("level"), 40) or "?"


def _main_dtype(facts: ModelFacts) -> str | None:
    counts = facts.parameters_by_dtype
    if not counts:
        return None
    return max(counts, key=lambda name: counts[name] * DTYPE_BYTES.get(name, 4))


def _stated_dtype(config: Mapping[str, Any]) -> str | None:
    stated = checked.text(config.get("dtype") or config.get("torch_dtype"), 20)
    names = {"float32": "F32", "float16": "F16", "bfloat16": "BF16", "float64": "F64"}
    return names.get((stated or "").removeprefix("torch."))


def _context(config: Mapping[str, Any], kind: str | None) -> int | None:
    inner = checked.mapping(config.get("text_config"))
    for source in (config, inner):
        for name in _CONTEXT:
            if value := checked.whole(source.get(name), 10**9):
                return value - 2 if kind in _OFFSET and value % 2 == 0 and value > 2 else value
    return None
