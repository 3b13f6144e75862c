# SPDX-License-Identifier: Apache-2.0
"""Everything Petit says, in English and French: catalogues of sentences and the writing of numbers.

Sentences are in ``resources/translations/<language>/*.toml``; a key is ``table.key`` with dots for
deeper tables. Placeholders are ``{name}`` or ``{name:kind}`` with kind one of ``bytes``, ``seconds``,
``count``, ``params``, ``percent``, ``points``, ``number``. A key may be a table with ``one`` and
``other``; the fact ``n`` chooses.
"""

from __future__ import annotations

import math
import os
import string
import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from selector.paths import resources_root
from selector.tasks.base import Language

LANGUAGES: tuple[Language, ...] = ("en", "fr")
_NARROW = "\u202f"
_NOBREAK = "\u00a0"


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Every sentence of ``language`` by its dotted key."""
    flat: dict[str, str] = {}

    def add(prefix: str, table: Mapping[str, Any]) -> None:
        for key, value in table.items():
            name = f"{prefix}.{key}" if prefix else key
            if isinstance(value, dict):
                add(name, value)
            else:
                flat[name] = str(value)

    for path in sorted((resources_root() / "translations" / language).glob("*.toml")):
        add("", tomllib.loads(path.read_text(encoding="utf-8")))
    return flat


def system_language() -> Language:
    """French when the environment says so, else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"


def whole_seconds(left: float | None) -> int:
    """What a countdown says: the last second is 1, and not 730 ms."""
    return max(1, math.ceil(left or 0))


class Wording(string.Formatter):
    """Sentences and numbers in one language."""

    def __init__(self, language: str = "en") -> None:
        self.language: Language = "fr" if language == "fr" else "en"
        self._texts = catalogue(self.language)

    def has(self, key: str) -> bool:
        """Whether the catalogue knows ``key``."""
        return key in self._texts or f"{key}.other" in self._texts

    def text(self, key: str, **facts: Any) -> str:
        """The sentence for ``key`` with ``facts`` filled in; the key itself when there is none."""
        pattern = self._texts.get(key)
        if pattern is None:
            one = facts.get("n") == 1 or (self.language == "fr" and facts.get("n") == 0)
            pattern = self._texts.get(f"{key}.{'one' if one else 'other'}", key)
        return self.vformat(pattern, (), facts)

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        """A fact, or an ellipsis: a missing fact must never hide the sentence."""
        return kwargs.get(key, "…") if isinstance(key, str) else "…"

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        """Facts by name only: attribute and index access stay out of reach of the catalogue."""
        return self.get_value(field_name, args, kwargs), field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        """Write one fact."""
        if value is None:
            return "–"
        writers = {
            "bytes": self.bytes,
            "seconds": self.seconds,
            "count": self.count,
            "params": self.parameters,
            "percent": self.percent,
            "points": self.points,
            "number": self.number,
        }
        if format_spec in writers and isinstance(value, int | float):
            return writers[format_spec](value)
        if isinstance(value, list | tuple):
            return ", ".join(str(item) for item in value)
        return str(value)

    # -- numbers ---------------------------------------------------------------------------------

    def number(self, value: float, digits: int = 3) -> str:
        """``value`` with about ``digits`` significant digits, in this language's signs."""
        if not math.isfinite(value):
            return "–"
        if value == 0:
            return "0"
        decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        rounded = round(value, decimals)
        text = f"{rounded:,.{min(decimals, 6)}f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        return self._localised(text)

    def _localised(self, text: str) -> str:
        if self.language == "fr":
            return text.replace(",", _NARROW).replace(".", ",")
        return text

    def count(self, value: float) -> str:
        """A whole number with thousands separated."""
        return self._localised(f"{value:,.0f}")

    def bytes(self, value: float) -> str:
        """Decimal units, as disks and the Hub count: 133 MB, 1.2 GB."""
        units = (
            ("o", "ko", "Mo", "Go", "To")
            if self.language == "fr"
            else ("B", "kB", "MB", "GB", "TB")
        )
        power = 0
        while abs(value) >= 999.5 and power < len(units) - 1:
            value /= 1000
            power += 1
        return f"{self.number(value, 3 if power > 2 else 2 if value < 10 else 3)}{_NOBREAK}{units[power]}"

    def seconds(self, value: float) -> str:
        """A duration from microseconds to hours."""
        if value < 0.001:
            return f"{self.number(value * 1e6, 2)}{_NOBREAK}µs"
        if value < 1:
            return f"{self.number(value * 1e3, 2)}{_NOBREAK}ms"
        if value < 90:
            return f"{self.number(value, 2)}{_NOBREAK}s"
        minutes = round(value / 60)
        if minutes < 90:
            return f"{minutes}{_NOBREAK}min"
        return f"{self.number(value / 3600, 2)}{_NOBREAK}h"

    def age(self, seconds: float) -> str:
        """How old, in minutes, hours or days."""
        minutes = max(1, round(seconds / 60))
        if minutes < 90:
            return self.text("age.minutes", n=minutes)
        hours = round(minutes / 60)
        if hours < 48:
            return self.text("age.hours", n=hours)
        return self.text("age.days", n=round(hours / 24))

    def parameters(self, value: float) -> str:
        """How big a model is: 320 k, 4.2 M, 1.1 B (Md in French)."""
        for limit, name in ((1e9, "Md" if self.language == "fr" else "B"), (1e6, "M"), (1e3, "k")):
            if value >= limit * 0.9995:
                return (
                    f"{self.number(value / limit, 2 if value < 10 * limit else 3)}{_NOBREAK}{name}"
                )
        return self.count(value)

    def percent(self, value: float) -> str:
        """A share (0 to 1) as per cent with one decimal at the most."""
        text = self._localised(f"{value * 100:.1f}".removesuffix(".0"))
        return f"{text}{_NARROW if self.language == 'fr' else ''}%"

    def points(self, value: float) -> str:
        """A difference of shares as percentage points, with its sign."""
        text = self._localised(f"{abs(value) * 100:.1f}".removesuffix(".0"))
        sign = "" if text == "0" else "+" if value > 0 else "−"
        return f"{sign}{text}{_NOBREAK}pt"

    # -- errors ----------------------------------------------------------------------------------

    def _said(self, value: Any, facts: Mapping[str, Any]) -> Any:
        if isinstance(value, str):
            for key in (value, f"why.{value}"):
                if self.has(key):
                    return self.text(key, **facts)
        return value

    def error(self, code: str, facts: Mapping[str, Any]) -> tuple[str, str]:
        """The sentence and the hint for an error code."""
        known = code if self.has(f"error.{code}.message") else "petit.error"
        # A fact may itself be a code: why an engine refuses a model, why a file cannot be read.
        facts = {name: self._said(value, facts) for name, value in facts.items()}
        message = self.text(f"error.{known}.message", **facts)
        hint = self.text(f"error.{known}.hint", **facts) if self.has(f"error.{known}.hint") else ""
        return message, hint
