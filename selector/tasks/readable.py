# SPDX-License-Identifier: Apache-2.0
"""Texts that no model can read are told by name, before a tokenizer fails on all of them at once."""

from __future__ import annotations

from selector.input_errors import InputUnusable

MAX_CHARACTERS = 1 << 20
"""Longer texts take a tokenizer minutes, and no small model reads them anyway."""


def unreadable(index: int, text: str) -> InputUnusable | None:
    """Why no model reads ``text``: too long, or characters that are no text; None when it can be read."""
    if len(text) > MAX_CHARACTERS:
        return InputUnusable(
            index=index, reason="input.too_long", characters=len(text), limit=MAX_CHARACTERS
        )
    if "\0" in text:
        return InputUnusable(index=index, reason="input.nul")
    # Encoding is far quicker than looking at each character.
    try:
        text.encode()
    except UnicodeEncodeError:
        return InputUnusable(index=index, reason="input.half_character")
    return None


def empty(index: int, text: str) -> InputUnusable | None:
    """The refusal of a text without anything in it, for tasks that need something."""
    return None if text.strip() else InputUnusable(index=index, reason="input.empty")
