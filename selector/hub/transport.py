# SPDX-License-Identifier: Apache-2.0
"""Requests with a time limit, a size limit and a bounded number of attempts; only PetitError leaves."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from selector.errors import HubAnswerBad, HubOffline, HubUnreachable, PetitError
from selector.hub import answers
from selector.hub.pacing import Pacing, RateWindow

if TYPE_CHECKING:
    import httpx2

ANSWER_LIMIT = 64_000_000
_ATTEMPTS = 3
_BUSY_ATTEMPTS = 8
"""While every answer says how long to wait, and somebody is told."""
_PAUSE_S = 0.4
_CONNECT_S = 5.0
_NO_LONGER = frozenset({400, 401, 403, 404, 410})


class Transport:
    """One origin over HTTP. ``headers`` is asked once, when the first request is made.

    ``proxy`` is the address of one; None means what the environment says (``HTTPS_PROXY``, ``NO_PROXY``).
    """

    def __init__(
        self,
        endpoint: str,
        headers: Callable[[], dict[str, str]],
        offline: bool,
        timeout_s: float,
        proxy: str | None = None,
    ) -> None:
        self.endpoint = endpoint
        self._proxy = proxy
        self.offline = offline
        self._headers = headers
        self._timeout_s = timeout_s
        self.pacing = Pacing()
        self.window = RateWindow()
        self._lock = threading.Lock()
        self._http: httpx2.Client | None = None

    def close(self) -> None:
        """Let go of the connections."""
        if self._http is not None:
            self._http.close()

    def _connections(self) -> httpx2.Client:
        if self.offline:
            raise HubOffline(endpoint=self.endpoint)
        with self._lock:
            if self._http is None:
                import httpx2

                limits = httpx2.Timeout(self._timeout_s, connect=min(self._timeout_s, _CONNECT_S))
                self._http = httpx2.Client(
                    headers=self._headers(),
                    event_hooks={"request": [self._check]},
                    follow_redirects=True,
                    max_redirects=8,
                    timeout=limits,
                    proxy=self._proxy,
                )
        return self._http

    def is_own(self, url: str) -> bool:
        """Whether ``url`` is on the Hub's own server, the only one that gets the token."""
        return urlsplit(url)[:2] == urlsplit(self.endpoint)[:2]

    def _check(self, request: httpx2.Request) -> None:
        # Seen for every request, redirects included: none may step down from TLS.
        if self.endpoint.startswith("https:") and request.url.scheme != "https":
            raise HubAnswerBad(reason="redirect without TLS", endpoint=self.endpoint)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        import httpx2

        try:
            yield
        except httpx2.TimeoutException as error:
            raise HubUnreachable(reason="time-out", endpoint=self.endpoint) from error
        except (httpx2.TooManyRedirects, httpx2.DecodingError, httpx2.InvalidURL) as error:
            raise HubAnswerBad(reason=type(error).__name__, endpoint=self.endpoint) from error
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            raise HubUnreachable(reason=type(error).__name__, endpoint=self.endpoint) from error

    def _once(
        self, url: str, headers: Mapping[str, str], repo: str | None, revision: str | None
    ) -> httpx2.Response:
        http = self._connections()
        kind = "api" if url.startswith(f"{self.endpoint}/api/") else "resolvers"
        self.pacing.before(kind, self.window)
        with self._translated():
            request = http.build_request("GET", url, headers=headers)
            if not self.is_own(url):
                request.headers.pop("authorization", None)
            response = http.send(request, stream=True)
            self.window.note(kind, response.headers)
            status, sent = response.status_code, "authorization" in http.headers
            elsewhere = not self.is_own(str(response.url))
            if elsewhere and status in _NO_LONGER:
                response.close()
                # A signed address that has expired says nothing about our rights: ask for a new one.
                raise HubUnreachable(reason="link expired", status=status, endpoint=self.endpoint)
            problem = answers.error_of(
                status, response.headers, self.endpoint, repo, revision, token_sent=sent
            )
            if problem is None:
                return response
            refused = status == 401 and not response.headers.get("x-error-code")
            response.close()
        if refused and sent:
            http.headers.pop("authorization", None)
            # An expired token must not hide public models; what needs one is asked for by name.
            return self._once(url, headers, repo, revision)
        raise problem

    @contextmanager
    def opened(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        repo: str | None = None,
        revision: str | None = None,
        attempts: int = _ATTEMPTS,
    ) -> Iterator[httpx2.Response]:
        """A successful answer whose body is still to be read. Raises HubProblem, also inside."""
        attempt = 1
        while True:
            try:
                response = self._once(url, headers or {}, repo, revision)
                break
            except PetitError as problem:
                busy = problem.code == "hub.busy"
                told = busy and self.pacing.patient and attempts > 1
                pause = _pause(problem, attempt)
                if (
                    pause is None
                    or attempt >= (_BUSY_ATTEMPTS if told else attempts)
                    or (busy and not self.pacing.affords(pause))
                ):
                    raise
                limited = problem.facts.get("status") == 429
                self.pacing.wait(pause, "rate_limit" if limited else "busy")
                attempt += 1
        try:
            with self._translated():
                yield response
        finally:
            response.close()

    def read(self, response: httpx2.Response, limit: int) -> bytes:
        """At most ``limit`` bytes of a body, in a bounded time however slowly they trickle."""
        deadline = time.monotonic() + 3 * self._timeout_s
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > limit:
                raise HubAnswerBad(reason="too long", limit=limit, endpoint=self.endpoint)
            if time.monotonic() > deadline:
                raise HubUnreachable(reason="time-out", endpoint=self.endpoint)
        return bytes(body)

    def json(self, url: str, repo: str | None, revision: str | None) -> tuple[Any, str | None]:
        """A JSON answer and the address of its next page; one broken connection is forgiven."""
        try:
            body, following = self._body(url, repo, revision)
        except HubUnreachable as problem:
            if problem.facts.get("reason") not in {"RemoteProtocolError", "ReadError"}:
                raise
            body, following = self._body(url, repo, revision)
        try:
            return json.loads(body), following
        except (ValueError, RecursionError) as error:
            raise HubAnswerBad(reason="not JSON", endpoint=self.endpoint) from error

    def _body(self, url: str, repo: str | None, revision: str | None) -> tuple[bytes, str | None]:
        with self.opened(url, repo=repo, revision=revision) as response:
            return self.read(response, ANSWER_LIMIT), response.links.get("next", {}).get("url")


def _pause(problem: PetitError, attempt: int) -> float | None:
    """How long before another attempt; None when another would not help."""
    if problem.code == "hub.busy":
        asked = problem.facts.get("retry_after_s")
        # A server that says 0 and refuses again would be asked again at once.
        return float(max(_PAUSE_S * 2**attempt if asked is None else float(asked), _PAUSE_S))
    if problem.code == "hub.unreachable" and problem.facts.get("reason") != "time-out":
        return _PAUSE_S * attempt
    return None
