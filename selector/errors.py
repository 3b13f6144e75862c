# SPDX-License-Identifier: Apache-2.0
"""Every error a user can meet. Errors carry a stable code and facts; sentences live in the catalogues.

PetitError                         base: ``code`` is stable, ``facts`` are plain data
├── UsageProblem                   the request itself is off; nothing was tried
│   ├── BadReference               reference.bad             a contestant reference that cannot be read
│   ├── UnknownTask                task.unknown              no such task
│   ├── TaskNeeded                 task.needed               what the model is for must be said
│   ├── UnknownEngine              engine.unknown            no such engine or precision
│   ├── UnknownMetric              metric.unknown            the task has no such metric
│   ├── UnknownFormat              export.unknown            no such export format
│   ├── FormatUnsuited             export.unsuited           the format cannot carry this model
│   └── BadSetting                 setting.bad               a setting or option out of range
├── InputProblem                   the user's examples
│   ├── DataUnreadable             data.unreadable           missing, not text, not a table we read
│   ├── DataEmpty                  data.empty                no usable row
│   ├── DataColumns                data.columns              the named or guessed columns are not there
│   └── DataTooLarge               data.too_large            beyond the limit we read into memory
├── HubProblem                     the Hub or a repository on it
│   ├── HubUnreachable             hub.unreachable           no network, no server, a time-out
│   ├── HubBusy                    hub.busy                  429/503 after the retries (retry_after_s)
│   ├── HubOffline                 hub.offline               offline was asked for and the answer is not here
│   ├── HubAnswerBad               hub.bad_answer            the server's answer is not what it must be
│   ├── RepositoryNotFound         hub.not_found             no such repository or revision
│   ├── LoginNeeded                hub.login_needed          closed to people who are not logged in
│   ├── TokenRefused               hub.token_refused         the Hub does not know this token (any more)
│   ├── TokenNotKept               hub.token_not_kept        no keyring, and no file that is free for it
│   ├── AccessNeeded               hub.access_needed         terms that were not accepted yet
│   ├── AccessPending              hub.access_pending        the authors have not answered yet
│   ├── AccessRefused              hub.access_refused        this account may not have it
│   └── NoUsableWeights            model.no_weights          only pickles, nothing, or remote code needed
├── DownloadProblem
│   ├── NotEnoughDisk              download.disk             need_bytes, have_bytes
│   ├── DamagedFile                download.damaged          the hash is not the promised one
│   ├── DownloadInterrupted        download.interrupted      gave up after retries; what came is kept
│   ├── NotOurs                    library.not_ours          another program brought it: ask before deleting
│   └── UnsafePath                 download.unsafe_path      a file name that would leave its folder
├── EngineProblem
│   ├── EngineMissing              engine.missing            not installed here
│   ├── UnsupportedModel           engine.unsupported        this engine cannot load this model
│   ├── NotDownloaded              model.not_downloaded      needs `pull` first (offline)
│   ├── LoadFailed                 engine.load_failed        the library refused the weights
│   ├── RunFailed                  engine.run_failed         the model failed on an input
│   └── OutOfMemory                engine.memory             need_bytes, have_bytes
├── WorkerProblem
│   ├── WorkerCrashed              worker.crashed            outcome, stderr_tail
│   ├── WorkerSilent               worker.silent             no answer for seconds
│   └── ProtocolProblem            worker.protocol           a message that breaks the protocol
├── StoreProblem
│   ├── StoreLocked                store.locked
│   ├── StoreFull                  store.full                no room on its disk; what is in it is safe
│   ├── StoreTooNew                store.too_new
│   └── StoreDamaged               store.damaged
└── ExportProblem
    ├── TargetExists               export.exists
    ├── TargetNotWritable          export.not_writable
    └── DecisionUnreadable         decision.unreadable      more in selector/export_errors.py
Cancelled                          not a PetitError: there is nothing to explain
"""

from __future__ import annotations

from typing import Any, ClassVar


class PetitError(Exception):
    """An error the user can meet: a stable ``code`` and plain ``facts``, never a sentence."""

    code: ClassVar[str] = "petit.error"

    def __init__(self, **facts: Any) -> None:
        self.facts: dict[str, Any] = facts
        super().__init__(f"{self.code} {facts}" if facts else self.code)


class Cancelled(Exception):
    """The user asked to stop."""


class UsageProblem(PetitError):
    """The request itself is off; nothing was tried."""

    code = "usage"


class BadReference(UsageProblem):
    """A contestant reference that cannot be read."""

    code = "reference.bad"


class UnknownTask(UsageProblem):
    """No such task."""

    code = "task.unknown"


class TaskNeeded(UsageProblem):
    """The model does not say what it is for, so the user must."""

    code = "task.needed"


class UnknownEngine(UsageProblem):
    """No such engine or precision."""

    code = "engine.unknown"


class UnknownMetric(UsageProblem):
    """The task has no such metric."""

    code = "metric.unknown"


class UnknownFormat(UsageProblem):
    """No such export format."""

    code = "export.unknown"


class FormatUnsuited(UsageProblem):
    """The export format cannot carry this model: its engine or its task."""

    code = "export.unsuited"


