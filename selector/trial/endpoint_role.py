# SPDX-License-Identifier: Apache-2.0
"""The role ``endpoint`` of a worker process: asks a chat endpoint, and never the same thing twice.

Ops: ``load``, ``run`` and ``memory`` as of the role ``model``, and ``keep_key``, ``forget_key``, ``key_state``
of an ``endpoint``. A key is in no answer, no event and no error.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from selector import registry
from selector.endpoint_errors import (
    OF_ONE_ITEM,
    BadEndpoint,
    EndpointProblem,
    KeyNotKept,
    KeyRefused,
    NotSent,
    RequestRefused,
)
from selector.engines.endpoint.chat import ChatClient
from selector.engines.endpoint.config import Endpoint, checked, endpoint_from_json
from selector.engines.endpoint.prompts import Prompt
from selector.engines.endpoint.question import Question, question
from selector.engines.endpoint.reply import Reply, output_of, reply_from_json
from selector.errors import BadSetting, Cancelled, PetitError, ProtocolProblem, TokenNotKept
from selector.hub.credentials import forget_token, has_keyring, keep_token, keyring_token
from selector.log import hide, redacted
from selector.store.paid_answers import PaidAnswers
from selector.tasks.base import Task
from selector.tasks.outputs import to_json
from selector.worker.roles import Emit

GIVE_UP_AFTER = 3
"""Failures one after another that are the server's and not an item's."""
_POLL_S = 0.05


def key_of(endpoint: Endpoint) -> str | None:
    """The endpoint's key, from where the user said it is."""
    if endpoint.key == "keyring":
        return keyring_token(endpoint.account)
    if endpoint.key.startswith("environment:"):
        value = os.environ.get(endpoint.key.removeprefix("environment:"), "").strip()
        if value:
            hide(value)
        return value or None
    return None


class Asked:
    """What one ``load`` prepared: everything that a question needs."""

    def __init__(self, args: Mapping[str, Any]) -> None:
        self.endpoint = checked(endpoint_from_json(args["endpoint"]))
        self.task: Task = registry.task(str(args["task"]))
        self.labels = tuple(str(label) for label in args["labels"])
        self.prompt = Prompt(str(args["prompt"]["system"]), str(args["prompt"]["user"]))
        self.may_send = int(args["may_send"])
        """Questions that the user has agreed to send; the rest come from the store, or not at all."""
        self.in_a_row = 0
        """Failures of the server one after another, also from one run to the next."""
        self.answers = PaidAnswers(Path(str(args["answers"])))
        key = key_of(self.endpoint)
        if key is None and self.endpoint.key != "none" and self.may_send:
            raise KeyRefused(host=self.endpoint.host, status=0, detail="endpoint.no_key")
        self.client = ChatClient(self.endpoint, key, offline=bool(args.get("offline")))

    def question(self, text: str, parameters: Mapping[str, Any]) -> Question:
        """The question of one input."""
        return question(self.task, self.prompt, text, self.labels, self.endpoint, parameters)

    def close(self) -> None:
        """Let go of everything."""
        self.client.close()
        self.answers.close()


class EndpointRole:
    """See Role; the ops are at the top of this module."""

    def __init__(self) -> None:
        self._asked: Asked | None = None

    def handle(
        self, op: str, args: Mapping[str, Any], emit: Emit, cancelled: Callable[[], bool]
    ) -> dict[str, Any]:
        """See Role."""
        try:
            match op:
                case "load":
                    return self._load(args)
                case "run":
                    return self._run(args, emit, cancelled)
                case "memory":
                    return {"peak_bytes": 0, "now_bytes": 0}
                case "keep_key" | "forget_key" | "key_state":
                    endpoint = checked(endpoint_from_json(args["endpoint"]))
                    return getattr(self, f"_{op}")(endpoint, args)  # type: ignore[no-any-return]
        except PetitError as error:
            error.facts = redacted(error.facts)  # only here is the key known
            raise
        raise ProtocolProblem(reason="unknown op", op=op)

    # -- keys -------------------------------------------------------------------------------------
    def _keep_key(self, endpoint: Endpoint, args: Mapping[str, Any]) -> dict[str, Any]:
        if not has_keyring():
            raise KeyNotKept(name=endpoint.name)
        try:
            keep_token(str(args.get("key") or ""), endpoint.account)
        except TokenNotKept:
            raise KeyNotKept(name=endpoint.name) from None
        except BadSetting:
            raise BadEndpoint(what="key", value="…", reason="endpoint.odd_key") from None
        return {"state": "keyring"}

    def _forget_key(self, endpoint: Endpoint, args: Mapping[str, Any]) -> dict[str, Any]:
        forget_token(endpoint.account)
        return {"state": "none"}

    def _key_state(self, endpoint: Endpoint, args: Mapping[str, Any]) -> dict[str, Any]:
        return {"there": key_of(endpoint) is not None, "keyring": has_keyring()}

    # -- asking -----------------------------------------------------------------------------------
    def _load(self, args: Mapping[str, Any]) -> dict[str, Any]:
        start = time.perf_counter()
        self.close()
        self._asked = Asked(args)
        return {
            "load_s": time.perf_counter() - start,
            "parameters": 0,
            "labels": list(self._asked.labels),
            "versions": {},
            "peak_bytes": 0,
            "memory_bytes": 0,
            "threads": 0,
        }

    def _run(
        self, args: Mapping[str, Any], emit: Emit, cancelled: Callable[[], bool]
    ) -> dict[str, Any]:
        """Args: inputs, parameters. Emits {"output"}, {"item_error"} and {"wait_s"}; gives usage."""
        if self._asked is None:
            raise ProtocolProblem(reason="nothing loaded")
        parameters = {**self._asked.task.default_parameters, **(args.get("parameters") or {})}
        texts = [str(text) for text in args["inputs"]]
        run = _Run(self._asked, texts, parameters, emit, cancelled)
        start = time.perf_counter()
        run.all()
        tokens = run.usage["completion_tokens"]
        seconds = time.perf_counter() - start
        return {
            "n": len(texts),
            "tokens": tokens,
            "seconds": seconds,
            "peak_bytes": 0,
            "usage": run.usage,
        }

    def close(self) -> None:
        """See Role."""
        if self._asked is not None:
            self._asked.close()
            self._asked = None


