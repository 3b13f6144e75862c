# SPDX-License-Identifier: Apache-2.0
"""The worker's end of the pipes: private descriptors, so that nothing a library prints can get in."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from io import TextIOWrapper
from typing import IO

from selector.errors import ProtocolProblem
from selector.worker.protocol import MAX_LINE, Event, encode


def lines(stream: IO[bytes]) -> Iterator[bytes | ProtocolProblem]:
    """Whole lines of ``stream``; one that is too long is a problem, and the next line is read whole."""
    while line := stream.readline(MAX_LINE + 1):
        if len(line) <= MAX_LINE:
            yield line
            continue
        size = len(line)
        while not line.endswith(b"\n") and (line := stream.readline(MAX_LINE)):
            size += len(line)
        yield ProtocolProblem(reason="too long", bytes=size)


class Wire:
    """Takes over descriptors 0 and 1; what C or Python prints goes to stderr, what reads gets nothing."""

    def __init__(self) -> None:
        self.requests: IO[bytes] = os.fdopen(os.dup(0), "rb")
        self._descriptor = os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                # A library that prints an odd character must not fail the request.
                stream.reconfigure(errors="backslashreplace", line_buffering=True)
        self._lock = threading.Lock()

    def send(self, event: Event) -> None:
        """Write one event; a parent that is gone ends this process. Raises ProtocolProblem."""
        line = encode(event)
        with self._lock:
            try:
                while line:
                    line = line[os.write(self._descriptor, line) :]
            except OSError:
                os._exit(0)
