# SPDX-License-Identifier: Apache-2.0
"""One trial under way: starts it in the background and follows its events into seats and board."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from selector.errors import PetitError
from selector.tasks.base import Task
from selector.tasks.outputs import Output
from selector.trial.measurement import Contestant, Measurement, TrialEvent
from selector.trial.spare import ENGINE
from ui.background import Job
from ui.pages.try_board import TryBoard
from ui.pages.try_state import BUSY, Seat, pin, seat_of, seats_of
from ui.services import Services


class TryRun(QObject):
    """The contestants of a project and what they are doing.

    Signals:
        moved: something arrived.
        finished: every contestant has ended.
        cancelled: the user stopped it.
        failed: a PetitError; nothing could be run.
    """

    moved = Signal()
    finished = Signal()
    cancelled = Signal()
    failed = Signal(PetitError)

    def __init__(self, services: Services, board: TryBoard, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._board = board
        self.seats: list[Seat] = []
        self.inputs: tuple[str, ...] = ()
        """Of the last trial."""
        self._task: Task | None = None
        self._pinned = False
        self._by_torch = False
        self._pinning: Job | None = None
        self._job: Job | None = None
        self._order: list[str] = []
        self.blind = False
        """Whether names are hidden."""

    @property
    def running(self) -> bool:
        """Whether a trial is under way."""
        return self._job is not None

    @property
    def stopping(self) -> bool:
        """Whether a trial was asked to stop and has not ended yet."""
        return self._job is not None and self._job.stop.is_set()

    def set_contestants(self, refs: tuple[str, ...], task: Task | None) -> None:
        """Start afresh with other contestants; what was under way is dropped."""
        for job in (self._pinning, self._job):
            if job:
                job.drop()
        self._pinning = self._job = None
        self._pinned, self._task, self.inputs = False, task, ()
        self._by_torch = False
        self.seats = seats_of(refs)
        self._order = [seat.ref for seat in self.seats]
        self.hide_names(self.blind)

    def hide_names(self, blind: bool) -> None:
        """Columns in a random order with letters for names, or as they are."""
        self.blind = blind
        if blind:
            random.SystemRandom().shuffle(self.seats)
        else:
            self.seats.sort(key=lambda seat: self._order.index(seat.ref))
        for number, seat in enumerate(self.seats):
            letter = {"letter": chr(ord("A") + number % 26)}
            seat.alias = self._services.wording.text("try.alias", **letter) if blind else ""
        if self._task is None or not self.seats:
            return
        self._board.set_seats(self.seats, self._task.output_kind)
        if self.inputs:
            self._show_again()

    def _show_again(self) -> None:
        """Everything that has arrived, in the columns of now."""
        self._board.start(self.inputs, self.seats)
        arrived: dict[tuple[int, int], Output] = {}
        failed: dict[tuple[int, int], Mapping[str, Any]] = {}
        for number, seat in enumerate(self.seats):
            arrived |= {(index, number): output for index, output in seat.outputs.items()}
            row = seat.measurement
            failed |= {(i, number): x for i, x in row.item_errors.items()} if row else {}
            for piece in seat.partial.values():
                self._board.stream(number, piece)
        self._show(set(), arrived)
        self._board.add_failures(failed)
        self._board.show_forms([] if self.blind else self.seats)

    def identify(self) -> None:
        """Find out which pinned models exactly these are, once."""
        if self._task is None or not self.seats or self._pinned or self._pinning:
            return
        refs, task, desk = [x.ref for x in self.seats], self._task.id, self._services.desk
        self._pinning = self._services.background.run(
            "library",
            lambda _cancelled, _progress: desk.contestants(refs, task),
            on_done=self._found,
            on_error=self._not_found,
        )

    def start(
        self,
        inputs: tuple[str, ...],
        labels: tuple[str, ...] = (),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Run these inputs through every contestant; see ``Desk.try_models`` for the others."""
        if self._task is None or self._job is not None:
            return
        for seat in self.seats:
            seat.forget()
            seat.phase = "waiting"
        self.inputs = inputs
        self._board.start(inputs, self.seats)
        refs, task, desk = [x.ref for x in self.seats], self._task.id, self._services.desk
        self._job = self._services.background.run(
            "try",
            lambda cancelled, progress: desk.try_models(
                refs, task, inputs, progress, cancelled, labels=labels, settings=settings
            ),
            on_done=self._done,
            on_progress=self.take,
            on_error=self._error,
            on_cancelled=self._stopped,
        )

    def cancel(self) -> None:
        """Stop; answers that arrived stay."""
        if self._job:
            self._job.cancel()

    def take(self, events: list[TrialEvent]) -> None:
        """Follow events; many of them cost one update of the board."""
        arrived: dict[tuple[int, int], Output] = {}
        failed: dict[tuple[int, int], Mapping[str, Any]] = {}
        pieces: dict[int, str] = {}
        touched: set[int] = set()
        for event in events:
            number = seat_of(self.seats, event.ref)
            if number is None:
                continue
            touched.add(number)
            self.seats[number].take(event)
            if event.kind == "partial":
                pieces[number] = pieces.get(number, "") + event.text
            elif event.kind == "unanswered":
                failed[event.index, number] = event.facts
            elif event.output is not None:
                arrived[event.index, number] = event.output
        for number, piece in pieces.items():
            self._board.stream(number, piece)
        self._show(touched, arrived)
        self._board.add_failures(failed)
        self.moved.emit()

    def show_rows(self, rows: tuple[Measurement, ...]) -> None:
        """Show what was measured of each contestant."""
        arrived: dict[tuple[int, int], Output] = {}
        failed: dict[tuple[int, int], Mapping[str, Any]] = {}
        touched: set[int] = set()
        references = {row.agreement.reference for row in rows if row.agreement is not None}
        for row in rows:
            number = seat_of(self.seats, row.ref)
            if number is not None:
                touched.add(number)
                seat = self.seats[number]
                seat.finish(row)
                seat.reference = row.ref in references
                arrived |= {(index, number): output for index, output in seat.outputs.items()}
                failed |= {(index, number): error for index, error in row.item_errors.items()}
        self._show(touched, arrived)
        self._board.add_failures(failed)

    # -- inside -------------------------------------------------------------------------------------

    def _show(self, touched: set[int], arrived: dict[tuple[int, int], Output]) -> None:
        if arrived:
            self._board.add_answers(arrived)
        for number in touched:
            self._board.show_seat(number, self.seats[number])
        self._board.show_forms(self.seats)

    def _found(self, contestants: tuple[Contestant, ...]) -> None:
        self._pinning, self._pinned = None, True
        pin(self.seats, contestants)
        self._show(set(range(len(self.seats))), {})
        self._by_torch = any(x.engine == ENGINE for x in contestants)
        self._warm_up()

    def _warm_up(self) -> None:
        """Have the slow imports done while the user writes inputs."""
        desk = self._services.desk
        if self._by_torch:
            self._services.background.run("warm", lambda _cancelled, _progress: desk.warm_up())

    def _not_found(self, error: PetitError) -> None:
        self._pinning = None
        self.failed.emit(error)

    def _done(self, rows: tuple[Measurement, ...]) -> None:
        self.show_rows(rows)
        self._end(self.finished.emit)
        self._warm_up()

    def _error(self, error: PetitError) -> None:
        self._stop_seats()
        self._end(lambda: self.failed.emit(error))

    def _stopped(self) -> None:
        self._stop_seats()
        self._end(self.cancelled.emit)

    def _end(self, tell: Callable[[], None]) -> None:
        self._job = None
        tell()

    def _stop_seats(self) -> None:
        stopped = set()
        for number, seat in enumerate(self.seats):
            if seat.phase in BUSY:
                seat.phase = "stopped"
                stopped.add(number)
        self._show(stopped, {})
