# SPDX-License-Identifier: Apache-2.0
"""The Hub in a worker process, so that no window and no command waits for a network.

Every request's args may have: ``data_dir`` (Petit's folder), ``offline``, ``endpoint``, ``extra`` (read-only
model folders), and

- ``search``: ``task``, ``machine``, ``filters`` (see Filters), ``weights`` (see Weights.read) → a search result with facts.
- ``info``: ``ref``, ``task`` or null, ``machine`` → ``{"candidate": …}``, configuration and file sizes included;
  with ``here`` from the files on this disk alone.
- ``pull``: ``ref``, ``task`` or null → ``{"model": …}``; progress ``{file, done_bytes, total_bytes, …}``.
- ``library``: ``verify`` false or true → ``{"models": […]}``.
- ``remove``: ``ref`` → ``{"freed_bytes": …}``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from selector.errors import ProtocolProblem
from selector.hub.client import HubClient
from selector.hub.request import Request
from selector.worker.roles import Emit


class HubRole:
    """See Role; the ops are at the top of this module."""

    _OPS = ("search", "info", "pull", "library", "remove")

    def __init__(self) -> None:
        self._clients: dict[tuple[str | None, bool], HubClient] = {}

    def _client(self, args: Mapping[str, Any]) -> HubClient:
        key = (args.get("endpoint"), bool(args.get("offline")))
        if key not in self._clients:
            self._clients[key] = HubClient(endpoint=key[0], offline=key[1])
        return self._clients[key]

    def handle(
        self, op: str, args: Mapping[str, Any], emit: Emit, cancelled: Callable[[], bool]
    ) -> dict[str, Any]:
        """See Role."""
        if op not in self._OPS:
            raise ProtocolProblem(reason="unknown op", op=op)
        request = Request(args, self._client(args), emit, cancelled)
        answer: dict[str, Any] = getattr(request, op)()
        return answer

    def close(self) -> None:
        """See Role."""
        for client in self._clients.values():
            client.close()


def role() -> HubRole:
    """The role, for the worker's entry."""
    return HubRole()
