# SPDX-License-Identifier: Apache-2.0
"""The one table of colours and sizes. Contrast ratios are recomputed by a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scheme = Literal["light", "dark"]

GRID = 4
"""Spacing comes in multiples of this many pixels: 4, 8, 12, 16, 24, 32."""
RADIUS = 6
CARD_RADIUS = 8


@dataclass(frozen=True, slots=True)
class Tokens:
    """Colours of one theme, as ``#RRGGBB``."""

    scheme: Scheme
    bg: str
    surface: str
    sunken: str
    text: str
    muted: str
    border: str
    """Decoration only."""
    border_strong: str
    """Inputs and buttons."""
    accent: str
    on_accent: str
    accent_soft: str
    ok: str
    warn: str
    bad: str
    series: tuple[str, str, str, str]


LIGHT = Tokens(
    scheme="light",
    bg="#F6F7F9",
    surface="#FFFFFF",
    sunken="#ECEEF2",
    text="#1A1D23",
    muted="#5A6270",
    border="#D5D9E0",
    border_strong="#808896",
    accent="#2F5FD0",
    on_accent="#FFFFFF",
    accent_soft="#E3EBFC",
    ok="#1B7A43",
    warn="#8A5A00",
    bad="#B3261E",
    series=("#2F5FD0", "#B4501E", "#1B7A43", "#8A3FA8"),
)
DARK = Tokens(
    scheme="dark",
    bg="#15171B",
    surface="#1E2126",
    sunken="#111316",
    text="#E8EAED",
    muted="#A2A9B4",
    border="#363B44",
    border_strong="#747C8A",
    accent="#8FB1FF",
    on_accent="#0E1525",
    accent_soft="#26324D",
    ok="#6CCB93",
    warn="#E3B341",
    bad="#FF8A80",
    series=("#8FB1FF", "#FFB072", "#6CCB93", "#D8A3F0"),
)


def tokens_of(scheme: Scheme) -> Tokens:
    """The tokens of a theme."""
    return DARK if scheme == "dark" else LIGHT


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)
