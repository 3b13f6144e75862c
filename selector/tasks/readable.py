# SPDX-License-Identifier: Apache-2.0
"""Texts that no model can read are told by name, before a tokenizer fails on all of them at once."""

from __future__ import annotations

from collections.abc import Sequence

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


def without_empty(texts: Sequence[str]) -> tuple[list[int], list[InputUnusable]]:
    """For tasks that need something to work on: the places of texts that hold anything, and the refusals."""
    kept = [index for index, text in enumerate(texts) if text.strip()]
    refused = [
        InputUnusable(index=index, reason="input.empty")
        for index, text in enumerate(texts)
        if not text.strip()
    ]
    return kept, refused
