"""The answer to a search for models: filters, order, pages, and which fields are shown."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from .store import Published, Record

EXPANDABLE = frozenset(
    {
        "author", "baseModels", "cardData", "childrenModelCount", "config", "createdAt", "disabled",
        "downloads", "downloadsAllTime", "evalResults", "gated", "gguf", "inference",
        "inferenceProviderMapping", "lastModified", "library_name", "likes", "mask_token",
        "model-index", "pipeline_tag", "private", "resourceGroup", "safetensors", "sha", "siblings",
        "spaces", "tags", "transformersInfo", "trendingScore", "usedStorage", "widgetData",
    }
)  # fmt: skip
PLAIN = (
    "_id", "id", "likes", "trendingScore", "private", "downloads", "tags", "pipeline_tag",
    "library_name", "createdAt", "modelId",
)  # fmt: skip
FULL = ("author", "sha", "lastModified", "gated", "disabled", "siblings")
_SORT_KEYS: Mapping[str, str] = {
    "downloads": "downloads",
    "likes": "likes",
    "likes30d": "likes",
    "lastModified": "lastModified",
    "createdAt": "createdAt",
    "trendingScore": "trendingScore",
}
_APPS: Mapping[str, str] = {
    "llama.cpp": "gguf", "ollama": "gguf", "lmstudio": "gguf", "jan": "gguf",
    "vllm": "transformers", "transformers": "transformers",
}  # fmt: skip
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}

Query = Mapping[str, Sequence[str]]
Row = TypeVar("Row")


class BadQuery(ValueError):
    """The Hub would answer 400 to this."""


@dataclass(frozen=True)
class Page:
    """One page of a listing and the query that asks for the next."""

    items: list[dict[str, Any]]
    next_query: str | None


def flag(query: Query, name: str) -> bool:
    """A switch in a query: lower-case true, or 1."""
    return _last(query, name).lower() in {"true", "1"}


def expanded(query: Query) -> list[str]:
    """The keys asked for by `expand`, also in its array spelling."""
    keys = [*query.get("expand", ()), *query.get("expand[]", ())]
    wrong = [key for key in keys if key not in EXPANDABLE]
    if wrong:
        raise BadQuery(f'"expand" must be one of {sorted(EXPANDABLE)}, not {wrong}')
    return keys


def list_models(published: Sequence[Published], query: Query, page_size: int) -> Page:
    """Search, sort and cut one page."""
    keys = _fields(query)
    tests = _tests(query)
    records = [each.record for each in published]
    found = [record for record in records if all(test(record) for test in tests)]
    key = _SORT_KEYS.get(_last(query, "sort") or "trendingScore")
    if key is None:
        raise BadQuery(f'"sort" must be one of {sorted(_SORT_KEYS)}')
    ascending = _last(query, "direction") == "1"
    found.sort(key=lambda record: record.repository.id)
    found.sort(key=lambda record: record.values[key], reverse=not ascending)
    limit = _last(query, "limit")
    size = min(int(limit), page_size) if limit else page_size
    shown, next_query = cut(found, query, size, lambda record: record.repository.id)
    return Page([record.pick(keys) for record in shown], next_query)


def cut(
    rows: Sequence[Row], query: Query, size: int, name: Callable[[Row], str]
) -> tuple[list[Row], str | None]:
    """The page that the query's cursor points at, and the query for the next one."""
    start = 0
    if cursor := _last(query, "cursor"):
        after = _decode(cursor)
        start = next((n for n, row in enumerate(rows, 1) if name(row) == after), len(rows))
    page = list(rows[start : start + size])
    if start + size >= len(rows) or not page:
        return page, None
    pairs = [(key, value) for key, values in query.items() for value in values if key != "cursor"]
    return page, urlencode([*pairs, ("cursor", _encode(name(page[-1])))])


def _encode(name: str) -> str:
    return base64.urlsafe_b64encode(json.dumps({"$gt": {"_id": name}}).encode()).decode()


def _decode(cursor: str) -> str:
    try:
        return str(json.loads(base64.urlsafe_b64decode(cursor))["$gt"]["_id"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadQuery('"cursor" is not one of ours') from error


def _fields(query: Query) -> list[str]:
    keys = expanded(query)
    if keys:
        return ["_id", "id", *keys]
    shown = list(PLAIN)
    if flag(query, "full"):
        shown += FULL
    shown += ["cardData"] if flag(query, "cardData") else []
    shown += ["config"] if flag(query, "config") else []
    return shown


def _tests(query: Query) -> list[Callable[[Record], bool]]:
    tests: list[Callable[[Record], bool]] = []
    if search := _last(query, "search").lower().split():
        tests.append(lambda record: all(word in record.repository.id.lower() for word in search))
    if author := _last(query, "author"):
        tests.append(lambda record: record.repository.author == author)
    if tag := _last(query, "pipeline_tag"):
        tests.append(lambda record: record.values["pipeline_tag"] == tag)
    wanted = {tag for text in query.get("filter", ()) for tag in text.split(",")}
    wanted |= {_APPS.get(app, f"app:{app}") for app in query.get("apps", ())}
    if wanted:
        tests.append(lambda record: wanted <= _labels(record))
    if gated := _last(query, "gated"):
        tests.append(lambda record: bool(record.repository.gated) == (gated.lower() == "true"))
    if _last(query, "inference") or _last(query, "inference_provider"):
        tests.append(lambda _: False)  # nobody runs these models as a service
    if bounds := _last(query, "num_parameters"):
        low, high = _bounds(bounds)
        tests.append(
            lambda record: record.parameters is not None and low <= record.parameters <= high
        )
    return tests


def _labels(record: Record) -> set[str]:
    values = record.values
    languages = values["cardData"] or {}
    named = languages.get("language") or []
    return {
        *values["tags"],
        *(f"language:{name}" for name in ([named] if isinstance(named, str) else named)),
        *(name for name in (values["pipeline_tag"], values["library_name"]) if name),
    }


def _bounds(text: str) -> tuple[float, float]:
    bounds = {"min": 0.0, "max": float("inf")}
    for part in text.split(","):
        side, _, number = part.partition(":")
        unit = number[-1:].upper() if number[-1:].isalpha() else ""
        try:
            bounds[side] = float(number.removesuffix(number[-1:] if unit else "")) * _UNITS[unit]
        except (ValueError, KeyError) as error:
            raise BadQuery(f'"num_parameters" cannot be {text!r}') from error
    if len(bounds) != 2:
        raise BadQuery(f'"num_parameters" cannot be {text!r}')
    return bounds["min"], bounds["max"]


def _last(query: Query, name: str) -> str:
    values = query.get(name) or [""]
    return values[-1]