class BadSetting(UsageProblem):
    """A setting or option out of range."""

    code = "setting.bad"


class InputProblem(PetitError):
    """The user's examples."""

    code = "data"


class DataUnreadable(InputProblem):
    """Missing, not text, or not a table that Petit reads."""

    code = "data.unreadable"


class DataEmpty(InputProblem):
    """No usable row."""

    code = "data.empty"


class DataColumns(InputProblem):
    """The named or guessed columns are not there."""

    code = "data.columns"


class DataTooLarge(InputProblem):
    """Beyond the limit Petit reads into memory."""

    code = "data.too_large"


class HubProblem(PetitError):
    """The Hub, or a repository on it."""

    code = "hub"


class HubUnreachable(HubProblem):
    """No network, no server, or a time-out."""

    code = "hub.unreachable"


class HubBusy(HubProblem):
    """429 or 503 after the retries."""

    code = "hub.busy"


class HubOffline(HubProblem):
    """Offline was asked for, and the answer is not on this machine."""

    code = "hub.offline"


class HubAnswerBad(HubProblem):
    """The server's answer is not what it must be."""

    code = "hub.bad_answer"


class RepositoryNotFound(HubProblem):
    """No such repository or revision."""

    code = "hub.not_found"


class LoginNeeded(HubProblem):
    """Closed to people who are not logged in. Facts: repo, url (where a token is made), page."""

    code = "hub.login_needed"


class TokenRefused(HubProblem):
    """The Hub does not know this token (any more). Facts: as LoginNeeded."""

    code = "hub.token_refused"


class TokenNotKept(HubProblem):
    """There is no keyring, and no file that is free for the token. Facts: reason."""

    code = "hub.token_not_kept"


class AccessNeeded(HubProblem):
    """The authors ask for consent to their terms. Facts: repo, url."""

    code = "hub.access_needed"


class AccessPending(HubProblem):
    """Consent was asked for and the authors have not answered yet. Facts: repo, url."""

    code = "hub.access_pending"


class AccessRefused(HubProblem):
    """This account may not have it. Facts: repo, url."""

    code = "hub.access_refused"


class NoUsableWeights(HubProblem):
    """Only pickles, nothing, or remote code needed."""

    code = "model.no_weights"


class DownloadProblem(PetitError):
    """A download that could not be finished."""

    code = "download"


class NotEnoughDisk(DownloadProblem):
    """Facts: need_bytes, have_bytes."""

    code = "download.disk"


class DamagedFile(DownloadProblem):
    """The hash is not the promised one."""

    code = "download.damaged"


class DownloadInterrupted(DownloadProblem):
    """Gave up after retries; what came is kept and continued next time."""

    code = "download.interrupted"


class NotOurs(DownloadProblem):
    """Deleting it needs a yes: Petit did not download it. Facts: ref, files, bytes."""

    code = "library.not_ours"


class UnsafePath(DownloadProblem):
    """A file name from outside that would leave its folder."""

    code = "download.unsafe_path"


class EngineProblem(PetitError):
    """An engine or a model in it."""

    code = "engine"


class EngineMissing(EngineProblem):
    """Not installed or not available here."""

    code = "engine.missing"


class UnsupportedModel(EngineProblem):
    """This engine cannot load this model for this task."""

    code = "engine.unsupported"


class NotDownloaded(EngineProblem):
    """The model's files are not on this machine."""

    code = "model.not_downloaded"


class LoadFailed(EngineProblem):
    """The library refused the weights."""

    code = "engine.load_failed"


class RunFailed(EngineProblem):
    """The model failed on an input."""

    code = "engine.run_failed"


class OutOfMemory(EngineProblem):
    """Facts: need_bytes, have_bytes where known."""

    code = "engine.memory"


class WorkerProblem(PetitError):
    """A worker process."""

    code = "worker"


class WorkerCrashed(WorkerProblem):
    """Facts: outcome (a word such as ``killed``, ``SIGSEGV``, ``exit 3``), stderr_tail."""

    code = "worker.crashed"


class WorkerSilent(WorkerProblem):
    """No answer for ``seconds``."""

    code = "worker.silent"


class ProtocolProblem(WorkerProblem):
    """A message that breaks the protocol."""

    code = "worker.protocol"


class StoreProblem(PetitError):
    """Petit's own database."""

    code = "store"


class StoreLocked(StoreProblem):
    """Another process holds it."""

    code = "store.locked"


class StoreFull(StoreProblem):
    """No room on its disk; what is in it is safe."""

    code = "store.full"


class StoreTooNew(StoreProblem):
    """Written by a newer Petit; nothing was read."""

    code = "store.too_new"


class StoreDamaged(StoreProblem):
    """Not a database any more."""

    code = "store.damaged"


class ExportProblem(PetitError):
    """Writing the result, or reading a decision back."""

    code = "export"


class TargetExists(ExportProblem):
    """The folder or file is there already and is not empty."""

    code = "export.exists"


class TargetNotWritable(ExportProblem):
    """Cannot be written."""

    code = "export.not_writable"


class DecisionUnreadable(ExportProblem):
    """Not a decision file, or of an unknown version."""

    code = "decision.unreadable"
