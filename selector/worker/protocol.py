# SPDX-License-Identifier: Apache-2.0
"""The messages between Petit and its workers: one JSON object a line, UTF-8, versioned.

Requests go down, events come up. Each request gets any number of ``progress`` events and then exactly
one terminal event: ``result``, ``failed`` or ``cancelled``. Unknown fields are ignored; an unknown
kind or another version is a ProtocolProblem. Big payloads go by file path.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

from selector.errors import ProtocolProblem

VERSION = 1
MAX_LINE = 8 * 1024 * 1024
"""Bytes of one line; a longer one is a ProtocolProblem."""

EventKind = Literal["ready", "progress", "result", "failed", "cancelled"]
TERMINAL: frozenset[str] = frozenset({"result", "failed", "cancelled"})
CANCEL = "cancel"
SHUTDOWN = "shutdown"


@dataclass(frozen=True, slots=True)
class Request:
    """Do ``op`` with ``args``. ``cancel`` and ``shutdown`` are understood by every role."""

    id: int
    op: str
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened for request ``id`` (0: for no request, such as ``ready``)."""

    id: int
    kind: EventKind
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def terminal(self) -> bool:
        """Whether this is the last event of its request."""
        return self.kind in TERMINAL


def encode(message: Request | Event) -> bytes:
    """One line with its newline. Raises ProtocolProblem when it is too long or not JSON."""
    body: dict[str, Any] = {"v": VERSION, "id": message.id}
    if isinstance(message, Request):
        body |= {"op": message.op, "args": message.args}
    else:
        body |= {"kind": message.kind, "data": message.data}
    try:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise ProtocolProblem(reason="not JSON", detail=str(error)) from error
    # Half a character pair travels as it is: the input that holds it fails by name where it is read.
    line = text.encode("utf-8", "surrogatepass") + b"\n"
    if len(line) > MAX_LINE:
        raise ProtocolProblem(reason="too long", bytes=len(line))
    return line


def _object(line: bytes) -> dict[str, Any]:
    if len(line) > MAX_LINE:
        raise ProtocolProblem(reason="too long", bytes=len(line))
    try:
        body = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolProblem(reason="not JSON") from error
    if not isinstance(body, dict):
        raise ProtocolProblem(reason="not an object")
    if body.get("v") != VERSION:
        raise ProtocolProblem(reason="version", version=body.get("v"))
    if type(body.get("id")) is not int:
        raise ProtocolProblem(reason="no id")
    return body


def decode_request(line: bytes) -> Request:
    """Read a request. Raises ProtocolProblem."""
    body = _object(line)
    op, args = body.get("op"), body.get("args", {})
    if not isinstance(op, str) or not isinstance(args, dict):
        raise ProtocolProblem(reason="not a request")
    return Request(body["id"], op, args)


def decode_event(line: bytes) -> Event:
    """Read an event. Raises ProtocolProblem."""
    body = _object(line)
    kind, data = body.get("kind"), body.get("data", {})
    if not isinstance(kind, str) or kind not in get_args(EventKind) or not isinstance(data, dict):
        raise ProtocolProblem(reason="not an event")
    return Event(body["id"], cast("EventKind", kind), data)
