# SPDX-License-Identifier: Apache-2.0
"""What an endpoint is asked for a task: prompts that ship with Petit, and the user's own instead of them.

Of a task ``ID`` the first of these counts: ``prompts/ID.toml`` in Petit's own folder, ``prompts/ID.toml``
among the resources, the prompt of the task's kind of output (``labels.toml`` …) among the resources.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selector.endpoint_errors import BadEndpoint, EndpointUnsuited
from selector.paths import resources_root
from selector.tasks.base import PAIR_SEPARATOR, Task

MAX_BYTES = 100_000
_GAP = re.compile(r"\{(input|labels|first|second)\}")
_NEEDS = {"labels": ("input", "labels"), "text": ("input",), "similarity": ("first", "second")}
KINDS = tuple(_NEEDS)
"""Kinds of output that a chat endpoint can give."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Two texts with gaps: ``{input}``, ``{labels}``, ``{first}``, ``{second}``."""

    system: str
    user: str
    own: bool = False
    """Whether the user wrote it."""

    def messages(self, text: str, labels: Sequence[str]) -> list[dict[str, str]]:
        """What is sent, with the gaps filled; a gap inside a filled text stays what it is."""
        first, _, second = text.partition(PAIR_SEPARATOR)
        gaps = {
            "input": text,
            "labels": "\n".join(f"- {label}" for label in labels),
            "first": first,
            "second": second,
        }

        def filled(pattern: str) -> str:
            return _GAP.sub(lambda match: gaps[match[1]], pattern).strip()

        found = [{"role": "system", "content": filled(self.system)}] if self.system.strip() else []
        return [*found, {"role": "user", "content": filled(self.user)}]


def suits(task: Task) -> bool:
    """Whether a chat endpoint can be asked for this task at all."""
    return task.modality == "text" and task.output_kind in KINDS


def prompt_of(task: Task, folder: Path, name: str = "") -> Prompt:
    """The prompt of a task; ``folder`` is where the user's own are. Raises EndpointUnsuited, BadEndpoint."""
    if not suits(task):
        raise EndpointUnsuited(name=name, task=task.id)
    own = folder / f"{task.id}.toml"
    if own.is_file():
        return checked(_read(own, own=True), task)
    shipped = resources_root() / "prompts"
    special = shipped / f"{task.id}.toml"
    return _read(special if special.is_file() else shipped / f"{task.output_kind}.toml", own=False)


def _read(path: Path, *, own: bool) -> Prompt:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadEndpoint(what="prompt", value=path.name, reason="endpoint.prompt_too_long")
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadEndpoint(
            what="prompt", value=path.name, reason="endpoint.prompt_unreadable"
        ) from error
    system, user = data.get("system", ""), data.get("user", "")
    if not isinstance(system, str) or not isinstance(user, str):
        raise BadEndpoint(what="prompt", value=path.name, reason="endpoint.prompt_unreadable")
    return Prompt(system.strip(), user.strip(), own)


def checked(prompt: Prompt, task: Task) -> Prompt:
    """The same. Raises BadEndpoint when a gap that the task needs is missing."""
    both = prompt.system + prompt.user
    if len(both) > MAX_BYTES:
        raise BadEndpoint(what="prompt", value=task.id, reason="endpoint.prompt_too_long")
    for gap in _NEEDS.get(task.output_kind, ()):
        if f"{{{gap}}}" not in both:
            gap = f"{{{gap}}}"
            raise BadEndpoint(what="prompt", value=gap, reason="endpoint.prompt_gap")
    return prompt


def save_prompt(task: Task, folder: Path, prompt: Prompt) -> Path:
    """Keep the user's own prompt; gives its file. Raises BadEndpoint, EndpointUnsuited, OSError."""
    if not suits(task):
        raise EndpointUnsuited(name="", task=task.id)
    checked(prompt, task)
    folder.mkdir(parents=True, exist_ok=True)
    # A JSON string is a TOML string, except for the one sign that JSON leaves bare.
    lines = [
        f"{name} = {json.dumps(text, ensure_ascii=False)}\n".replace("\x7f", "\\u007f")
        for name, text in (("system", prompt.system), ("user", prompt.user))
    ]
    path = folder / f"{task.id}.toml"
    path.write_text("".join(lines), encoding="utf-8")
    return path


def forget_prompt(task: Task, folder: Path) -> None:
    """Go back to the prompt that ships with Petit. Raises OSError."""
    (folder / f"{task.id}.toml").unlink(missing_ok=True)
