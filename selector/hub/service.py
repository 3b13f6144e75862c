# SPDX-License-Identifier: Apache-2.0
"""The Hub in a worker process, so that no window and no command waits for a network.

Every request's args may have: ``data_dir`` (Petit's folder), ``offline``, ``endpoint``, ``proxy``, ``xet``,
``keyring_for`` (the Hub whose token is in the keyring), ``extra`` (read-only model folders), and

- ``search``: ``task``, ``machine``, ``filters`` (see Filters), ``weights`` (see Weights.read) → a search result with facts.
- ``info``: ``ref``, ``task`` or null, ``machine`` → ``{"candidate": …}``, configuration and file sizes included;
  with ``here`` from the files on this disk alone, with ``recount`` the weights counted in their own heads.
- ``pull``: ``ref``, ``task`` or null, ``branch`` → ``{"model": …}``; progress: see progress.py.
- ``library`` → ``{"models": […]}``: those that can be loaded.
- ``shelf`` → ``{"entries": […], "leftovers": […]}``: everything in the cache, see shelf.py, leftovers.py.
- ``verify``: ``refs`` or null for all → ``{"checked": […]}``; progress ``{file, done_bytes, total_bytes}``.
- ``remove``: ``ref``, ``confirmed`` → ``{"freed_bytes", "entry"}``.
- ``sweep``: ``foreign``, ``paths`` or null for all → ``{"freed_bytes": …}``: unfinished files go.
- ``discard``: ``ref``, ``revision`` → ``{"freed_bytes": …}``: what came of a download that was given up.
- ``account`` → ``{"source", "keyring", "endpoint"}``: where the token comes from.
- ``keep_token``: ``token`` → ``{"place", "endpoint"}``; ``forget_token`` → ``{"endpoint"}``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from selector.errors import PetitError, ProtocolProblem
from selector.hub.account_request import AccountRequest
from selector.hub.client import HubClient
from selector.hub.environment import endpoint_of
from selector.hub.library_request import LibraryRequest
from selector.hub.request import Request
from selector.log import redacted
from selector.worker.roles import Emit


class HubRole:
    """See Role; the ops are at the top of this module."""

    _OPS: Mapping[str, type[Request]] = {
        **dict.fromkeys(("search", "info", "pull"), Request),
        **dict.fromkeys(
            ("library", "shelf", "verify", "remove", "sweep", "discard"), LibraryRequest
        ),
        **dict.fromkeys(("account", "keep_token", "forget_token"), AccountRequest),
    }

    def __init__(self) -> None:
        self._clients: dict[tuple[object, ...], HubClient] = {}

    def _client(self, args: Mapping[str, Any]) -> HubClient:
        endpoint = endpoint_of(args.get("endpoint"))
        keyring = args.get("keyring_for") == endpoint
        xet, offline = bool(args.get("xet")), bool(args.get("offline"))
        key = (endpoint, args.get("proxy"), offline, keyring, xet)
        if key not in self._clients:
            self._clients[key] = HubClient(
                endpoint, None, offline, proxy=args.get("proxy"), keyring=keyring, xet=xet
            )
        return self._clients[key]

    def handle(
        self, op: str, args: Mapping[str, Any], emit: Emit, cancelled: Callable[[], bool]
    ) -> dict[str, Any]:
        """See Role."""
        if op not in self._OPS:
            raise ProtocolProblem(reason="unknown op", op=op)
        try:
            request = self._OPS[op](args, self._client(args), emit, cancelled)
            answer: dict[str, Any] = getattr(request, op)()
        except PetitError as error:
            error.facts = redacted(error.facts)  # only here are the secrets known
            raise
        finally:
            if op != "pull":  # downloads come one after the other; others may follow another token
                self.close()
                self._clients.clear()
        return answer

    def close(self) -> None:
        """See Role."""
        for client in self._clients.values():
            client.close()


def role() -> HubRole:
    """The role, for the worker's entry."""
    return HubRole()
