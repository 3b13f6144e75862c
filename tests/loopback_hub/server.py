"""The server: two origins on loopback, in a thread of their own."""

import asyncio
import socket
import threading
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from .application import Hub
from .delivery import Delivery, RecordedRequest
from .faults import Faults, Origin
from .files import Files
from .repository import Repository
from .settings import Settings
from .store import Store

_HOST = "127.0.0.1"


class LoopbackHub:
    """A Hugging Face Hub for the length of a `with` block.

    `tokens` says which closed repositories a token opens; a token that is not among its keys is
    nobody's. `renames` maps the old ids of repositories to their new ones.
    """

    def __init__(
        self,
        repositories: Iterable[Repository],
        *,
        tokens: Mapping[str, set[str]] | None = None,
        renames: Mapping[str, str] | None = None,
        settings: Settings | None = None,
        port: int = 0,
    ) -> None:
        self.settings = settings or Settings()
        self.faults = Faults()
        self.requests: list[RecordedRequest] = []
        self.errors: list[Exception] = []  # mistakes of this server's, raised on leaving the block
        self._store = Store(repositories, tokens or {}, renames or {})
        self._port = port
        self._sockets: list[socket.socket] = []
        self._servers: list[uvicorn.Server] = []
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self.endpoint = ""
        self.cdn = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        if error is None and self.errors:
            raise self.errors[0]

    def start(self) -> None:
        """Open both origins; returns when they answer."""
        self._sockets = [_listening(self._port), _listening(0)]
        self.endpoint, self.cdn = (
            f"http://{_HOST}:{each.getsockname()[1]}" for each in self._sockets
        )
        files = Files(self._store, self.settings, self.endpoint, self.cdn)
        hub = Hub(self._store, self.settings, files, self.endpoint)
        self._servers = [
            self._server(hub.application(), "api"),
            self._server(files.cdn(), "cdn"),
        ]
        self._thread = threading.Thread(target=self._run, name="loopback hub", daemon=True)
        self._thread.start()
        if not self._ready.wait(20):
            raise RuntimeError("the loopback Hub did not start")

    def close(self) -> None:
        """Close both origins at once, answers under way included; twice does no harm."""
        for server in self._servers:
            server.should_exit = True
            server.force_exit = True
        if self._thread is not None:
            self._thread.join(20)
            self._thread = None

    def publish(self, repository: Repository) -> None:
        """Add a repository, or push a new commit to one; earlier commits stay reachable."""
        self._store.publish(repository)

    def withdraw(self, repository_id: str) -> None:
        """Delete a repository."""
        self._store.withdraw(repository_id)

    def sha(self, repository_id: str, revision: str = "main") -> str:
        """The commit id that a revision stands for."""
        published = self._store.get(repository_id)
        snapshot = published.at(revision) if published else None
        if snapshot is None:
            raise KeyError(f"{repository_id}@{revision}")
        return snapshot.sha

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        self.requests.clear()

    def requests_to(
        self, *, method: str | None = None, path: str = "", origin: Origin | None = None
    ) -> list[RecordedRequest]:
        """The requests of a method, to an origin, with this text somewhere in the path."""
        return [
            each
            for each in list(self.requests)
            if method in (None, each.method) and origin in (None, each.origin) and path in each.path
        ]

    def _server(self, app: ASGIApp, origin: Origin) -> uvicorn.Server:
        delivery = Delivery(app, origin, self.faults, self.requests.append, self.errors)
        return uvicorn.Server(
            uvicorn.Config(
                delivery,
                http="h11",  # closes the connection when an answer is left unfinished
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                timeout_keep_alive=60,
            )
        )

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        pairs = zip(self._servers, self._sockets, strict=True)
        running = [asyncio.create_task(server.serve([sock])) for server, sock in pairs]
        while not all(server.started for server in self._servers):
            await asyncio.sleep(0.005)
        self._ready.set()
        await asyncio.gather(*running)
        for server in self._servers:
            for connection in list(server.server_state.connections):
                connection.transport.abort()
        await asyncio.sleep(0)


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((_HOST, port))
    listener.listen(128)
    return listener
