# SPDX-License-Identifier: Apache-2.0
"""Images from files: looked at before they are read, so that none of them can fill the memory.

What needs Pillow runs in workers only.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from selector.input_errors import InputUnusable
from selector.tasks.files import unusable_file

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""What is read; Pillow knows more, some of which starts other programs."""
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
MAX_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 50_000_000
"""Of a decoded image: 150 MB of memory. A small file may claim any number."""


def unusable_image(index: int, path: str) -> InputUnusable | None:
    """Why the file cannot be an image for a model, as far as its entry in the folder says; else None."""
    return unusable_file(index, path, MAX_BYTES)


def read_image(index: int, path: str) -> Any:
    """The image as RGB, upright as its camera says; of several frames the first.

    Raises InputUnusable.
    """
    from PIL import Image, ImageOps

    problem = unusable_image(index, path)
    if problem is not None:
        raise problem
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # metadata is of no interest, however odd
            with Image.open(Path(path), formats=FORMATS) as image:
                pixels = image.width * image.height
                if pixels > MAX_PIXELS:
                    raise InputUnusable(
                        index=index, reason="input.image_too_large", pixels=pixels, limit=MAX_PIXELS
                    )
                image.load()
                return _upright(image, ImageOps).convert("RGB")
    except InputUnusable:
        raise
    except Image.DecompressionBombError:
        raise InputUnusable(
            index=index, reason="input.image_too_large", pixels=2 * MAX_PIXELS, limit=MAX_PIXELS
        ) from None
    except Exception:  # noqa: BLE001 - a damaged file raises anything, from struct.error to SyntaxError
        raise InputUnusable(index=index, reason="input.no_image") from None


def _upright(image: Any, operations: Any) -> Any:
    try:
        return operations.exif_transpose(image)
    except Exception:  # noqa: BLE001 - as it is then: odd metadata is no reason to refuse the picture
        return image
