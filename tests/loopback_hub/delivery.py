"""The way of every request and answer: it is recorded, and the faults in force strike here."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .faults import Fault, Faults, Origin

_SLICE = 1 << 14


@dataclass(eq=False)
class RecordedRequest:
    """One request as it came, and what became of it."""

    method: str
    path: str
    query: str
    headers: dict[str, str]  # names in lower case
    origin: Origin
    status: int | None = None  # None as long as nothing was answered
    bytes_sent: int = 0  # of the body, handed to the network
    answer_headers: dict[str, str] = field(default_factory=dict)


class Delivery:
    """Stands before one origin's application: writes the log and commits the faults."""

    def __init__(
        self,
        app: ASGIApp,
        origin: Origin,
        faults: Faults,
        log: Callable[[RecordedRequest], None],
        errors: list[Exception],
    ) -> None:
        self._app = app
        self._origin: Origin = origin
        self._faults = faults
        self._log = log
        self._errors = errors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = unquote(scope["raw_path"].decode("ascii"))
        raw = [(key.decode("latin-1"), value.decode("latin-1")) for key, value in scope["headers"]]
        query = scope["query_string"].decode("ascii")
        record = RecordedRequest(scope["method"], path, query, dict(raw), self._origin)
        self._log(record)
        striking = self._faults.striking(record.method, path, self._origin)
        for fault in striking:
            if fault.hang is not None:
                await asyncio.sleep(fault.hang)
        if any(fault.ignore_range for fault in striking):
            kept = [(key, value) for key, value in scope["headers"] if key != b"range"]
            scope = {**scope, "headers": kept}
        outgoing = Outgoing(record, striking, send)
        refusing = next((fault for fault in striking if fault.status is not None), None)
        try:
            if refusing is not None:
                await _refuse(refusing, outgoing.send)
            else:
                await self._app(scope, receive, outgoing.send)
        except Exception as error:  # a mistake of this server's must not pass for a fault
            self._errors.append(error)
            raise


class Outgoing:
    """One answer on its way out, with what the faults do to it."""

    def __init__(self, record: RecordedRequest, faults: list[Fault], send: Send) -> None:
        self._record = record
        self._faults = faults
        self._send = send
        self._start: Message | None = None
        self._whole = bytearray()  # collected only where the JSON is to be edited
        self._offset = 0  # of the first byte of the body in the file
        self._closed = False
        self._began = time.monotonic()
        self._edits = [fault.edit for fault in faults if fault.edit is not None]
        self._body = _first(fault.body for fault in faults)
        self._drop = _first(fault.drop_after for fault in faults)
        self._truncate = _first(fault.truncate_to for fault in faults)
        self._surplus = sum(fault.surplus for fault in faults)
        self._speed = _first(fault.bytes_per_second for fault in faults)
        self._stalls = [fault.stall for fault in faults if fault.stall is not None]
        self._flips = [fault.flip for fault in faults if fault.flip is not None]

    async def send(self, message: Message) -> None:
        """Take one message of the application's and pass on what is left of it."""
        if self._closed:
            return
        if message["type"] == "http.response.start":
            await self._head(message)
        else:
            await self._part(bytes(message.get("body", b"")), bool(message.get("more_body")))

    async def _head(self, message: Message) -> None:
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in message["headers"]
        }
        for fault in self._faults:
            headers.update({key.lower(): value for key, value in fault.headers.items()})
            headers = {key: value for key, value in headers.items() if key not in fault.without}
        if match := re.match(r"bytes (\d+)-", headers.get("content-range", "")):
            self._offset = int(match[1])
        if self._body is not None:
            message = {**message, "status": 200}
            headers["content-length"] = str(len(self._body))
            headers.pop("content-encoding", None)
        elif self._truncate is not None and self._record.method != "HEAD":
            length = int(headers.get("content-length", self._truncate))
            headers["content-length"] = str(min(length, self._truncate))
        if self._surplus and "content-length" in headers and self._record.method != "HEAD":
            headers["content-length"] = str(int(headers["content-length"]) + self._surplus)
        else:
            self._surplus = 0
        if self._edits:
            self._start = {**message, "headers": headers}
            return
        await self._say(message["status"], headers)

    async def _say(self, status: int, headers: dict[str, str]) -> None:
        self._record.status = status
        self._record.answer_headers = headers
        raw = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def _part(self, body: bytes, more: bool) -> None:
        if self._body is not None:
            body, more = self._body, False
            self._closed = True
        elif self._start is not None:
            self._whole += body
            if more:
                return
            body = self._edited()
            headers = {**self._start["headers"], "content-length": str(len(body))}
            await self._say(self._start["status"], headers)
        if self._record.method == "HEAD":
            await self._send({"type": "http.response.body", "body": b"", "more_body": more})
            return
        body = self._flipped(body)
        if self._truncate is not None:
            body = body[: max(self._truncate - self._record.bytes_sent, 0)]
        if not more:
            body += b"\xff" * self._surplus
        await self._paced(body)
        if self._drop is not None and self._record.bytes_sent >= self._drop:
            self._closed = True  # an answer that is never completed closes the connection
        elif not more:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def _edited(self) -> bytes:
        content: Any = json.loads(self._whole)
        for edit in self._edits:
            content = edit(content)
        return json.dumps(content).encode()

    def _flipped(self, body: bytes) -> bytes:
        first = self._offset + self._record.bytes_sent
        changed = bytearray(body)
        for offset in self._flips:
            if first <= offset < first + len(body):
                changed[offset - first] ^= 0xFF
        return bytes(changed)

    def _gone(self) -> bool:
        """Whether the other side has left: what uvicorn is then given it drops in silence."""
        return bool(getattr(getattr(self._send, "__self__", None), "disconnected", False))

    async def _paced(self, body: bytes) -> None:
        """Send at the speed, with the pauses, and up to the point that the faults allow."""
        while body and not self._gone():
            size = len(body) if self._speed is None else max(min(_SLICE, int(self._speed / 20)), 1)
            sent = self._record.bytes_sent
            for stall in list(self._stalls):
                if sent >= stall[1]:
                    self._stalls.remove(stall)
                    await asyncio.sleep(stall[0])
                else:
                    size = min(size, stall[1] - sent)
            if self._drop is not None:
                size = min(size, self._drop - sent)
            if size <= 0:
                return
            self._record.bytes_sent += len(body[:size])
            await self._send({"type": "http.response.body", "body": body[:size], "more_body": True})
            body = body[size:]
            if self._speed is not None:
                due = self._began + self._record.bytes_sent / self._speed
                await asyncio.sleep(max(due - time.monotonic(), 0))


async def _refuse(fault: Fault, send: Callable[[Message], Awaitable[None]]) -> None:
    body = json.dumps({"error": f"An error on command: {fault.status}"}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": fault.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _first(values: Any) -> Any:
    return next((value for value in values if value is not None), None)
