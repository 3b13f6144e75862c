# SPDX-License-Identifier: Apache-2.0
"""The wire to a chat endpoint: time and size limits, waiting when asked to, no redirects. For workers only.

The key goes to the endpoint's own address and nowhere else: a redirect is a refusal.
"""

from __future__ import annotations

import email.utils
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from selector.endpoint_errors import (
    AnswerBad,
    EndpointBusy,
    EndpointProblem,
    EndpointUnreachable,
    InputTooLong,
    KeyRefused,
    RequestRefused,
)
from selector.engines.endpoint.config import Endpoint
from selector.engines.endpoint.question import Dialect, Question
from selector.engines.endpoint.reply import Reply, read_reply
from selector.errors import Cancelled
from selector.log import redact

if TYPE_CHECKING:
    import httpx2

ANSWER_LIMIT = 4_000_000
ATTEMPTS = 5
"""While the server is busy or stumbles."""
LONGEST_WAIT_S = 120.0
"""A server that asks for more is left alone; what was answered is kept."""
_FIRST_PAUSE_S = 0.5
_CONNECT_S = 10.0
_POLL_S = 0.04
_BUSY = frozenset({429, 503, 529})
_STUMBLE = frozenset({408, 500, 502, 504})
_TOO_LONG = (
    "context length", "context_length", "context size", "exceeds the available context",
    "maximum context", "too long", "too many tokens", "prompt is too large",
)  # fmt: skip
_NO_MONEY = ("insufficient_quota", "billing", "credit balance")


