# SPDX-License-Identifier: Apache-2.0
"""One question to a chat endpoint: what is asked, its key in the store of answers, its body on the wire. Pure.

Servers differ in what they take. A question starts with everything (a schema of the answer, a temperature
of 0, ``max_tokens``); what a server's refusal names is left out or renamed, and it is asked again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from selector.engines.endpoint.config import Endpoint
from selector.engines.endpoint.prompts import Prompt
from selector.tasks.base import Task

SHORT_ANSWER = 200
"""Tokens for a category or a number; models that think aloud first need more."""
LONG_ANSWER = 512
_BYTES_PER_TOKEN = 4
_MESSAGE_TOKENS = 8
"""What a message's frame takes."""
EXPECTED_SHORT = 12


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, whatever the server takes."""

    messages: tuple[Mapping[str, str], ...]
    schema: Mapping[str, Any] | None
    """JSON Schema of the answer; None for free text."""
    max_tokens: int
    temperature: float = 0.0
    seed: int | None = None

    @property
    def tokens(self) -> int:
        """About how many tokens are sent: four bytes of UTF-8 each."""
        texts = [message["content"] for message in self.messages]
        schema = len(json.dumps(self.schema)) if self.schema else 0
        sent = sum(len(text.encode("utf-8", "replace")) for text in texts) + schema
        return -(-sent // _BYTES_PER_TOKEN) + _MESSAGE_TOKENS * len(texts)

    @property
    def expected_tokens(self) -> int:
        """About how many come back."""
        return min(self.max_tokens, EXPECTED_SHORT) if self.schema else self.max_tokens

    def key(self, endpoint: Endpoint) -> str:
        """Equal for questions that get the same answer: the address, the model, all that is asked."""
        asked = (
            endpoint.address,
            endpoint.model,
            [dict(message) for message in self.messages],
            None if self.schema is None else dict(self.schema),
            self.max_tokens,
            self.temperature,
            self.seed,
        )
        text = json.dumps(asked, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


def question(
    task: Task,
    prompt: Prompt,
    text: str,
    labels: Sequence[str],
    endpoint: Endpoint,
    parameters: Mapping[str, Any],
) -> Question:
    """The question of one input. ``parameters``: max_new_tokens, temperature, seed, as for any model."""
    room = SHORT_ANSWER
    if task.output_kind == "text":
        room = int(parameters.get("max_new_tokens") or LONG_ANSWER)
    seed = parameters.get("seed")
    return Question(
        messages=tuple(prompt.messages(text, labels)),
        schema=schema_of(task, labels),
        max_tokens=endpoint.max_tokens or room,
        temperature=float(parameters.get("temperature") or 0.0),
        seed=None if seed is None else int(seed),
    )


def schema_of(task: Task, labels: Sequence[str]) -> dict[str, Any] | None:
    """The shape that an answer must have."""
    if task.output_kind == "labels":
        return _object("label", {"type": "string", "enum": list(labels)})
    if task.output_kind == "similarity":
        return _object("similarity", {"type": "number"})
    return None


def _object(name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: dict(value)},
        "required": [name],
        "additionalProperties": False,
    }


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a server takes of a question."""

    structured: bool = True
    room: str = "max_tokens"
    temperature: bool = True
    seed: bool = True

    def body(self, endpoint: Endpoint, asked: Question) -> dict[str, Any]:
        """The JSON of the request."""
        found: dict[str, Any] = {
            "model": endpoint.model,
            "messages": [dict(message) for message in asked.messages],
            "stream": False,
            self.room: asked.max_tokens,
        }
        if self.temperature:
            found["temperature"] = asked.temperature
        if self.seed and asked.seed is not None:
            found["seed"] = asked.seed
        if self.structured and asked.schema is not None:
            schema = {"name": "answer", "strict": True, "schema": dict(asked.schema)}
            found["response_format"] = {"type": "json_schema", "json_schema": schema}
        return found

    def without(self, refusal: str) -> Dialect | None:
        """The dialect to try after a server's refusal; None when it names nothing that can be left out."""
        said = refusal.lower()
        if self.room == "max_tokens" and "max_tokens" in said and "max_completion_tokens" in said:
            return replace(self, room="max_completion_tokens")
        if self.temperature and "temperature" in said:
            return replace(self, temperature=False)
        if self.seed and re.search(r"\bseed\b", said):
            return replace(self, seed=False)
        if self.structured and re.search(r"response_format|json_schema|schema|grammar", said):
            return replace(self, structured=False)
        return None
