# SPDX-License-Identifier: Apache-2.0
"""The desk: inspect, search, fit, download, try, evaluate, decide, export, each one blocking call.

Every call may be made from any thread. Models, the Hub's client and statistics run in processes of
their own; nothing here imports a machine-learning runtime or numpy. ``cancelled`` is polled often;
when it becomes true the call raises Cancelled within about 100 ms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from selector import registry
from selector.decide import document as documents
from selector.decide.verdict_facts import Evaluation
from selector.desk.bundle_desk import BundleDesk
from selector.desk.considered import considered, keep_considered
from selector.desk.evaluating import judge, judge_predictions, measure, placed, read_labelled
from selector.desk.examining import Examined, built, card_of, counted, measured_rate
from selector.desk.library_desk import ignore, never
from selector.desk.racing import race
from selector.desk.requests import (
    Evaluated,
    EvaluateRequest,
    OnTrial,
    PredictionsRequest,
    SampleProject,
    SearchRequest,
)
from selector.desk.sample import read_sample
from selector.desk.searching import OnWait, Searching
from selector.desk.single_times import with_single_times
from selector.desk.stated_task import task_of
from selector.desk.task_parameters import task_parameters
from selector.errors import DataEmpty, HubProblem
from selector.hub import results
from selector.hub.candidate import Candidate, SearchResult
from selector.hub.local_facts import row_of_local
from selector.hub.ranking import rank
from selector.hub.score import Weights
from selector.hub.stored_count import in_doubt
from selector.hub.why import with_why
from selector.machine.cgroups import limits
from selector.machine.codec import machine_to_json
from selector.machine.memory import probe_memory
from selector.paths import Locations
from selector.settings import Settings
from selector.tasks import words as task_words
from selector.tasks.base import FILE_KINDS, Language, Task
from selector.trial.agreement import with_agreement
from selector.trial.contestants import find_local, read_references
from selector.trial.measurement import Measurement, Trial, TrialEvent
from selector.trial.runner import run_trial
from selector.trial.spare import SPARE_BYTES, SpareWorker


class Desk(BundleDesk):
    """One user's desk: their data folder, their offline choice, their language."""

    def __init__(
        self,
        locations: Locations,
        *,
        offline: bool = False,
        language: Language = "en",
        settings: Settings | None = None,
        keeps_spare: bool = False,
    ) -> None:
        super().__init__(locations, offline=offline, language=language, settings=settings)
        self._spare = SpareWorker()
        self._keeps_spare = keeps_spare
        self.weights = Weights()
        """How candidates are ranked."""
        self._searching = Searching(self._hub, self.machine, lambda: str(self.weights))

    # -- task ---------------------------------------------------------------------------------------
    def match_tasks(self, words: str) -> list[tuple[Task, float]]:
        """All tasks, best match for plain words first, with a score from 0 to 1. Instant."""
        return task_words.match(words, registry.tasks().values())

    # -- candidates ---------------------------------------------------------------------------------
    def search(
        self,
        request: SearchRequest,
        cancelled: Callable[[], bool] = never,
        on_wait: OnWait | None = None,
        owner: str = "",
    ) -> SearchResult:
        """Find candidates. Raises HubProblem; offline or unreachable answers from what is kept here.

        ``on_wait`` hears when the Hub makes us wait. A newer search of the same ``owner`` cancels an
        older one, and the process that talks to the Hub for it is gone within 100 ms.
        """
        found = self._searching.run(owner, request, cancelled, on_wait)
        record = considered(request, found, datetime.now(UTC))
        keep_considered(self.locations.searches, request.task, record)
        return found

    def ranked(
        self, candidates: Sequence[Candidate], request: SearchRequest
    ) -> tuple[Candidate, ...]:
        """Candidates of one search in the order of the weights as they are now. Instant, asks nobody."""
        order = rank(
            candidates,
            sort=request.sort,
            language=request.language,
            now=datetime.now(UTC),
            weights=self.weights,
            again=True,
        )
        return tuple(order)

    def candidate(
        self, ref: str, task: str | None, cancelled: Callable[[], bool] = never
    ) -> Candidate:
        """Everything known of one model before its download. Raises HubProblem, BadReference."""
        args = {"ref": ref, "task": task, "machine": machine_to_json(self.machine())}
        return self._info(args, cancelled)

    def examine(
        self,
        ref: str,
        task: str | None,
        on_part: Callable[[Examined], None] = ignore,
        cancelled: Callable[[], bool] = never,
        *,
        here: bool = False,
    ) -> Examined:
        """The card of one model: downloads no weights. ``here`` asks this disk alone.

        ``on_part`` gets the card as soon as the Hub answered, before the seconds that building the
        empty model takes. Raises HubProblem, BadReference.
        """
        machine = self.machine()
        args = {"ref": ref, "task": task, "machine": machine_to_json(machine), "here": here}
        found = self._info(args, cancelled)
        rate = measured_rate(self._database)
        on_part(card_of(found, None, machine, rate, task or found.about.task_tag.value))
        support = built(found, self._database, cancelled)
        if in_doubt(found.facts, support):
            with suppress(HubProblem):  # then the Hub's count is what there is
                again = self._info({**args, "recount": True}, cancelled)
                about = replace(again.about, summary=found.about.summary)
                found = replace(again, about=about)
        stated = task or found.about.task_tag.value
        return card_of(counted(found, support, task, machine), support, machine, rate, stated)

    def explained(self, candidate: Candidate, task: str) -> Examined:
        """The card of a model that is on this disk: nobody is asked."""
        rate = measured_rate(self._database)
        return card_of(candidate, None, self.machine(), rate, task)

    def _info(self, args: dict[str, Any], cancelled: Callable[[], bool]) -> Candidate:
        return results.candidate_from_json(self._hub("info", args, cancelled)["candidate"])

    def fit(self, refs: Sequence[str], task: str | None = None) -> list[tuple[str, Examined]]:
        """What is known of each before its download, compared with the others.

        Raises HubProblem, BadReference.
        """
        references = [str(ref) for ref in read_references(refs)]
        found = [self.examine(ref, task) for ref in references]
        compared = with_why([each.candidate for each in found])
        return [
            (ref, replace(each, candidate=candidate))
            for ref, each, candidate in zip(references, found, compared, strict=True)
        ]

    # -- try ----------------------------------------------------------------------------------------
    def try_models(
        self,
        refs: Sequence[str],
        task: str,
        inputs: Sequence[str],
        on_event: OnTrial,
        cancelled: Callable[[], bool] = never,
        repeat: int = 0,
        labels: Sequence[str] = (),
        send: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> tuple[Measurement, ...]:
        """The same inputs through every model, one computing at a time. Failures are in the rows.

        ``repeat`` as in Trial: 0 is as often as fair times take.
        ``labels`` are the categories that an endpoint, or a task that asks for them, chooses among; without
        ``send`` an endpoint is sent nothing. ``settings`` are parameters of the task. Raises BadSetting.
        """
        known = registry.task(task)
        if not inputs:
            raise DataEmpty(name="input")
        if known.input_kind in FILE_KINDS:
            inputs = [placed(text, Path.cwd()) for text in inputs]
        chosen = self.contestants(refs, task)
        trial = Trial(
            task,
            tuple(inputs),
            self.with_consent(chosen, task, inputs, labels, send=send),
            repeat=max(0, repeat),
            parameters=task_parameters(known, labels, settings),
        )
        machine = self.machine()
        available = machine.memory.available_bytes
        rows = run_trial(
            trial,
            available_bytes=available,
            on_event=on_event,
            cancelled=cancelled,
            spare=self._spare.take,
        )
        self.learn_from(rows, task, inputs, machine)
        return with_agreement(rows)

    def warm_up(self) -> None:
        """Import PyTorch in a spare worker, if this desk keeps one and there is memory for it.

        Returns at once. The next model that PyTorch runs is loaded there.
        """
        if self._keeps_spare and probe_memory([], limits()).available_bytes >= SPARE_BYTES:
            self._spare.warm()

    def close(self) -> None:
        """End every process that the desk started."""
        self._spare.close()
        super().close()

    # -- decide -------------------------------------------------------------------------------------
    def evaluate(
        self, request: EvaluateRequest, on_event: OnTrial, cancelled: Callable[[], bool] = never
    ) -> Evaluated:
        """Run all examples (resuming what is known), judge, decide, save the decision file.

        In a race only as many as the answer takes.

        Raises InputProblem and whatever ``contestants`` raises.
        """
        known = registry.task(request.task)
        examples = read_labelled(request)
        chosen = self.with_consent(
            self.contestants(request.refs, request.task),
            request.task,
            examples.inputs,
            sorted(set(examples.labels or ())),
            send=request.send,
        )
        machine = self.machine()
        available = machine.memory.available_bytes
        loaded: set[str] = set()

        def watch(event: TrialEvent) -> None:
            if event.kind == "loaded":
                loaded.add(event.ref)
            on_event(event)

        raced = None
        parameters = task_parameters(known, sorted(set(examples.labels or ())), request.settings)
        with self._database() as database:
            if request.race:
                raced, rows = race(
                    database, request, examples, chosen, available, watch, cancelled, parameters
                )
            else:
                rows = measure(
                    database, chosen, known.id, examples, available, watch, cancelled, parameters
                )
        rows = with_agreement(rows)
        # What was known before has taught already.
        fresh = [row for row in rows if row.ref in loaded]
        prices, texts = self.prices(), examples.inputs
        self.learn_from(fresh, request.task, texts, machine)
        if raced is not None:
            return self._saved(raced, rows, chosen, machine, parameters)
        evaluation = judge(request, examples, chosen, rows, cancelled, prices)
        with self._database() as database:
            evaluation = with_single_times(
                database, evaluation, chosen, texts, available, prices, cancelled, parameters
            )
        return self._saved(evaluation, rows, chosen, machine, parameters)

    def decide_predictions(
        self, request: PredictionsRequest, cancelled: Callable[[], bool] = never
    ) -> Evaluation:
        """Decide on outputs produced elsewhere; the same evaluation, by the same engine.

        Raises InputProblem, BadSetting, UnknownMetric.
        """
        return judge_predictions(request, cancelled)

    def unmeasured(self, ref: str, task: str | None) -> dict[str, Any]:
        """A decision document of a model on this disk that nothing was measured of.

        Without ``task`` it is the one the model itself states. Raises NotDownloaded, UnknownTask,
        TaskNeeded, BadReference, UnsupportedModel.
        """
        row = row_of_local(find_local(read_references([ref])[0], self.library()))
        known = registry.task(task) if task else task_of(row)
        chosen = self.contestants([ref], known.id)[0]
        licence = self._licence_of(chosen)
        now = datetime.now(UTC)
        return documents.unmeasured(
            chosen, known.id, known.metrics[0], self.machine(), licence, now
        )

    # -- sample -------------------------------------------------------------------------------------
    def sample(self) -> SampleProject:
        """The embedded sample project."""
        return read_sample(self.language, self.library())
