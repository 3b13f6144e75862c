# SPDX-License-Identifier: Apache-2.0
"""Turns an error into what a banner shows: a sentence, what to do, and technical facts to copy."""

from __future__ import annotations

import json
from dataclasses import dataclass

from selector.errors import PetitError
from selector.log import redact
from selector.wording import Wording
from ui.widgets.message_banner import MessageBanner

_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Message:
    """What happened and why, what to do, and the details that are folded away."""

    text: str
    hint: str
    details: str


def message_of(error: PetitError, wording: Wording) -> Message:
    """The message for ``error``, without tokens or the home folder in its details."""
    code = str(error.facts.get("original_code", error.code))
    text, hint = wording.error(code, error.facts)
    return Message(redact(text), redact(hint), redact(_technical(code, error)))


def show_error(banner: MessageBanner, error: PetitError, wording: Wording) -> None:
    """Say in ``banner`` what happened and what to do."""
    message = message_of(error, wording)
    banner.show_message("error", message.text, message.hint, message.details)


def _technical(code: str, error: PetitError) -> str:
    lines = [code]
    for name, value in error.facts.items():
        plain = isinstance(value, str)
        written = value if plain else json.dumps(value, ensure_ascii=False, default=str)
        lines.append(f"{name}: {written}")
    return "\n".join(lines)[:_LONGEST]
