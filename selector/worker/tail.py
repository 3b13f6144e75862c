# SPDX-License-Identifier: Apache-2.0
"""The end of what a process printed, for a crash report; a flood of output costs its reader next to nothing."""

from __future__ import annotations

import os
from typing import IO

from selector.log import redact

BLOCK = 1 << 16
SIGNS = 4000


class Tail:
    """Keeps the last bytes of a stream. One thread reads, others may ask."""

    def __init__(self) -> None:
        self._last = b""
        self._cut = False

    def read(self, stream: IO[bytes]) -> None:
        """Read until the end. Whoever prints is never held up by what is done with it."""
        descriptor = stream.fileno()
        try:
            while block := os.read(descriptor, BLOCK):
                self._cut |= len(self._last) + len(block) > BLOCK
                self._last = (self._last + block)[-BLOCK:]
        except (OSError, ValueError):
            return

    def text(self) -> str:
        """The last lines, without secrets and home folders, at most SIGNS signs."""
        last = self._last
        if self._cut:  # half a line could hold half a secret, which nobody would recognise
            last = last.partition(b"\n")[2]
        lines = (line.rstrip() for line in last.decode("utf-8", "replace").splitlines())
        return redact("\n".join(lines))[-SIGNS:]
