# SPDX-License-Identifier: Apache-2.0
"""A desk that answers at once with what a test put there, and makers of its answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from selector import registry
from selector.desk.desk import Desk, ignore, never
from selector.desk.examining import Examined, card_of
from selector.desk.requests import DownloadProgress, SearchRequest
from selector.engines.facts import FileFact, ModelFacts
from selector.errors import Cancelled, PetitError
from selector.fit.base import Fit
from selector.hub.architecture import Support
from selector.hub.candidate import Candidate, Licence, LocalModel, Reason, SearchResult
from selector.intervals import Interval
from selector.machine.facts import Accelerator, Calibration, Cpu, Disk, Machine, Memory
from selector.paths import Locations
from selector.tasks.base import Task

SHA = "0123456789abcdef0123456789abcdef01234567"
TASK = "text-classification"
MB = 1_000_000


def make_fit(parameters: int | None = 4_000_000, verdict: str = "fits") -> Fit:
    peak = 450.0 * MB + 4 * (parameters or 0)
    known = parameters is not None
    return Fit(
        verdict=verdict,  # type: ignore[arg-type]
        memory_bytes=Interval(peak * 0.8, peak, peak * 1.2) if known else None,
        speed=Interval(20, 120, 300) if known else None,
        speed_unit="inputs/s",
        basis="header" if known else "unknown",
    )


def make_candidate(
    name: str,
    parameters: int | None = 4_000_000,
    *,
    verdict: str = "fits",
    licence: tuple[str | None, str] = ("apache-2.0", "permissive"),
    engine: str | None = "torch",
    on_disk: bool = False,
    downloads: int = 1000,
    risks: tuple[Reason, ...] = (),
) -> Candidate:
    files = (FileFact("model.safetensors", 4 * (parameters or 1)), FileFact("config.json", 600))
    return Candidate(
        repo=name,
        revision=SHA,
        facts=ModelFacts(name, SHA, files, parameters=parameters, basis="header"),
        licence=Licence(*licence),  # type: ignore[arg-type]
        gated=False,
        languages=("en",),
        downloads=downloads,
        likes=3,
        last_modified="2026-10-01T10:00:00+00:00",
        download_bytes=None if parameters is None else parameters * 4,
        engine=engine,
        precision="fp32" if engine else None,
        fit=make_fit(parameters, verdict),
        risks=risks,
        reasons=(Reason("reason.small", {"parameters": parameters}), Reason("reason.unheard_of")),
        on_disk=on_disk,
    )


def many_candidates() -> tuple[Candidate, ...]:
    return (
        make_candidate("prajjwal1/bert-tiny-banking-intents", 4_400_000, downloads=5_321),
        make_candidate("distilbert/distilbert-base-uncased-finetuned-sst-2-english", 66_955_010, downloads=4_100_000),
        make_candidate(
            "some-organisation/roberta-large-with-a-long-name", 355_000_000, verdict="tight",
            licence=("cc-by-nc-4.0", "non-commercial"),
            risks=(Reason("risk.licence_non_commercial", {"id": "cc-by-nc-4.0"}),),
        ),
        make_candidate(
            "big/seven-billion", 7_000_000_000, verdict="no", licence=("llama3", "restricted"),
            risks=(Reason("risk.too_big"),),
        ),
        make_candidate(
            "old/pickle-only", None, verdict="unknown", licence=(None, "unknown"), engine=None,
            risks=(Reason("risk.pickle_only"), Reason("risk.no_licence")),
        ),
    )  # fmt: skip


def make_machine(**changes: Any) -> Machine:
    facts: dict[str, Any] = {
        "os": "Linux 6.1 x86_64",
        "cpu": Cpu("Intel Xeon Platinum 8488C", 2, 4, ("avx2", "avx512f")),
        "memory": Memory(8_200 * MB, 5_100 * MB),
        "accelerators": (),
        "disk": Disk("/cache", 54_000 * MB),
        "calibration": None,
        "unknown": ("GPU: nvidia-smi is not here",),
    }
    return Machine(**(facts | changes))


MEASURED = Calibration(11e9, 98e9, 0.07, "2026-11-20T08:00:00+00:00")
GPU = Accelerator("cuda", "NVIDIA H200", 141_000 * MB, 140_000 * MB)


class StubDesk(Desk):
    """Answers at once with what a test put there; ``gate`` holds slow calls until it is set."""

    def __init__(self, locations: Locations, **choices: Any) -> None:
        super().__init__(locations, **choices)
        self.gate = threading.Event()
        self.gate.set()
        self.machine_answer: Machine | PetitError = make_machine()
        self.search_answer: SearchResult | PetitError = SearchResult(
            "hub", 40, {"removed.memory": 8, "removed.licence": 4, "removed.limit": 23}, many_candidates()
        )  # fmt: skip
        self.pull_error: PetitError | None = None
        self.examine_answer: Candidate | PetitError | None = None
        """None answers with the candidate of that name."""
        self.examined: list[str] = []
        self.searches: list[SearchRequest] = []
        self.pulls: list[tuple[str, ...]] = []
        self.closed = False

    def _wait(self, cancelled: Callable[[], bool]) -> None:
        while not self.gate.wait(0.01):
            if cancelled():
                raise Cancelled

    def machine(self) -> Machine:
        self._wait(never)
        if isinstance(self.machine_answer, PetitError):
            raise self.machine_answer
        return self.machine_answer

    def calibrate(
        self, on_progress: Callable[[float], None], cancelled: Callable[[], bool] = never
    ) -> Machine:
        on_progress(0.5)
        self._wait(cancelled)
        return make_machine(calibration=MEASURED)

    def match_tasks(self, words: str) -> list[tuple[Task, float]]:
        wanted = words.lower().split()
        scored = []
        for task in registry.tasks().values():
            known = " ".join((*task.words["en"], *task.words["fr"], *task.title.values())).lower()
            scored.append((task, sum(word in known for word in wanted) / max(1, len(wanted))))
        return sorted(scored, key=lambda pair: (-pair[1], pair[0].id != TASK, pair[0].id))

    def search(self, request: SearchRequest, cancelled: Callable[[], bool] = never) -> SearchResult:
        self.searches.append(request)
        self._wait(cancelled)
        if isinstance(self.search_answer, PetitError):
            raise self.search_answer
        return self.search_answer

    def examine(
        self,
        ref: str,
        task: str | None,
        on_part: Callable[[Examined], None] = ignore,
        cancelled: Callable[[], bool] = never,
        *,
        here: bool = False,
    ) -> Examined:
        self.examined.append(ref)
        self._wait(cancelled)
        if isinstance(self.examine_answer, PetitError):
            raise self.examine_answer
        found = self.examine_answer
        if found is None:
            answer, repo = self.search_answer, ref.partition("@")[0]
            listed = answer.candidates if isinstance(answer, SearchResult) else ()
            known = {each.repo: each for each in listed}
            found = known.get(repo) or make_candidate(repo)
        support = Support("runs", found.facts.parameters, "BertForSequenceClassification")
        on_part(card_of(found, None, make_machine(), None))
        return card_of(found, support, make_machine(), 2.0 * MB)

    def pull(
        self,
        refs: Sequence[str],
        task: str | None,
        on_progress: Callable[[DownloadProgress], None],
        cancelled: Callable[[], bool] = never,
    ) -> list[LocalModel]:
        self.pulls.append(tuple(refs))
        for ref in refs:
            on_progress(DownloadProgress(ref, "model.safetensors", 5 * MB, 16 * MB, 2.0 * MB, 5.5))
        self._wait(cancelled)
        if self.pull_error:
            raise self.pull_error
        return [self._local(ref) for ref in refs]

    @staticmethod
    def _local(ref: str) -> LocalModel:
        repo, _, revision = ref.partition("@")
        return LocalModel(ref, repo, revision, "/cache/x", 16 * MB, True)

    def close(self) -> None:
        self.closed = True
