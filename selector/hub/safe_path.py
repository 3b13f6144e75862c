# SPDX-License-Identifier: Apache-2.0
"""Whether a file name from the Hub may be used as a path below a folder, on every system."""

from __future__ import annotations

import re

from selector.errors import UnsafePath

MAX_LENGTH = 1024
MAX_SEGMENT_BYTES = 255
# Windows takes whatever sign is before a first colon for a drive; Python's pathlib does so since 3.12.
_DRIVE = re.compile(r".:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
# Windows opens the device whatever the extension and whatever the folder.
_RESERVED = re.compile(r"(?i:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)")


def _problem(name: str) -> str | None:
    if not name or len(name) > MAX_LENGTH:
        return "length"
    if _CONTROL.search(name):
        return "control character"
    if "\\" in name:
        return "backslash"
    if name.startswith(("/", "~")):
        return "absolute"
    if _DRIVE.match(name):
        return "drive letter"
    for segment in name.split("/"):
        if segment in {"", ".", ".."}:
            return "leaves its folder"
        if len(segment.encode("utf-8")) > MAX_SEGMENT_BYTES:
            return "length"
        if _RESERVED.match(segment):
            return "reserved name"
        # Windows drops these at the end, so two names would be one file.
        if segment[-1] in ". ":
            return "trailing dot or space"
    return None


def is_safe(name: str) -> bool:
    """Whether ``name`` stays below any folder it is joined to."""
    return _problem(name) is None


def safe_path(name: str, repo: str = "") -> str:
    """``name`` itself. Raises UnsafePath."""
    if reason := _problem(name):
        raise UnsafePath(repo=repo, file=repr(name[:120]), reason=reason)
    return name