class ChatClient:
    """One endpoint over HTTP. Thread-safe: a wait that one request is asked for, all requests keep."""

    def __init__(self, endpoint: Endpoint, key: str | None, *, offline: bool = False) -> None:
        self.endpoint = endpoint
        self._key = key
        self._offline = offline and endpoint.place != "here"
        self._dialect = Dialect()
        self._lock = threading.Lock()
        self._http: httpx2.Client | None = None
        self._not_before = 0.0

    def close(self) -> None:
        """Let go of the connections."""
        if self._http is not None:
            self._http.close()

    def _client(self) -> httpx2.Client:
        with self._lock:
            if self._http is None:
                import httpx2

                limit = self.endpoint.timeout_s
                headers = {"accept": "application/json", "user-agent": "petit"}
                if self._key:
                    headers["authorization"] = f"Bearer {self._key}"
                self._http = httpx2.Client(
                    headers=headers,
                    follow_redirects=False,
                    timeout=httpx2.Timeout(limit, connect=min(limit, _CONNECT_S)),
                    # Nothing on this computer is reached through a proxy elsewhere.
                    trust_env=self.endpoint.place != "here",
                )
        return self._http

    def ask(
        self,
        asked: Question,
        cancelled: Callable[[], bool],
        tell: Callable[[float], None] = lambda _: None,
    ) -> tuple[Reply, float]:
        """The reply, and the seconds it took (waits before it excluded).

        ``tell`` hears how long the server makes us wait. Raises EndpointProblem, Cancelled.
        """
        for attempt in range(ATTEMPTS):
            self._pause(cancelled)
            dialect = self._dialect
            started = time.perf_counter()
            try:
                status, headers, content = self._post(dialect.body(self.endpoint, asked))
            except EndpointUnreachable as error:
                # Nobody there may be there in a moment; what timed out may have been paid for.
                if error.facts["reason"] == "endpoint.time_out" or attempt >= 1:
                    raise
                self._wait(_FIRST_PAUSE_S)
                continue
            seconds = time.perf_counter() - started
            if 200 <= status < 300:
                return read_reply(_json(content, self.endpoint.host), self.endpoint.host), seconds
            problem = self._problem(status, headers, content)
            if (
                isinstance(problem, RequestRefused)
                and status in {400, 422}
                and self._speak_otherwise(dialect, str(problem.facts["detail"]))
            ):
                continue
            pause = self._patience(problem, attempt)
            if pause is None:
                raise problem
            tell(pause)
            self._wait(pause)
        raise EndpointBusy(host=self.endpoint.host, status=0, retry_after_s=None)

    def _speak_otherwise(self, used: Dialect, refusal: str) -> bool:
        """Whether it is worth asking again: another request may have found out meanwhile."""
        with self._lock:
            before = self._dialect
            self._dialect = before.without(refusal) or before
            return self._dialect != used

    def _patience(self, problem: EndpointProblem, attempt: int) -> float | None:
        """Seconds until the next attempt; None to give up."""
        if attempt + 1 >= ATTEMPTS or not isinstance(problem, EndpointBusy | EndpointUnreachable):
            return None
        asked = problem.facts.get("retry_after_s")
        if asked is not None:
            return float(asked) if asked <= LONGEST_WAIT_S else None
        return float(_FIRST_PAUSE_S * 2**attempt)

    def _wait(self, seconds: float) -> None:
        with self._lock:
            self._not_before = max(self._not_before, time.monotonic() + seconds)

    def _pause(self, cancelled: Callable[[], bool]) -> None:
        while True:
            if cancelled():
                raise Cancelled
            left = self._not_before - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _POLL_S))

    def _post(self, body: dict[str, Any]) -> tuple[int, Any, bytes]:
        import httpx2

        host = self.endpoint.host
        if self._offline:
            raise EndpointUnreachable(host=host, reason="endpoint.offline")
        url = f"{self.endpoint.address}/chat/completions"
        content = json.dumps(body).encode("ascii")
        try:
            with self._client().stream(
                "POST", url, content=content, headers={"content-type": "application/json"}
            ) as response:
                found = bytearray()
                deadline = time.monotonic() + self.endpoint.timeout_s
                for chunk in response.iter_bytes():
                    found += chunk
                    if len(found) > ANSWER_LIMIT:
                        raise AnswerBad(host=host, reason="endpoint.answer_too_big")
                    if time.monotonic() > deadline:
                        raise EndpointUnreachable(host=host, reason="endpoint.time_out")
                return response.status_code, response.headers, bytes(found)
        except httpx2.ConnectTimeout as error:
            raise EndpointUnreachable(host=host, reason="endpoint.nobody") from error
        except httpx2.TimeoutException as error:
            raise EndpointUnreachable(host=host, reason="endpoint.time_out") from error
        except httpx2.ConnectError as error:
            raise EndpointUnreachable(host=host, reason="endpoint.nobody") from error
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise EndpointUnreachable(host=host, reason=type(error).__name__) from error

    def _problem(self, status: int, headers: Any, content: bytes) -> EndpointProblem:
        host, detail = self.endpoint.host, _detail(content)
        said = detail.lower()
        if 300 <= status < 400:
            return RequestRefused(host=host, status=status, detail="endpoint.redirect")
        if status in {401, 403}:
            return KeyRefused(host=host, status=status, detail=detail)
        if status in _BUSY and not any(word in said for word in _NO_MONEY):
            wait = retry_after(headers.get("retry-after"), datetime.now(UTC))
            return EndpointBusy(host=host, status=status, retry_after_s=wait)
        if status in _STUMBLE:
            return EndpointUnreachable(host=host, reason=f"HTTP {status}")
        if status in {400, 413, 422} and any(words in said for words in _TOO_LONG):
            return InputTooLong(detail=detail)
        return RequestRefused(host=host, status=status, detail=detail)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait, of a header with seconds or a date; None for anything else."""
    if not value:
        return None
    text = value.strip()
    if text.replace(".", "", 1).isdecimal() and text.isascii():
        return float(text)
    try:
        then = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return max(0.0, (then - now).total_seconds())


def _json(content: bytes, host: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise AnswerBad(host=host, reason="endpoint.not_json") from None


def _detail(content: bytes) -> str:
    """The server's own words about its refusal, short and without secrets."""
    text = content[:5000].decode("utf-8", "replace")
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict):
        error = data.get("error", data)
        if isinstance(error, dict):
            words = [error.get(name) for name in ("message", "detail", "code")]
            text = " ".join(str(x) for x in words if x)
        elif error:
            text = str(error)
    return redact(" ".join(text.split()))[:300]
