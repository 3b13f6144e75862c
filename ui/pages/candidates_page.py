# SPDX-License-Identifier: Apache-2.0
"""Step 3: find small models, see what they cost here, download some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from selector.errors import HubOffline, PetitError
from selector.hub.candidate import LocalModel, SearchResult
from selector.store.downloads import Download
from selector.store.projects import Project
from ui.background import Job
from ui.download_feed import ACTIVE, Key
from ui.messages import show_error
from ui.models.candidate_row import CandidateRow, now_here, row_of_candidate
from ui.models.candidates_model import CandidatesModel
from ui.pages.announce import announce
from ui.pages.candidates_filters import CandidatesFilters, Filters
from ui.pages.candidates_footer import CandidatesFooter
from ui.pages.candidates_loading import (
    chosen_rows,
    disk_rows,
    merged,
    same_choice,
    without_engine,
)
from ui.pages.candidates_order import CandidatesOrder
from ui.pages.candidates_results import CandidatesResults
from ui.pages.candidates_summary import hidden_text, kept_text, task_title
from ui.pages.candidates_waiting import CandidatesWaiting
from ui.pages.labels import label
from ui.services import Services
from ui.widgets.message_banner import MessageBanner

TASK_STEP, TRY_STEP = 1, 3
NEVER_SHOWN = frozenset({"removed.unreadable", "removed.unsafe_path", "removed.other_form"})
"""What no click brings back."""
NARROW_SIGNS = 150
"""Below this width, in average characters, details go under the table."""


class CandidatesPage(QWidget):
    """Search, filters, table, details, downloads."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        text = services.wording.text
        self.title = text("candidates.title")
        self._shown: tuple[int | None, str | None] | None = None
        self._finding: Job | None = None
        self._wanted: set[Key] = set()
        self._ready = 0
        self._from_hub = False
        self._filling = False

        self.model = CandidatesModel(services.wording, self)
        self.filters = CandidatesFilters(services.wording)
        self.filters.changed.connect(self.search)
        self.filters.submitted.connect(self.search)
        self.banner = MessageBanner(services.theme, services.wording)
        self.banner.hide()
        self.banner.action_asked.connect(self.search)
        self.waiting = CandidatesWaiting(services)
        self.waiting.stop_asked.connect(self.cancel)
        self.results = CandidatesResults(self.model, services)
        self.results.action.connect(self._empty_action)
        self.results.search_asked.connect(self.search)
        self.results.disk_asked.connect(self.show_disk)
        self.results.stop_asked.connect(self.cancel)
        self.waiting.began.connect(self.results.stop.hide)
        self.results.hidden.asked.connect(self.filters.show_anyway)
        self.results.hidden.all_asked.connect(
            lambda everything: self.filters.show_anyway((), everything=everything)
        )
        self.order = CandidatesOrder(services, self.model, self.results, self.filters)
        self.footer = CandidatesFooter(services)
        self.footer.primary.clicked.connect(self._primary)
        services.downloads.changed.connect(self._queue_changed)
        services.downloads.ended.connect(self._download_ended)
        self.model.ticked_changed.connect(self._ticked)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.activated.connect(self.filters.query.setFocus)
        services.theme.changed.connect(self.results.set_look)
        self.results.set_look()

        self._for_task = label("", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(32, 24, 32, 24)
        column.setSpacing(12)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(label(self.title, "title", wrap=False))
        head.addWidget(self._for_task, 1, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(head)
        column.addWidget(self.filters)
        column.addWidget(self.waiting)
        column.addWidget(self.banner)
        column.addWidget(self.results, 1)
        column.addWidget(self.footer)

    # -- the page's contract ------------------------------------------------------------------------

    def show_project(self, project: Project) -> None:
        """Render the project; another job or task starts afresh with what is on the disk."""
        wanted = (project.id, project.task)
        words = self._services.wording
        if wanted != self._shown:
            self._shown = wanted
            self._drop_finding()
            self.banner.hide()
            self.filters.set_filters(Filters())
            self.filters.setEnabled(project.task is not None)
            self._fill([])
            if project.task is None:
                self._for_task.setText(words.text("candidates.purpose"))
                self.results.show_empty("no_task")
            else:
                task = task_title(project.task, words)
                self._for_task.setText(words.text("candidates.for_task", task=task))
                self.show_disk()
        elif not self._wanted:
            keys = {without_engine(ref) for ref in project.refs}
            if keys and keys != {row.key for row in self.model.ticked}:
                self._tick(keys)

    def activate(self) -> None:
        """The page became visible."""
        self.show_project(self._services.project)

    def cancel(self) -> None:
        """Stop the search."""
        if self._finding:
            self._finding.cancel()

    # -- finding ------------------------------------------------------------------------------------

    def show_disk(self) -> None:
        """Show the models that are on this disk."""
        project = self._services.project
        if project.task is None:
            return
        task, first = project.task, project.refs
        self._drop_finding()
        self._from_hub = False
        self.results.show_busy("reading_disk")
        self._finding = self._services.background.run(
            "library",
            lambda cancelled, _: disk_rows(self._services.desk, task, first, cancelled),
            on_done=self._disk_found,
            on_error=self._failed,
            on_cancelled=self._not_found,
        )

    def search(self) -> None:
        """Ask the Hub; an answer that is still under way is dropped."""
        task = self._services.project.task
        if task is None:
            return
        asked = self.filters.filters()
        desk = self._services.desk
        first = self._services.project.refs
        self._drop_finding()
        self._from_hub = True
        self.banner.hide()
        self.results.show_busy("searching")
        self._finding = self._services.background.run(
            "search",
            lambda cancelled, progress: (
                desk.search(asked.request(task), cancelled, on_wait=progress, owner="candidates"),
                chosen_rows(desk, task, first, cancelled),
                asked,
            ),
            on_done=self._found,
            on_progress=self.waiting.show_waits,
            on_error=self._failed,
            on_cancelled=self._not_found,
        )

    def _drop_finding(self) -> None:
        if self._finding:
            self._finding.drop()
        self._finding = None
        self.waiting.end()

    def _disk_found(self, rows: list[CandidateRow]) -> None:
        self._finding = None
        text = self._services.wording.text
        self._fill(rows)
        self.results.hidden.clear()
        if not rows:
            self.results.show_empty("disk" if self._services.desk.offline else "not_searched")
            return
        note = "sample_note" if self._services.project.sample else "on_disk_only"
        self.results.show_table(text(f"candidates.{note}"), from_hub=False)

    def _found(self, answer: tuple[SearchResult, list[CandidateRow], Filters]) -> None:
        result, chosen, asked = answer
        self._finding = None
        self.waiting.end()
        words = self._services.wording
        known = {row.key for row in chosen}
        kept = chosen + [row for row in self.model.ticked if row.key not in known]
        found = [row_of_candidate(item, rank) for rank, item in enumerate(result.candidates)]
        self._fill(merged(found, kept))
        self.results.hidden.show_result(result, asked)
        if note := kept_text(result, words):
            online = not self._services.desk.offline
            again = words.text("candidates.empty.failed_button") if online else ""
            self.banner.show_message("warn" if online else "info", note, action=again)
        if found:
            said = words.text("candidates.shown", n=len(found))
            self.results.show_table(said, from_hub=True)
        else:
            hidden = bool(set(result.removed) - NEVER_SHOWN)
            said = hidden_text(result.removed, words)
            self.results.show_empty("hidden" if hidden else "nothing")
        announce(self, "\n".join(line for line in (said, note) if line))

    def _failed(self, error: PetitError) -> None:
        self._finding = None
        self.waiting.end()
        self.results.hidden.clear()
        if isinstance(error, HubOffline):
            self.results.show_empty("offline")
            return
        show_error(self.banner, error, self._services.wording)
        self.results.show_empty("failed")

    def _not_found(self) -> None:
        self._finding = None
        self.waiting.end()
        if self.model.rows:
            stopped = self._services.wording.text("candidates.stopped")
            self.results.show_table(stopped, from_hub=self._from_hub)
        else:
            self.results.show_empty("not_searched")

    def _empty_action(self, kind: str) -> None:
        if kind == "no_task":
            self._services.go_to(TASK_STEP)
        elif kind == "offline":
            self.show_disk()
        elif kind == "busy":
            self.cancel()
        elif kind == "hidden":
            self.filters.show_anyway((), everything=True)
        elif kind == "nothing":
            self.filters.set_filters(Filters())
            self.search()
        else:
            self.search()

    # -- choosing -----------------------------------------------------------------------------------

    def _chosen_keys(self) -> set[str]:
        kept = {without_engine(ref) for ref in self._services.project.refs}
        return kept | {row.key for row in self.model.ticked}

    def _fill(self, rows: list[CandidateRow]) -> None:
        keys = self._chosen_keys()
        self._filling = True
        self.model.set_rows(rows)
        self.model.tick(keys)
        self._filling = False
        self._ticked()

    def _tick(self, keys: set[str]) -> None:
        self._filling = True
        self.model.tick(keys)
        self._filling = False
        self._ticked()

    def _ticked(self) -> None:
        if not self._filling:
            self.footer.show_choice(self.model.ticked)

    def _primary(self) -> None:
        ticked = self.model.ticked
        if any(not row.on_disk for row in ticked):
            self._pull(ticked)
        elif ticked:
            self._keep(ticked)
            self._services.go_to(TRY_STEP)

    def _keep(self, rows: Sequence[CandidateRow]) -> None:
        project = self._services.project
        if not same_choice(project.refs, rows):
            refs = tuple(row.ref for row in rows)
            self._services.change_project(
                replace(project, refs=refs, evaluation=None, decision_file=None)
            )

    # -- downloading --------------------------------------------------------------------------------

    def _pull(self, ticked: list[CandidateRow]) -> None:
        refs = [row.ref for row in ticked if not row.on_disk]
        self.banner.hide()
        self._ready = 0
        # Before the queue is asked: what ends at once is one of these.
        self._wanted |= {Download(ref, self._services.project.task).key for ref in refs}
        self._services.downloads.add(refs, self._services.project.task)

    def _download_ended(self, key: Key, outcome: LocalModel | PetitError) -> None:
        asked = key in self._wanted
        self._wanted.discard(key)
        if isinstance(outcome, LocalModel):
            self._ready += 1
            self._show_ready(outcome)
            if asked and not self._wanted:
                self._all_ready()
        elif asked:
            show_error(self.banner, outcome, self._services.wording)

    def _show_ready(self, model: LocalModel) -> None:
        here, ticked = without_engine(model.ref), {row.key for row in self.model.ticked}
        self._fill([now_here(x) if x.key == here else x for x in self.model.rows])
        self._tick(ticked)

    def _all_ready(self) -> None:
        ticked = self.model.ticked
        if all(row.on_disk for row in ticked):
            self._keep(ticked)
        note = self._services.wording.text("candidates.downloaded", n=self._ready)
        self.banner.show_message("success", note)

    def _queue_changed(self) -> None:
        """What was cancelled, paused or given up is not waited for any more."""
        self._wanted &= {x.key for x in self._services.downloads.items if x.kept.state in ACTIVE}
        self._ticked()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Details go below the table where there is little width."""
        super().resizeEvent(event)
        narrow = event.size().width() < self.fontMetrics().averageCharWidth() * NARROW_SIGNS
        self.results.set_orientation(
            Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal
        )
