# SPDX-License-Identifier: Apache-2.0
"""The model card: what the YAML at the head of a README states, and its first words as plain text.

PyYAML reads the text; only maps, lists and scalars are built from it, without recursion. Aliases are
refused, because nine lines of them stand for gigabytes, and so is anything deep or endless. Words stay
words: YAML 1.1 would read the language code ``no`` as false and ``1:30`` as ninety.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

import yaml

from selector.hub import checked

HEAD_BYTES = 200_000
"""As much of a README is read, however long it is."""
EXCERPT_SIGNS = 400
_FRONT_LIMIT = 120_000
_EVENTS = 20_000
_DEPTH = 24
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER = re.compile(r"[-+]?(\d{1,17}(\.\d{0,17})?|\.\d{1,17})([eE][-+]?\d{1,3})?")
_WORDS: Mapping[str, Any] = {
    "true": True, "True": True, "false": False, "False": False, "null": None, "~": None, "": None,
}  # fmt: skip
_FENCE = re.compile(r"---[ \t]*")
_BODY_SIGNS = 30_000
# What a reader skips whole: code, comments, scripts, drawings. Each ends where its closing stands.
_OPENS = re.compile(r"```|<!--|<(script|style|svg)\b", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}>")
_IMAGE = re.compile(r"!\[[^\[\]\n]{0,200}\]\([^)\n]{0,500}\)")
_LINK = re.compile(r"\[([^\[\]\n]{0,200})\]\([^)\n]{0,500}\)")
_NO_SENTENCE = re.compile(r"\s*([#|=>\-*_]|\d+\.)|.{0,24}$")


def split(text: str) -> tuple[str, str]:
    """The YAML between two lines of dashes at the top, and what follows it."""
    lines = text[:HEAD_BYTES].removeprefix("\ufeff").split("\n")
    if not _FENCE.fullmatch(lines[0].rstrip("\r")):
        return "", "\n".join(lines)
    for number, line in enumerate(lines[1:], 1):
        if _FENCE.fullmatch(line.rstrip("\r")):
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :])
    return "\n".join(lines[1:]), ""


def front_matter(text: str) -> dict[str, Any]:
    """What a README states of itself; empty when it states nothing that can be read."""
    front, _ = split(text)
    if not front.strip() or len(front) > _FRONT_LIMIT:
        return {}
    try:
        found = _built(front)
    except (yaml.YAMLError, _Refused, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _without_code(text: str) -> str:
    kept, at = [], 0
    while opening := _OPENS.search(text, at):
        kept.append(text[at : opening.start()])
        mark = opening[0].lower()
        closing = {"```": "```", "<!--": "-->"}.get(mark, f"</{mark[1:]}")
        end = text.lower().find(closing, opening.end()) if len(kept) < 200 else -1
        if end < 0:
            return " ".join(kept)  # never closed: nothing after it is for readers
        at = end + len(closing)
        if closing.startswith("</"):
            at = max(at, text.find(">", at) + 1)
    return " ".join([*kept, text[at:]])


def excerpt(text: str) -> str | None:
    """The first sentences of a README for people, plain: no markup, no code, no control signs."""
    _, body = split(text)
    body = _TAG.sub(" ", _without_code(body[:_BODY_SIGNS]))
    body = _LINK.sub(r"\1", _IMAGE.sub(" ", body))
    for paragraph in re.split(r"\n\s*\n", html.unescape(body)):
        lines = [line for line in paragraph.split("\n") if not _NO_SENTENCE.match(line)]
        # Unescaping may have made tags of what was none: whatever shows this shows plain text.
        plain = checked.text(" ".join(" ".join(lines).split()), EXCERPT_SIGNS)
        if plain and len(plain) > 40:
            return plain.replace("**", "").replace("`", "")
    return None


class _Refused(Exception):
    """Well-formed, and not what a card is."""


def _scalar(event: Any) -> Any:
    value: str = event.value
    if not event.implicit[0]:  # in quotes, or with a tag of its own: a string
        return value[:HEAD_BYTES]
    if value in _WORDS:
        return _WORDS[value]
    if _NUMBER.fullmatch(value):
        return int(value) if value.lstrip("+-").isdigit() else float(value)
    return value


class _Builder:
    """Puts values where the nesting says; keeps what has begun on a stack."""

    def __init__(self) -> None:
        self.root: Any = None
        self.open: list[dict[str, Any] | list[Any]] = []
        self.keys: list[Any] = []
        """Of each open container the key that waits for its value; lists have none."""

    def add(self, value: Any) -> None:
        """Put a scalar or a new container into the innermost open one."""
        if not self.open:
            self.root = value
        elif isinstance(inside := self.open[-1], list):
            inside.append(value)
        elif self.keys[-1] is None:
            self.keys[-1] = str(value)[:200] if not isinstance(value, dict | list) else "?"
        else:
            inside[self.keys[-1]] = value
            self.keys[-1] = None

    def begin(self, container: dict[str, Any] | list[Any]) -> None:
        """Go into a container."""
        if len(self.open) >= _DEPTH:
            raise _Refused("too deep")
        self.add(container)
        self.open.append(container)
        self.keys.append(None)

    def end(self) -> None:
        """Come out of it."""
        self.open.pop()
        self.keys.pop()


def _built(text: str) -> Any:
    builder = _Builder()
    for count, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        if count > _EVENTS or isinstance(event, yaml.AliasEvent):
            raise _Refused("alias or endless")
        if isinstance(event, yaml.ScalarEvent):
            builder.add(_scalar(event))
        elif isinstance(event, yaml.MappingStartEvent):
            builder.begin({})
        elif isinstance(event, yaml.SequenceStartEvent):
            builder.begin([])
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            builder.end()
        elif isinstance(event, yaml.DocumentEndEvent):
            break
    return builder.root
