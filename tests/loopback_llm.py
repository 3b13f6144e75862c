# SPDX-License-Identifier: Apache-2.0
"""An OpenAI-compatible chat server on loopback that can go wrong in every way real ones do."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import uvicorn
from starlette.requests import Request
from starlette.responses import Response


@dataclass
class Fault:
    """What is said instead of an answer. ``hang_s`` waits first."""

    status: int = 200
    body: Any = None
    """Text as it is, anything else as JSON; None answers as usual."""
    headers: dict[str, str] = field(default_factory=dict)
    hang_s: float = 0.0


def completion(text: str | None, finish: str = "stop", **more: Any) -> dict[str, Any]:
    """A chat completion as OpenAI writes it."""
    message = {"role": "assistant", "content": text, **more.pop("message", {})}
    return {
        "id": "x",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 5},
        **more,
    }


class LoopbackLlm:
    """A server for the length of a ``with`` block.

    ``answer`` gets the body of a request and gives the text of the answer; by default the first of the
    allowed categories. ``faults`` are used up one a request, before any answer.
    """

    def __init__(
        self, answer: Callable[[dict[str, Any]], str] | None = None, key: str = ""
    ) -> None:
        self.requests: list[dict[str, Any]] = []
        """Bodies, with the ``authorization`` header added."""
        self.faults: deque[Fault] = deque()
        self.always: Fault | None = None
        self.refuses: dict[str, str] = {}
        """Fields of a body that this server does not take, and what it says to them."""
        self.at_once = self.most_at_once = 0
        self._answer = answer or self._first
        self._key = key
        self._lock = threading.Lock()
        self.address = ""

    @staticmethod
    def _first(body: dict[str, Any]) -> str:
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
        for name, value in schema.get("properties", {}).items():
            return json.dumps({name: value["enum"][0] if "enum" in value else 0.5})
        return "an answer"

    def __enter__(self) -> Self:
        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(self._app, log_level="critical", lifespan="off", interface="asgi3")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._server.serve(sockets=[listener])), daemon=True
        )
        self._thread.start()
        self.address = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        body = json.loads(await request.body())
        given = request.headers.get("authorization", "")
        with self._lock:
            self.requests.append({**body, "authorization": given})
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            fault = self.faults.popleft() if self.faults else self.always
        try:
            if fault is not None:
                await asyncio.sleep(fault.hang_s)
                if fault.body is not None or fault.status != 200:
                    return _response(fault.body, fault.status, fault.headers)
            if request.url.path != "/v1/chat/completions":
                return _response({"error": {"message": "no such page"}}, 404)
            if self._key and given != f"Bearer {self._key}":
                return _response({"error": {"message": f"Incorrect API key: {given}"}}, 401)
            for name, words in self.refuses.items():
                if name in body:
                    return _response({"error": {"message": words}}, 400)
            return _response(completion(self._answer(body)))
        finally:
            with self._lock:
                self.at_once -= 1


def _response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    text = body if isinstance(body, str) else json.dumps(body)
    return Response(text, status, headers, media_type="application/json")
