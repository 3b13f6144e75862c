# SPDX-License-Identifier: Apache-2.0
"""Finds places for the labels of a scatter plot: near their point, over nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF

_DOTS = 10


@dataclass(frozen=True, slots=True)
class Place:
    """Where a label goes; ``far`` ones get a line to their point."""

    box: QRectF
    far: bool


def place_labels(
    points: Sequence[QPointF],
    sizes: Sequence[QSizeF],
    taken: Sequence[QRectF],
    area: QRectF,
    gap: float,
    keep_clear: Sequence[QRectF] = (),
    rather_not: Sequence[QRectF] = (),
) -> list[Place | None]:
    """A place for each label, the first ones served first; None where there is no room.

    Neither labels nor their lines come over ``keep_clear``; labels alone come over nothing ``taken``,
    and over ``rather_not`` only when there is no other place close to the point.
    """
    used = [*taken, *keep_clear]
    words = list(keep_clear)
    places: list[Place | None] = []
    for point, size in zip(points, sizes, strict=True):
        candidates = _candidates(point, size, gap)
        near = [place for place in candidates if not place.far]
        far = [place for place in candidates if place.far]
        found = _first(near, [*used, *rather_not], area) or _first(near, used, area)
        found = found or next(
            (
                place
                for place in far
                if _free(place.box, [*used, *rather_not], area)
                and not _crossed(leader_dots(point, place.box), words)
            ),
            None,
        )
        if found is not None:
            used.append(found.box)
            words.append(found.box)
            if found.far:
                used += leader_dots(point, found.box)
        places.append(found)
    return places


def _first(places: Sequence[Place], used: Sequence[QRectF], area: QRectF) -> Place | None:
    return next((place for place in places if _free(place.box, used, area)), None)


def nearest(point: QPointF, box: QRectF) -> QPointF:
    """Where a line from ``point`` meets ``box``."""
    return QPointF(
        min(max(point.x(), box.left()), box.right()), min(max(point.y(), box.top()), box.bottom())
    )


def leader_dots(point: QPointF, box: QRectF) -> list[QRectF]:
    """The line from a point to its label as a row of small boxes."""
    end = nearest(point, box)
    dots = [point + (end - point) * (step / _DOTS) for step in range(1, _DOTS)]
    return [QRectF(dot.x() - 1, dot.y() - 1, 2, 2) for dot in dots]


def _crossed(line: Sequence[QRectF], words: Sequence[QRectF]) -> bool:
    return any(dot.intersects(box) for dot in line for box in words)


def _candidates(point: QPointF, size: QSizeF, gap: float) -> list[Place]:
    width, height = size.width(), size.height()
    x, y = point.x(), point.y()
    made: list[Place] = []
    for ring, distance in enumerate((gap, gap + height, gap + 2 * height, gap + 3.5 * height)):
        right, left = x + distance, x - distance - width
        below, above = y + distance, y - distance - height
        corners = (
            (right, y - height / 2),
            (left, y - height / 2),
            (x - width / 2, above),
            (x - width / 2, below),
            (x + gap, above),
            (x + gap, below),
            (x - gap - width, above),
            (x - gap - width, below),
        )
        made += [Place(QRectF(a, b, width, height), ring > 0) for a, b in corners]
    return made


def _free(box: QRectF, used: Sequence[QRectF], area: QRectF) -> bool:
    return area.contains(box) and not any(box.intersects(other) for other in used)
