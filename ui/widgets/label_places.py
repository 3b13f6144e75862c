# SPDX-License-Identifier: Apache-2.0
"""Finds places for the labels of a scatter plot: near their point, over nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF


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
) -> list[Place | None]:
    """A place for each label, the first ones served first; None where there is no room."""
    used = list(taken)
    places: list[Place | None] = []
    for point, size in zip(points, sizes, strict=True):
        found = next(
            (place for place in _candidates(point, size, gap) if _free(place.box, used, area)),
            None,
        )
        if found is not None:
            used.append(found.box)
        places.append(found)
    return places


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
