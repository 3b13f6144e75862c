"""The forms that every answer of the Hub shares: errors, rate limits, files with ranges."""

import gzip
import re
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

_CHUNK = 1 << 16
_WINDOW = 300
_QUOTAS = {"api": 500, "resolvers": 3000}


class RateLimit:
    """The counters announced with every answer. They count, but they refuse nobody."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._used = dict.fromkeys(_QUOTAS, 0)

    def headers(self, bucket: str) -> dict[str, str]:
        """Count one request and say what is left of the window."""
        self._used[bucket] += 1
        left = max(_QUOTAS[bucket] - self._used[bucket], 1)
        seconds = _WINDOW - int(time.monotonic() - self._start) % _WINDOW
        return {
            "ratelimit": f'"{bucket}";r={left};t={seconds}',
            "ratelimit-policy": f'"fixed window";"{bucket}";q={_QUOTAS[bucket]};w={_WINDOW}',
        }


def request_id() -> str:
    """An id as the Hub gives to each answer."""
    return f"Root=1-{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:24]}"


def answer_json(
    content: Any, headers: Mapping[str, str] | None = None, status: int = 200
) -> JSONResponse:
    """JSON in the way the API gives it."""
    return JSONResponse(content, status, headers=dict(headers or {}))


def error(
    status: int, message: str, code: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """A refusal: the client goes by X-Error-Code, people by the message."""
    said = {"X-Error-Message": message, **(headers or {})}
    if code is not None:
        said["X-Error-Code"] = code
    return JSONResponse({"error": message}, status, headers=said)


class FileAnswer(Response):
    """A file, or the part of it that a Range header asks for, read from disk as it is sent."""

    def __init__(self, path: Path, size: int, headers: Mapping[str, str]) -> None:
        self._path = path
        self._size = size
        super().__init__(headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Headers(scope=scope)
        said = self.headers
        said["Accept-Ranges"] = "bytes"
        wanted = asked.get("range", "")
        if asked.get("if-range", said.get("ETag")) != said.get("ETag"):
            wanted = ""
        status, start, end = byte_range(wanted, self._size)
        if status == 416:
            said["Content-Range"] = f"bytes */{self._size}"
        elif status == 206:
            said["Content-Range"] = f"bytes {start}-{end - 1}/{self._size}"
        said["Content-Length"] = str(end - start)
        await send({"type": "http.response.start", "status": status, "headers": said.raw})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        with self._path.open("rb") as handle:
            handle.seek(start)
            left = end - start
            while left > 0 and (chunk := handle.read(min(_CHUNK, left))):
                left -= len(chunk)
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class GzipAnswer(Response):
    """A small text as the real CDN sends it: compressed, in chunks, with no length announced."""

    def __init__(self, content: bytes, headers: Mapping[str, str]) -> None:
        self._packed = gzip.compress(content)
        super().__init__(headers=headers)
        self.headers.update({"Content-Encoding": "gzip", "Vary": "Accept-Encoding"})
        del self.headers["Content-Length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(head)
        await send({"type": "http.response.body", "body": self._packed, "more_body": False})


def byte_range(header: str, size: int) -> tuple[int, int, int]:
    """The status a Range header leads to, and the bytes to send, the end not included.

    Several ranges in one header, and headers that make no sense, get the whole file.
    """
    match = re.fullmatch(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", header)
    if match is None or match.groups() == ("", ""):
        return 200, 0, size
    first, last = match.groups()
    if first == "":
        length = min(int(last), size)
        return (206, size - length, size) if length else (416, 0, 0)
    start = int(first)
    if last and int(last) < start:
        return 200, 0, size
    if start >= size:
        return 416, 0, 0
    return 206, start, min(int(last) + 1, size) if last else size
