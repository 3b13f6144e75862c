# SPDX-License-Identifier: Apache-2.0
"""Texts that no model can read are refused by name, before a tokenizer fails on all of them at once."""

from __future__ import annotations

from collections.abc import Sequence

from selector.errors import RunFailed

MAX_CHARACTERS = 1_000_000
"""Longer texts take a tokenizer minutes, and no small model reads them anyway."""


def refuse_unreadable(texts: Sequence[str]) -> None:
    """Raises RunFailed with the index of the first text that is empty, too long or no text."""
    for index, text in enumerate(texts):
        if not text.strip():
            raise RunFailed(index=index, detail="the text is empty")
        if len(text) > MAX_CHARACTERS:
            raise RunFailed(index=index, detail=f"longer than {MAX_CHARACTERS} characters")
        if "\0" in text:
            raise RunFailed(index=index, detail="the text holds a NUL character")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise RunFailed(index=index, detail="the text holds half of a character pair")
