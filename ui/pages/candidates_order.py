# SPDX-License-Identifier: Apache-2.0
"""What the details' buttons do: another form, another order, several side by side."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence, QShortcut

from selector.desk.requests import SearchRequest
from selector.hub.candidate import Variant
from selector.hub.comparison import MOST
from selector.hub.score import Weights
from selector.hub.why import with_why
from ui.dialogs.compare_dialog import CompareDialog
from ui.dialogs.order_dialog import OrderDialog
from ui.models.candidate_row import CandidateRow, in_form, now_here, row_of_candidate
from ui.models.candidates_model import CandidatesModel
from ui.pages.candidates_filters import CandidatesFilters
from ui.pages.candidates_results import CandidatesResults
from ui.services import Services

COMPARE_KEY, ORDER_KEY = "Ctrl+Shift+C", "Ctrl+Shift+O"


class CandidatesOrder(QObject):
    """Changes rows in place: which form is chosen, where each stands."""

    def __init__(
        self,
        services: Services,
        model: CandidatesModel,
        results: CandidatesResults,
        filters: CandidatesFilters,
    ) -> None:
        super().__init__(results)
        self._services, self._model = services, model
        self._results, self._filters = results, filters
        self.dialog: OrderDialog | None = None
        self.comparison: CompareDialog | None = None
        details = results.details
        details.form_chosen.connect(self._choose_form)
        details.compare_asked.connect(self.compare)
        details.order_asked.connect(self.show_order)
        results.checks.learned.connect(self._learned)
        results.table.row_shown.connect(self._row_shown)
        model.ticked_changed.connect(self._ticked)
        model.modelReset.connect(self._restore)
        for key, call in ((COMPARE_KEY, self.compare), (ORDER_KEY, self.show_order)):
            QShortcut(QKeySequence(key), results).activated.connect(call)

    def compare(self) -> None:
        """Show the ticked candidates side by side, when there are two to four."""
        rows = [row.candidate for row in self._model.ticked if row.candidate is not None]
        if not 2 <= len(rows) <= MOST:
            return
        self.comparison = CompareDialog(rows, self._services.wording, self._results.window())
        self.comparison.finished.connect(self.comparison.deleteLater)
        self.comparison.open()

    def show_order(self) -> None:
        """Show the parts of the current candidate and the weights."""
        if self.dialog is None:
            row = self._results.table.current_row()
            self.dialog = OrderDialog(
                self._services.wording,
                self._services.desk.weights,
                row.candidate if row else None,
                self._results.window(),
            )
            self.dialog.changed.connect(self._weigh)
            self.dialog.finished.connect(self._closed)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def _closed(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
        self.dialog = None

    def _choose_form(self, variant: Variant) -> None:
        row = self._results.details.row
        if row is None:
            return
        changed = in_form(row, variant)
        self._model.replace_row(row, changed)
        self._results.checks.show(changed)
        forms = self._results.details.forms
        if forms is not None:
            forms.setFocus()

    def _learned(self, row: CandidateRow) -> None:
        listed = self._listed(row)
        if listed is not None:
            # A download may have ended while the Hub was asked.
            self._model.replace_row(listed, now_here(row) if listed.on_disk else row)
            self._say_why_anew()
        self._results.checks.show(self._listed(row) or row)
        self._row_shown()

    def _listed(self, row: CandidateRow) -> CandidateRow | None:
        return next((each for each in self._model.rows if each.key == row.key), None)

    def _say_why_anew(self) -> None:
        """What was learned of one model may tell its neighbours apart as well: layers, where only sizes were known."""
        rows = [row for row in self._model.rows if row.candidate is not None and row.candidate.why]
        rows.sort(key=lambda row: row.rank)
        told = with_why([row.candidate for row in rows if row.candidate is not None])
        for row, candidate in zip(rows, told, strict=True):
            if row.candidate is not None and candidate.why != row.candidate.why:
                self._model.replace_row(row, row_of_candidate(candidate, row.rank))

    def _restore(self) -> None:
        """Rows were replaced: the cursor stays on its model, if that is still there."""
        shown = self._results.details.row
        places = (n for n, row in enumerate(self._model.rows) if shown and row.repo == shown.repo)
        place = next(places, None)
        if place is not None:
            self._results.table.selectRow(place)

    def _row_shown(self) -> None:
        row = self._results.table.current_row()
        if self.dialog is not None:
            self.dialog.show_candidate(row.candidate if row else None)

    def _ticked(self) -> None:
        known = [row for row in self._model.ticked if row.candidate is not None]
        self._results.details.set_can_compare(2 <= len(known) <= MOST)

    def _weigh(self, weights: Weights) -> None:
        desk, settings = self._services.desk, self._services.settings
        desk.weights = weights
        self._services.change_settings(replace(settings, ranking=str(weights)))
        task = self._services.project.task
        rows = {row.key: row for row in self._model.rows if row.candidate is not None}
        if task is None or not rows:
            return
        request = self._filters.filters().request(task)
        self._reorder(rows, request)

    def _reorder(self, rows: dict[str, CandidateRow], request: SearchRequest) -> None:
        ranked = self._services.desk.ranked(
            [row.candidate for row in rows.values() if row.candidate is not None], request
        )
        placed = {candidate.ref.partition("#")[0]: candidate for candidate in ranked}
        order = {key: place for place, key in enumerate(placed)}
        made = [row_of_candidate(placed[key], order[key]) for key, row in rows.items()]
        bare = [row for row in self._model.rows if row.candidate is None]
        self._model.set_rows([*sorted(made, key=lambda row: row.rank), *bare])
