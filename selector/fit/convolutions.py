# SPDX-License-Identifier: Apache-2.0
"""Multiplications of convolutional networks whose configuration says enough: ResNet and ConvNeXt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SIDE = 224
_MOST = 64


def _list(config: Mapping[str, Any], name: str) -> list[int]:
    value = config.get(name)
    if not isinstance(value, list) or not 0 < len(value) <= _MOST:
        return []
    good = all(isinstance(n, int) and not isinstance(n, bool) and 0 < n <= 65536 for n in value)
    return value if good else []


def convolution_macs(config: Mapping[str, Any], side: int = _SIDE) -> int:
    """Multiply-accumulates of one image of ``side`` x ``side`` pixels; 0 where it cannot be told.

    Counted layer by layer as the papers describe them (He et al. 2015; Liu et al. 2022).
    """
    widths, depths = _list(config, "hidden_sizes"), _list(config, "depths")
    if not widths or len(widths) != len(depths):
        return 0
    stem = config.get("embedding_size")
    stem = stem if isinstance(stem, int) and 0 < stem <= 65536 else widths[0]
    match config.get("model_type"):
        case "resnet":
            return _resnet(widths, depths, stem, config.get("layer_type") != "basic", side)
        case "convnext" | "convnextv2":
            return _convnext(widths, depths, side)
    return 0


def _resnet(widths: list[int], depths: list[int], stem: int, bottleneck: bool, side: int) -> int:
    total = 49 * 3 * stem * (side // 2) ** 2
    before, now = stem, side // 4
    for number, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        now = max(1, now // 2) if number else now
        area, narrow = now * now, max(1, width // 4)
        for block in range(depth):
            source = before if block == 0 else width
            if bottleneck:
                # The first 1 x 1 of a stage still sees the larger picture.
                wide = area * 4 if block == 0 and number else area
                total += wide * source * narrow + area * (9 * narrow * narrow + narrow * width)
            else:
                total += area * 9 * (source * width + width * width)
            if source != width:
                total += area * source * width
        before = width
    return total


def _convnext(widths: list[int], depths: list[int], side: int) -> int:
    now = side // 4
    total = 16 * 3 * widths[0] * now * now
    for number, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        if number:
            now = max(1, now // 2)
            total += 4 * widths[number - 1] * width * now * now
        total += depth * now * now * (49 * width + 8 * width * width)
    return total
