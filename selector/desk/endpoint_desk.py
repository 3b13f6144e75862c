# SPDX-License-Identifier: Apache-2.0
"""The part of the desk that knows chat endpoints: their settings, keys, prompts, prices, and the user's consent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from selector import registry
from selector.desk.library_desk import LibraryDesk
from selector.endpoint_errors import ConsentNeeded, LabelsNeeded
from selector.engines.endpoint import config, prices, prompts
from selector.engines.endpoint.config import Endpoint
from selector.engines.endpoint.prices import OwnPrice, Prices, TokenPrice
from selector.engines.endpoint.prompts import Prompt
from selector.engines.endpoint.question import question
from selector.hub.local_facts import row_of_local
from selector.machine.cgroups import limits
from selector.machine.memory import probe_memory
from selector.store.paid_answers import PaidAnswers
from selector.tasks.base import Task
from selector.trial.contestants import contestant, find_local, read_references
from selector.trial.measurement import Contestant
from selector.trial.sending import SendingPlan, plan_sending
from selector.worker.client import WorkerClient


class EndpointDesk(LibraryDesk):
    """Blocking calls, from any thread; see Desk."""

    # -- settings ---------------------------------------------------------------------------------
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Every endpoint that is set up. Instant."""
        return config.load_endpoints(self.locations.endpoints)

    def endpoint(self, name: str) -> Endpoint:
        """One of them. Instant. Raises UnknownEndpoint."""
        return config.named(self.endpoints(), name)

    def keep_endpoint(self, endpoint: Endpoint, key: str | None = None) -> Endpoint:
        """Set one up, or change it; ``key`` goes into the keyring. Raises BadEndpoint, KeyNotKept."""
        if key is not None:
            endpoint = replace(endpoint, key="keyring")
        endpoint = config.checked(endpoint)
        old = {each.name: each for each in self.endpoints()}
        before = old.get(endpoint.name)
        if key is not None:
            self._ask_endpoint("keep_key", endpoint, key=key)
        if before is not None and before.key == "keyring" and before.account != endpoint.account:
            self._ask_endpoint("forget_key", before)
        old[endpoint.name] = endpoint
        config.save_endpoints(self.locations.endpoints, tuple(old.values()))
        return endpoint

    def remove_endpoint(self, name: str) -> None:
        """Forget an endpoint, its key, its price and its answers. Raises UnknownEndpoint."""
        gone = self.endpoint(name)
        if gone.key == "keyring":
            self._ask_endpoint("forget_key", gone)
        rest = [each for each in self.endpoints() if each.name != name]
        config.save_endpoints(self.locations.endpoints, rest)
        self.set_price(name, None)
        self.forget_answers(name)

    def forget_answers(self, name: str) -> int:
        """Forget what an endpoint answered, so that it is asked anew; gives how many. Raises StoreProblem."""
        if not self.locations.answers.exists():
            return 0
        with PaidAnswers(self.locations.answers) as answers:
            return answers.forget(name)

    def key_state(self, name: str) -> dict[str, Any]:
        """Whether its key is ``there``, and whether this system has a ``keyring``."""
        return self._ask_endpoint("key_state", self.endpoint(name))

    def _ask_endpoint(self, op: str, endpoint: Endpoint, **more: Any) -> dict[str, Any]:
        """In a process of its own: a keyring may want to be unlocked, and this one keeps no key."""
        with WorkerClient("endpoint") as worker:
            return worker.call(op, {"endpoint": asdict(endpoint), **more})

    # -- prices and prompts -----------------------------------------------------------------------
    def prices(self) -> Prices:
        """The price table. Instant."""
        return prices.load_prices(self.locations.prices)

    def set_price(self, name: str, price: TokenPrice | None) -> Prices:
        """Write an endpoint's price, or take it out. Raises BadEndpoint, OSError."""
        table = self.prices()
        rows = {key: value for key, value in table.endpoints.items() if key != name}
        if price is not None:
            rows[name] = prices.checked_token_price(price)
        return self._keep_prices(replace(table, endpoints=rows), table)

    def set_own_price(self, price: OwnPrice) -> Prices:
        """Write what running a model here costs. Raises BadEndpoint, OSError."""
        table = self.prices()
        return self._keep_prices(replace(table, own=prices.checked_own_price(price)), table)

    def _keep_prices(self, table: Prices, before: Prices) -> Prices:
        if table != before:
            prices.save_prices(self.locations.prices, table)
        return table

    def prompt(self, task: str) -> Prompt:
        """What endpoints are asked for a task. Instant. Raises UnknownTask, EndpointUnsuited, BadEndpoint."""
        return prompts.prompt_of(registry.task(task), self.locations.prompts)

    def set_prompt(self, task: str, prompt: Prompt | None) -> Prompt:
        """Write the user's own prompt, or go back to Petit's. Raises as ``prompt``."""
        known = registry.task(task)
        if prompt is None:
            prompts.forget_prompt(known, self.locations.prompts)
        else:
            prompts.save_prompt(known, self.locations.prompts, prompt)
        return self.prompt(task)

    # -- taking part ------------------------------------------------------------------------------
    def contestants(self, refs: Sequence[str], task: str) -> tuple[Contestant, ...]:
        """Pin models that are on this disk; a form that two references come to takes part once.

        Endpoints among them may send nothing yet: see ``with_consent``. Raises NotDownloaded,
        UnsupportedModel, UnknownEngine, BadReference, UnknownEndpoint, EndpointUnsuited.
        """
        models = self.library()
        available = probe_memory([], limits()).available_bytes
        found: dict[str, Contestant] = {}
        for reference in read_references(refs, endpoints=True):
            if reference.engine == "endpoint":
                asked = self._endpoint_contestant(reference.repo, task)
                found.setdefault(asked.ref, asked)
                continue
            model = find_local(reference, models)
            row = row_of_local(model)
            pinned = contestant(
                reference, task, model, row.facts, row.licence.id, available, self.locations.made
            )
            named = tuple(row.about.datasets.value or ())
            found.setdefault(pinned.ref, replace(pinned, datasets=named))
        return tuple(found.values())

    def _endpoint_contestant(self, name: str, task_id: str) -> Contestant:
        """An endpoint as a contestant that may send nothing yet. Raises UnknownEndpoint, EndpointUnsuited."""
        endpoint, task = self.endpoint(name), registry.task(task_id)
        prompt = prompts.prompt_of(task, self.locations.prompts, name)
        return Contestant(
            ref=f"endpoint:{name}",
            repo=endpoint.model,
            revision="",
            engine="endpoint",
            precision="",
            folder="",
            parameters=None,
            download_bytes=0,
            endpoint={
                "endpoint": asdict(endpoint),
                "prompt": {"system": prompt.system, "user": prompt.user},
                "labels": [],
                "answers": str(self.locations.answers),
                "may_send": 0,
                "offline": self.offline,
            },
        )

    def sending_plans(
        self,
        refs: Sequence[str],
        task: str,
        inputs: Sequence[str],
        labels: Sequence[str] = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> tuple[SendingPlan, ...]:
        """What would be sent to each endpoint among ``refs``; nothing is. Local models are left out.

        Raises UnknownEndpoint, EndpointUnsuited, LabelsNeeded, BadEndpoint, StoreProblem.
        """
        known, table = registry.task(task), self.prices()
        given = {**known.default_parameters, **(parameters or {})}
        names = [ref.removeprefix("endpoint:") for ref in refs if ref.startswith("endpoint:")]
        return tuple(self._plan(name, known, inputs, labels, given, table) for name in names)

    def _plan(
        self,
        name: str,
        task: Task,
        inputs: Sequence[str],
        labels: Sequence[str],
        parameters: Mapping[str, Any],
        table: Prices,
    ) -> SendingPlan:
        endpoint = self.endpoint(name)
        prompt = prompts.prompt_of(task, self.locations.prompts, name)
        if task.output_kind == "labels" and len(labels) < 2:
            raise LabelsNeeded(name=name)
        asked = [question(task, prompt, x, labels, endpoint, parameters) for x in inputs]
        keys = {each.key(endpoint) for each in asked}
        with PaidAnswers(self.locations.answers) as answers:
            known = set(answers.known(keys))
        return plan_sending(endpoint, asked, known, labels, table.endpoints.get(name))

    def with_consent(
        self,
        contestants: Sequence[Contestant],
        task: str,
        inputs: Sequence[str],
        labels: Sequence[str] = (),
        parameters: Mapping[str, Any] | None = None,
        *,
        send: bool,
    ) -> tuple[Contestant, ...]:
        """The same contestants; endpoints among them may send exactly what their plan says.

        Raises ConsentNeeded with the plan when something would be sent and ``send`` is false.
        """
        refs = [each.ref for each in contestants if each.remote]
        if not refs:
            return tuple(contestants)
        plans = {x.name: x for x in self.sending_plans(refs, task, inputs, labels, parameters)}
        found = []
        for each in contestants:
            if each.remote:
                plan = plans[each.ref.removeprefix("endpoint:")]
                if plan.to_send and not send:
                    raise ConsentNeeded(**plan.to_json())
                more = {"labels": list(labels), "may_send": plan.to_send}
                each = replace(each, endpoint={**(each.endpoint or {}), **more})
            found.append(each)
        return tuple(found)
