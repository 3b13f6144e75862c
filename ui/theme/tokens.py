# SPDX-License-Identifier: Apache-2.0
"""The visual system as data: colours of both schemes, spacing, radii, type scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Scheme = Literal["light", "dark", "contrast-light", "contrast-dark"]
Tone = Literal["ok", "warn", "bad", "accent", "neutral"]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one scheme, as ``#RRGGBB``."""

    scheme: Scheme
    bg: str
    surface: str
    sunken: str
    hover: str
    text: str
    muted: str
    disabled: str
    border: str
    """Decoration only; whatever can be operated has ``border_strong``."""
    border_strong: str
    accent: str
    accent_hover: str
    on_accent: str
    accent_soft: str
    ok: str
    ok_soft: str
    warn: str
    warn_soft: str
    bad: str
    bad_soft: str
    series: tuple[str, str, str, str]

    def tone(self, tone: Tone) -> tuple[str, str]:
        """Foreground and soft background of a tone."""
        return {
            "ok": (self.ok, self.ok_soft),
            "warn": (self.warn, self.warn_soft),
            "bad": (self.bad, self.bad_soft),
            "accent": (self.accent, self.accent_soft),
            "neutral": (self.muted, self.hover),
        }[tone]


LIGHT: Final = Tokens(
    scheme="light",
    bg="#F6F7F9",
    surface="#FFFFFF",
    sunken="#ECEEF2",
    hover="#E2E6EC",
    text="#1A1D23",
    muted="#5A6270",
    disabled="#808896",
    border="#D5D9E0",
    border_strong="#808896",
    accent="#2F5FD0",
    accent_hover="#264FB0",
    on_accent="#FFFFFF",
    accent_soft="#E3EBFC",
    ok="#1B7A43",
    ok_soft="#E4F4EA",
    warn="#8A5A00",
    warn_soft="#FBF0D9",
    bad="#B3261E",
    bad_soft="#FCE9E7",
    series=("#2F5FD0", "#B4501E", "#1B7A43", "#8A3FA8"),
)
DARK: Final = Tokens(
    scheme="dark",
    bg="#15171B",
    surface="#1E2126",
    sunken="#111316",
    hover="#2B3038",
    text="#E8EAED",
    muted="#A2A9B4",
    disabled="#747C8A",
    border="#363B44",
    border_strong="#747C8A",
    accent="#8FB1FF",
    accent_hover="#A9C3FF",
    on_accent="#0E1525",
    accent_soft="#26324D",
    ok="#6CCB93",
    ok_soft="#1B3328",
    warn="#E3B341",
    warn_soft="#3A3016",
    bad="#FF8A80",
    bad_soft="#43231F",
    series=("#8FB1FF", "#FFB072", "#6CCB93", "#D8A3F0"),
)
CONTRAST_LIGHT: Final = Tokens(
    scheme="contrast-light",
    bg="#FFFFFF",
    surface="#FFFFFF",
    sunken="#FFFFFF",
    hover="#E6E6E6",
    text="#000000",
    muted="#1F1F1F",
    disabled="#595959",
    border="#000000",
    border_strong="#000000",
    accent="#0A2A8C",
    accent_hover="#001A66",
    on_accent="#FFFFFF",
    accent_soft="#DCE6FF",
    ok="#004D1F",
    ok_soft="#E0F5E8",
    warn="#573700",
    warn_soft="#FFF2D6",
    bad="#8A0000",
    bad_soft="#FFE5E3",
    series=("#0A2A8C", "#8A2F00", "#004D1F", "#5E1580"),
)
CONTRAST_DARK: Final = Tokens(
    scheme="contrast-dark",
    bg="#000000",
    surface="#000000",
    sunken="#000000",
    hover="#262626",
    text="#FFFFFF",
    muted="#EDEDED",
    disabled="#A6A6A6",
    border="#FFFFFF",
    border_strong="#FFFFFF",
    accent="#FFE04D",
    accent_hover="#FFEB8A",
    on_accent="#000000",
    accent_soft="#332B00",
    ok="#7DFFB0",
    ok_soft="#00260F",
    warn="#FFC24D",
    warn_soft="#2E2000",
    bad="#FFA8A0",
    bad_soft="#330800",
    series=("#FFE04D", "#7DD0FF", "#7DFFB0", "#F0B0FF"),
)
SCHEMES: Final[dict[Scheme, Tokens]] = {
    "light": LIGHT,
    "dark": DARK,
    "contrast-light": CONTRAST_LIGHT,
    "contrast-dark": CONTRAST_DARK,
}


@dataclass(frozen=True, slots=True)
class Space:
    """Distances on a grid of 4 px."""

    xs: int = 4
    s: int = 8
    m: int = 12
    l: int = 16  # noqa: E741
    xl: int = 24
    xxl: int = 32


@dataclass(frozen=True, slots=True)
class Radius:
    """Corner radii."""

    control: int = 6
    card: int = 8


@dataclass(frozen=True, slots=True)
class TypeScale:
    """Text sizes as multiples of the system's own."""

    title: float = 1.8
    value: float = 1.6
    subtitle: float = 1.2
    section: float = 1.0
    small: float = 0.9


SPACE: Final = Space()
RADIUS: Final = Radius()
TYPE: Final = TypeScale()


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, as WCAG 2 defines it."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