class _Run:
    """One request: what is known first, then what must be asked, a few at a time."""

    def __init__(
        self,
        asked: Asked,
        texts: Sequence[str],
        parameters: Mapping[str, Any],
        emit: Emit,
        cancelled: Callable[[], bool],
    ) -> None:
        self._asked = asked
        self._emit, self._cancelled = emit, cancelled
        self._questions = [asked.question(text, parameters) for text in texts]
        self._keys = [each.key(asked.endpoint) for each in self._questions]
        self.usage = dict.fromkeys(
            ("items", "from_store", "prompt_tokens", "completion_tokens", "estimated"), 0
        )

    def all(self) -> None:
        """Answer every input. Raises what says that the next question will fare no better."""
        known = self._asked.answers.known(self._keys)
        todo: dict[str, list[int]] = {}  # equal texts are one question
        for index, key in enumerate(self._keys):
            if key in known:
                reply, seconds = known[key]
                self._answered([index], reply_from_json(reply), seconds)
                self.usage["from_store"] += 1
            else:
                todo.setdefault(key, []).append(index)
        if todo:
            self._ask(todo)

    def _ask(self, todo: Mapping[str, list[int]]) -> None:
        asked = self._asked
        pool = ThreadPoolExecutor(asked.endpoint.at_once, thread_name_prefix="ask")
        left = list(todo)
        running: dict[Future[tuple[Reply, float]], str] = {}
        try:
            while left or running:
                if self._cancelled():
                    raise Cancelled
                while left and len(running) < asked.endpoint.at_once:
                    key = left.pop(0)
                    if asked.may_send <= 0:
                        self._failed(todo[key], NotSent())
                        continue
                    asked.may_send -= 1
                    running[pool.submit(self._one, self._questions[todo[key][0]])] = key
                done, _ = wait(running, _POLL_S, FIRST_COMPLETED)
                for future in done:
                    key = running.pop(future)
                    self._take(future, key, todo[key])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _one(self, asked: Question) -> tuple[Reply, float]:
        return self._asked.client.ask(
            asked, self._cancelled, lambda seconds: self._emit({"wait_s": seconds})
        )

    def _take(self, future: Future[tuple[Reply, float]], key: str, indices: list[int]) -> None:
        try:
            reply, seconds = future.result()
        except OF_ONE_ITEM as error:
            self._asked.in_a_row = 0
            self._failed(indices, error)
        except EndpointProblem as error:
            self._asked.in_a_row += 1
            lost = isinstance(error, KeyRefused) or (
                isinstance(error, RequestRefused) and error.facts.get("status") == 404
            )
            if lost or self._asked.in_a_row >= GIVE_UP_AFTER:
                raise
            self._failed(indices, error)
        else:
            self._asked.in_a_row = 0
            endpoint = self._asked.endpoint
            self._asked.answers.keep(key, endpoint.name, endpoint.model, reply.to_json(), seconds)
            self._answered(indices, reply, seconds)

    def _answered(self, indices: Sequence[int], reply: Reply, seconds: float) -> None:
        asked = self._asked
        for index in indices:
            self._count(index, reply)
            try:
                output = output_of(reply, asked.task.output_kind, asked.labels)
            except PetitError as error:
                self._failed([index], error)
                continue
            given = {"index": index, "output": to_json(output), "seconds": seconds}
            self._emit({"output": given})

    def _count(self, index: int, reply: Reply) -> None:
        sent, came = reply.prompt_tokens, reply.completion_tokens
        if sent is None or came is None:
            self.usage["estimated"] += 1
        self.usage["items"] += 1
        self.usage["prompt_tokens"] += self._questions[index].tokens if sent is None else sent
        guess = -(-len(reply.text.encode("utf-8", "replace")) // 4)
        self.usage["completion_tokens"] += guess if came is None else came

    def _failed(self, indices: Sequence[int], error: PetitError) -> None:
        for index in indices:
            facts = redacted(error.facts)
            self._emit({"item_error": {"index": index, "code": error.code, "facts": facts}})


def role() -> EndpointRole:
    """The role, for the worker's entry."""
    return EndpointRole()
