# SPDX-License-Identifier: Apache-2.0
"""The Hub: lists, one model, pieces of files. Only PetitError leaves this module.

This is the only module that imports huggingface_hub, inside functions. It takes from it what belongs
to the user's set-up (headers, stored token); the requests are our own, because the listing calls of
huggingface_hub have no time limit and retry for 23 seconds, and its downloads neither resume nor
check what arrived.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from selector import __version__
from selector.errors import HubAnswerBad
from selector.hub import answers, credentials, environment
from selector.hub.pacing import Pacing, RateWindow
from selector.hub.safe_path import safe_path
from selector.hub.transport import Transport
from selector.log import hide

LIST_FIELDS = (
    "author", "baseModels", "cardData", "config", "createdAt", "downloads", "evalResults", "gated", "gguf",
    "lastModified", "library_name", "likes", "model-index", "pipeline_tag", "safetensors", "sha",
    "siblings", "tags",
)  # fmt: skip
SMALL_FILE_LIMIT = 2_000_000
_PAGES = 20


@dataclass(frozen=True, slots=True)
class Body:
    """A file being received: from which byte, of how many, and its bytes as they come."""

    start: int
    total: int | None
    chunks: Iterator[bytes]
    address: str | None = None
    """Where the Hub sent us to: signed, of use for some time, another server than the Hub."""


class HubClient:
    """One Hub. Safe to use from several threads.

    ``token``: a string is used as it is, False means none, None means the user's own. ``keyring``: the
    user has put one for this Hub into the keyring. ``proxy``: see Transport.
    """

    def __init__(
        self,
        endpoint: str | None = None,
        token: str | bool | None = None,
        offline: bool = False,
        timeout_s: float = 10.0,
        proxy: str | None = None,
        keyring: bool = False,
        xet: bool = False,
    ) -> None:
        self.endpoint = environment.endpoint_of(endpoint)
        # Its own transport may know nothing of a proxy, and go past it.
        self._xet = xet and not environment.behind_proxy(self.endpoint, proxy)
        environment.prepare_environment(xet=self._xet)
        self.offline = offline or environment.offline_by_environment()
        self.timeout_s = timeout_s
        """Seconds of silence after which a connection is given up."""
        self._token, self._keyring = token, keyring
        self._transport = Transport(
            self.endpoint, self._headers, self.offline, timeout_s, environment.proxy_of(proxy)
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._transport.close()

    @property
    def window(self) -> RateWindow:
        """What is left of the Hub's rate limit."""
        return self._transport.window

    def pace(self, pacing: Pacing | None = None) -> None:
        """From now on wait like this; without an argument for a few seconds, silently."""
        self._transport.pacing = pacing or Pacing()

    def _headers(self) -> dict[str, str]:
        from huggingface_hub.utils._headers import build_hf_headers

        token = self._user_token()
        if token is not None:
            token = credentials.clean_token(token)
            hide(token)
        return build_hf_headers(
            token=token or False, library_name="petit", library_version=__version__
        )

    def _user_token(self) -> str | None:
        """The stored token goes to Hugging Face only, another server gets what the user set for it."""
        if isinstance(self._token, str):
            return self._token
        if self._token is False:
            return None
        if (token := environment.environment_token()) is not None:
            return token
        if self._keyring and (token := credentials.keyring_token(self.endpoint)) is not None:
            return token
        if not environment.is_hugging_face(self.endpoint):
            return None
        import httpx2
        from huggingface_hub import get_token

        try:
            return get_token()
        except (OSError, ValueError, RuntimeError, httpx2.HTTPError):
            return None  # anonymous requests still find and download public models

    def list_models(
        self,
        *,
        pipeline_tag: str | None = None,
        search: str | None = None,
        filter: Sequence[str] = (),  # noqa: A002  (the Hub's own name)
        num_parameters: str | None = None,
        sort: str | None = None,
        limit: int = 100,
        expand: Sequence[str] = LIST_FIELDS,
    ) -> list[dict[str, Any]]:
        """Models as the Hub tells them, each once, at most ``limit``. Raises HubProblem."""
        pairs = [("pipeline_tag", pipeline_tag), ("search", search), ("sort", sort)]
        pairs.append(("num_parameters", num_parameters))
        pairs += [("filter", item) for item in filter] + [("limit", str(limit))]
        pairs += [("expand", item) for item in expand]
        query = "&".join(f"{key}={quote(value, safe='')}" for key, value in pairs if value)
        url: str | None = f"{self.endpoint}/api/models?{query}"
        found: dict[object, dict[str, Any]] = {}
        for _ in range(_PAGES):
            if url is None or len(found) >= limit:
                break
            page, following = self._transport.json(url, None, None)
            if not isinstance(page, list) or (page and not any(isinstance(x, dict) for x in page)):
                raise HubAnswerBad(reason="not a list of models", endpoint=self.endpoint)
            before = len(found)
            for place, item in enumerate(page):
                # What is no object is kept as an empty one: the search counts what it cannot read.
                entry = item if isinstance(item, dict) else {}
                name = entry.get("id")
                found.setdefault(name if isinstance(name, str) else (before, place), entry)
            # A page that brings nothing new would be followed by itself for ever.
            url = self._next_page(following) if len(found) > before else None
        return list(found.values())[:limit]

    def _next_page(self, following: str | None) -> str | None:
        if following is None:
            return None
        url = urljoin(self.endpoint + "/", following)
        # Another origin would get our token and our search terms.
        same = urlsplit(url)[:2] == urlsplit(self.endpoint)[:2]
        return url if same else None

    def model_info(
        self,
        repo: str,
        revision: str | None = None,
        *,
        files_metadata: bool = True,
        security: bool = False,
    ) -> dict[str, Any]:
        """One model at one revision, with sizes and hashes of its files. Raises HubProblem."""
        flags = [("blobs", files_metadata), ("securityStatus", security)]
        query = "&".join(f"{name}=true" for name, wanted in flags if wanted)
        raw = self._model(repo, revision, query)
        if raw.get("id") not in {repo, None} and isinstance(raw["id"], str):
            # Renamed: on the way to its new name the query, sizes and scans with it, may get lost.
            raw = self._model(raw["id"], revision, query)
        return raw

    def _model(self, repo: str, revision: str | None, query: str) -> dict[str, Any]:
        url = f"{self.endpoint}/api/models/{quote(repo)}"
        if revision:
            url += f"/revision/{quote(revision, safe='')}"
        raw, _ = self._transport.json(f"{url}?{query}", repo, revision)
        if not isinstance(raw, dict):
            raise HubAnswerBad(reason="not a model", repo=repo, endpoint=self.endpoint)
        return raw

    def file_url(self, repo: str, revision: str, path: str) -> str:
        """Where a file is. Raises UnsafePath."""
        safe_path(path, repo)
        return f"{self.endpoint}/{quote(repo)}/resolve/{quote(revision, safe='')}/{quote(path)}"

    def small_file(
        self, repo: str, revision: str, path: str, limit: int = SMALL_FILE_LIMIT
    ) -> bytes:
        """The whole of a small file. Raises HubProblem: HubAnswerBad when it is larger."""
        url = self.file_url(repo, revision, path)
        with self._transport.opened(url, repo=repo, revision=revision) as response:
            return self._transport.read(response, limit)

    def part(self, repo: str, revision: str, path: str, start: int, length: int) -> bytes:
        """At most ``length`` bytes from ``start``; never more is read, whatever the server sends."""
        headers = {"Range": f"bytes={start}-{start + length - 1}", "Accept-Encoding": "identity"}
        url = self.file_url(repo, revision, path)
        found = bytearray()
        with self._transport.opened(url, headers, repo=repo, revision=revision) as response:
            if response.status_code == 416:
                return b""
            skip = 0 if response.status_code == 206 else start
            for chunk in response.iter_bytes():
                found += chunk
                if len(found) >= skip + length:
                    break
        return bytes(found[skip : skip + length])

    @contextmanager
    def body(
        self,
        repo: str,
        revision: str,
        path: str,
        start: int = 0,
        stop: int | None = None,
        *,
        address: str | None = None,
    ) -> Iterator[Body]:
        """One attempt at the bytes from ``start`` up to ``stop``; Body.start says where the server began.

        ``address`` is that of an earlier body of the same file, and saves the way over the Hub.

        Raises HubProblem, and so does iterating when the connection breaks.
        """
        headers = {"Accept-Encoding": "identity"}
        if start or stop is not None:
            headers["Range"] = f"bytes={start}-{'' if stop is None else stop - 1}"
        url = address or self.file_url(repo, revision, path)
        with self._transport.opened(
            url, headers, repo=repo, revision=revision, attempts=1
        ) as response:
            encoded = response.headers.get("content-encoding", "identity") != "identity"
            begins, total = answers.range_of(response.status_code, response.headers, start)
            if encoded and response.status_code != 200:
                raise HubAnswerBad(reason="range of an encoded body", file=path)
            final = str(response.url)
            elsewhere = None if self._transport.is_own(final) else final
            yield Body(begins, None if encoded else total, response.iter_bytes(), elsewhere)

    def by_xet(self, repo: str, revision: str, path: str, cache: Path) -> bool:
        """Let huggingface_hub fetch a file its own way, over Xet where the Hub offers it.

        False when it could not, or must not because of a proxy; nothing here says why, because the
        plain way will. Uses huggingface_hub's own connections.
        """
        if not self._xet:
            return False
        from huggingface_hub import hf_hub_download

        safe_path(path, repo)
        try:
            hf_hub_download(
                repo,
                path,
                revision=revision,
                cache_dir=cache,
                endpoint=self.endpoint,
                token=self._user_token() or False,
            )
        except Exception:  # noqa: BLE001 - its Rust part raises bare RuntimeErrors
            return False
        return True
