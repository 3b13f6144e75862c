# SPDX-License-Identifier: Apache-2.0
"""Checks data against the part of JSON Schema 2020-12 that Petit's own schemas use.

A validator of ninety lines instead of a dependency of the shipped app. It refuses keywords it does
not know, so that a schema cannot ask for something that silently is not checked; the tests compare
it with the jsonschema library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_NOTES = {"$schema", "$id", "$defs", "title", "description"}
_KNOWN = _NOTES | {
    *("$ref", "type", "const", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum"),
    *("items", "minItems", "maxItems", "properties", "required", "additionalProperties"),
}


def problems(data: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    """Where ``data`` breaks ``schema``: paths such as ``contestant.files.0.sha256: pattern``."""
    yield from _check(data, schema, schema, "")


def _check(data: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[str]:
    unknown = set(schema) - _KNOWN
    if unknown:
        raise ValueError(f"keywords that are not supported: {sorted(unknown)}")
    if reference := schema.get("$ref"):
        yield from _check(data, root["$defs"][reference.rpartition("/")[2]], root, at)
    if "type" in schema and not _is_type(data, schema["type"]):
        yield f"{at or '.'}: type"
        return
    if "const" in schema and not _same(data, schema["const"]):
        yield f"{at or '.'}: const"
    if "enum" in schema and not any(_same(data, x) for x in schema["enum"]):
        yield f"{at or '.'}: enum"
    if isinstance(data, str):
        yield from _string(data, schema, at)
    elif isinstance(data, int | float) and not isinstance(data, bool):
        if data < schema.get("minimum", data) or data > schema.get("maximum", data):
            yield f"{at}: range"
    elif isinstance(data, list):
        if not schema.get("minItems", 0) <= len(data) <= schema.get("maxItems", len(data)):
            yield f"{at}: length"
        for number, item in enumerate(data):
            yield from _check(item, schema.get("items", {}), root, f"{at}.{number}")
    elif isinstance(data, dict):
        yield from _object(data, schema, root, at)


def _string(data: str, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    if not schema.get("minLength", 0) <= len(data) <= schema.get("maxLength", len(data)):
        yield f"{at}: length"
    if "pattern" in schema and re.search(schema["pattern"], data) is None:
        yield f"{at}: pattern"


def _object(
    data: Mapping[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any], at: str
) -> Iterator[str]:
    prefix = f"{at}." if at else ""
    for name in schema.get("required", ()):
        if name not in data:
            yield f"{prefix}{name}: missing"
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", {})
    for name, value in data.items():
        if name in known:
            yield from _check(value, known[name], root, f"{prefix}{name}")
        elif others is False:
            yield f"{prefix}{name}: not expected"
        elif isinstance(others, dict):
            yield from _check(value, others, root, f"{prefix}{name}")


def _is_type(data: Any, names: str | list[str]) -> bool:
    for name in [names] if isinstance(names, str) else names:
        # In Python a bool is an int, in JSON it is not; and 1.0 is an integer in JSON Schema.
        if isinstance(data, bool):
            if name == "boolean":
                return True
        elif isinstance(data, _TYPES[name]) or (
            name == "integer" and isinstance(data, float) and data.is_integer()
        ):
            return True
    return False


def _same(a: Any, b: Any) -> bool:
    return a == b and isinstance(a, bool) == isinstance(b, bool)
