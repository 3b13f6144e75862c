# SPDX-License-Identifier: Apache-2.0
"""Size against quality as inline SVG: points with intervals on a logarithmic axis. Pure.

Written with ElementTree, which escapes every text; nothing from outside becomes markup.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.etree.ElementTree import Element, SubElement, tostring

WIDTH, HEIGHT = 760, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 34, 48
ROOM_FOR_NAME = 190
_TEXT, _MUTED, _LINE, _POINT, _CHOSEN = "#1a1d23", "#5a6270", "#d5d9e0", "#5a6270", "#1f7a3d"
_LONGEST = 30


@dataclass(frozen=True, slots=True)
class Point:
    """One model: weights, score and its interval."""

    name: str
    cost: float
    score: float
    low: float
    high: float
    chosen: bool


def trade_off(
    points: Sequence[Point],
    percent: Callable[[float], str],
    size: Callable[[float], str],
    titles: tuple[str, str, str],
) -> str:
    """The drawing; empty with fewer than two points that can be drawn.

    ``titles`` are the drawing's own, for readers who hear it, and those of both axes.
    """
    drawn = [p for p in points if p.cost > 0 and math.isfinite(p.cost + p.score + p.low + p.high)]
    if len(drawn) < 2:
        return ""
    left, right = _wider(
        math.log10(min(p.cost for p in drawn)), math.log10(max(p.cost for p in drawn))
    )
    bottom, top = min(p.low for p in drawn), max(p.high for p in drawn)
    ticks = _ticks(bottom, top)
    bottom, top = min(bottom, ticks[0]), max(top, ticks[-1])

    def x(cost: float) -> float:
        share = (math.log10(cost) - left) / (right - left)
        return LEFT + share * (WIDTH - LEFT - RIGHT - ROOM_FOR_NAME)

    def y(score: float) -> float:
        return HEIGHT - BOTTOM - (score - bottom) / (top - bottom) * (HEIGHT - TOP - BOTTOM)

    svg = Element(
        "svg", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", xmlns="http://www.w3.org/2000/svg"
    )
    svg.set("font-family", "inherit")
    svg.set("font-size", "12")
    SubElement(svg, "title").text = titles[0]
    for tick in ticks:
        _line(svg, (LEFT, y(tick)), (WIDTH - RIGHT, y(tick)), _LINE, 1)
        _text(svg, percent(tick), LEFT - 8, y(tick) + 4, _MUTED, "end")
    for cost in _powers(left, right):
        _line(svg, (x(cost), TOP), (x(cost), HEIGHT - BOTTOM), _LINE, 1)
        _text(svg, size(cost), x(cost), HEIGHT - BOTTOM + 18, _MUTED, "middle")
    _text(svg, titles[1], WIDTH - RIGHT, HEIGHT - 8, _MUTED, "end")
    _text(svg, titles[2], 16, 14, _MUTED, "start")
    heights = _apart([y(p.score) for p in drawn])
    for point, height in zip(drawn, heights, strict=True):
        colour = _CHOSEN if point.chosen else _POINT
        at = x(point.cost)
        _line(svg, (at, y(point.low)), (at, y(point.high)), colour, 2)
        SubElement(
            svg,
            "circle",
            cx=_n(at),
            cy=_n(y(point.score)),
            r="6" if point.chosen else "4.5",
            fill=colour,
        )
        name = point.name if len(point.name) <= _LONGEST else point.name[: _LONGEST - 1] + "…"
        text = _text(svg, name, at + 12, height + 4, _TEXT, "start")
        if point.chosen:
            text.set("font-weight", "600")
    return tostring(svg, encoding="unicode")


def _wider(low: float, high: float) -> tuple[float, float]:
    room = max(0.08 * (high - low), 0.15)
    return low - room, high + room


def _ticks(low: float, high: float) -> list[float]:
    """Four to seven round values that hold ``low`` to ``high``."""
    span = max(high - low, 0.01)
    step = next(s for s in (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1e9) if span / s <= 5)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 6) for n in range(first, max(last, first + 1) + 1)]


def _powers(left: float, right: float) -> list[float]:
    """Round sizes within the axis: powers of ten, and 2 and 5 of them where there is room."""
    found = [10.0**n for n in range(math.ceil(left), math.floor(right) + 1)]
    if len(found) >= 2:
        return found
    finer = [m * 10.0**n for n in range(math.floor(left), math.ceil(right) + 1) for m in (1, 2, 5)]
    return [cost for cost in finer if left <= math.log10(cost) <= right]


def _apart(heights: Sequence[float], least: float = 15.0) -> list[float]:
    """The same heights, moved as little as need be so that the names do not cover each other."""
    low, high = TOP, HEIGHT - BOTTOM - 4
    least = min(least, (high - low) / max(1, len(heights) - 1))
    placed = list(heights)
    order = sorted(range(len(placed)), key=lambda i: heights[i])
    for before, after in pairwise(order):
        placed[after] = max(placed[after], placed[before] + least)
    # Whoever was pushed off the paper comes back, and pushes those above in turn.
    for after, before in pairwise([*reversed(order)]):
        placed[after] = min(placed[after], high)
        placed[before] = min(placed[before], placed[after] - least)
    return placed


def _line(
    svg: Element, start: tuple[float, float], end: tuple[float, float], colour: str, width: int
) -> None:
    points = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
    line = SubElement(svg, "line", {name: _n(value) for name, value in points.items()})
    line.set("stroke", colour)
    line.set("stroke-width", str(width))


def _text(svg: Element, text: str, x: float, y: float, colour: str, anchor: str) -> Element:
    element = SubElement(svg, "text", x=_n(x), y=_n(y), fill=colour)
    element.set("text-anchor", anchor)
    element.text = text
    return element


def _n(value: float) -> str:
    return f"{value:.1f}"
