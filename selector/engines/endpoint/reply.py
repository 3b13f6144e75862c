# SPDX-License-Identifier: Apache-2.0
"""What came back from a chat endpoint, and the answer in it: strict where it can be, tolerant where it must. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from selector.endpoint_errors import AnswerBad, AnswerRefused, AnswerUnusable
from selector.tasks.base import OutputKind
from selector.tasks.outputs import Labels, Output, ScoredLabel, Similarity, Text
from selector.tasks.words import fold

SHOWN = 160
"""Characters of an answer that an error repeats."""
_LONGEST = 1_000_000
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```[a-zA-Z]*\s*(.*?)```", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.,])-?\d+(?:[.,]\d+)?(?![\w])")
_AROUND = " \t\r\n\"'`*_.,:;!?()[]{}«»“”‘’-–•"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer as it was given. Token counts are None where the server did not say them."""

    text: str
    finish: str
    refusal: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)


def reply_from_json(data: Mapping[str, Any]) -> Reply:
    """The inverse of Reply.to_json. Raises KeyError or TypeError."""
    return Reply(
        str(data["text"]),
        str(data["finish"]),
        str(data.get("refusal", "")),
        _count(data.get("prompt_tokens")),
        _count(data.get("completion_tokens")),
    )


def _count(value: Any) -> int | None:
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40
    return value if good else None


def read_reply(data: Any, host: str) -> Reply:
    """A chat completion. Raises AnswerBad when it is none."""
    try:
        choice = data["choices"][0]
        message = choice["message"]
        content = message.get("content")
    except (KeyError, IndexError, TypeError, AttributeError):
        raise AnswerBad(host=host, reason="endpoint.no_completion") from None
    if isinstance(content, list):  # parts, as some servers give them
        content = "".join(str(x.get("text", "")) for x in content if isinstance(x, dict))
    refusal = message.get("refusal") or ""
    if content is None:
        content = ""
    if not isinstance(content, str) or not isinstance(refusal, str) or len(content) > _LONGEST:
        raise AnswerBad(host=host, reason="endpoint.no_completion")
    usage = data.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return Reply(
        content.encode("utf-8", "replace").decode("utf-8"),
        str(choice.get("finish_reason") or "")[:40],
        refusal[:1000],
        _count(usage.get("prompt_tokens")),
        _count(usage.get("completion_tokens")),
    )


def output_of(reply: Reply, kind: OutputKind, labels: Sequence[str]) -> Output:
    """The answer to the task. Raises AnswerRefused, AnswerUnusable."""
    if reply.refusal or reply.finish == "content_filter":
        raise AnswerRefused(said=(reply.refusal or reply.text)[:SHOWN])
    said = _THOUGHT.sub("", reply.text).strip()
    if kind == "text":
        if not said:
            raise _unusable(said, reply)
        return Text(said, reply.completion_tokens or 0)
    found: Output | None = None
    if kind == "labels":
        label = _label(said, labels)
        found = None if label is None else Labels((ScoredLabel(label, 1.0),))
    else:
        number = _similarity(said)
        found = None if number is None else Similarity(number)
    if found is None:
        raise _unusable(said, reply)
    return found


def _unusable(said: str, reply: Reply) -> AnswerUnusable:
    cut = "endpoint.cut" if reply.finish == "length" else "endpoint.uncut"
    return AnswerUnusable(said=said[:SHOWN], reason=cut)


def _values(said: str, name: str) -> list[Any]:
    """Candidates in JSON, whole or in a fence or in braces; empty when there is none."""
    texts = [said, *_FENCE.findall(said)]
    if (start := said.find("{")) >= 0:
        texts.append(said[start : said.rfind("}") + 1])
    found = []
    for text in texts:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            value = value.get(name, next(iter(value.values())) if len(value) == 1 else None)
        found.append(value)
    return found


def _label(said: str, labels: Sequence[str]) -> str | None:
    """The one label that was meant; None when there is none, or more than one."""
    for text in [*(v for v in _values(said, "label") if isinstance(v, str)), said]:
        if (same := _same(text, labels)) is not None:
            return same
    return _mentioned(said, labels)


def _same(text: str, labels: Sequence[str]) -> str | None:
    if text in labels:
        return text
    for plain in (lambda x: x.strip(_AROUND), lambda x: fold(x).strip(_AROUND), _bare):
        found = [label for label in labels if plain(label) == plain(text)]
        if len(found) == 1:
            return found[0]
    return None


def _bare(text: str) -> str:
    """Letters and digits alone: ``Lost card`` is ``lost_card``."""
    return re.sub(r"[\W_]+", "", fold(text))


def _mentioned(said: str, labels: Sequence[str]) -> str | None:
    """The only label that occurs in ``said`` as a word; one inside a longer one that occurs does not count."""
    text = fold(said)
    spans: list[tuple[int, int, str]] = []
    for label in labels:
        if not (name := fold(label).strip()):
            continue
        pattern = rf"(?<!\w){re.escape(name)}(?!\w)"
        spans += [(m.start(), m.end(), label) for m in re.finditer(pattern, text)]
    outer = [
        x
        for x in spans
        if not any(y[0] <= x[0] and x[1] <= y[1] and y[1] - y[0] > x[1] - x[0] for y in spans)
    ]
    found = {label for _, _, label in outer}
    return found.pop() if len(found) == 1 else None


def _similarity(said: str) -> float | None:
    values = [v for v in _values(said, "similarity") if not isinstance(v, bool)]
    for value in [*values, *_NUMBER.findall(said)[:1]]:
        try:
            number = float(str(value).replace(",", "."))
        except ValueError:
            continue
        if math.isfinite(number) and -1 <= number <= 1:
            return number
    return None
