# SPDX-License-Identifier: Apache-2.0
"""The parts pages are built from, each alone."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from selector.wording import Wording
from ui.theme.theme import Theme
from ui.widgets.bar_chart import BarChart, BarRow
from ui.widgets.chip import Chip
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.empty_state import EmptyState
from ui.widgets.flow_layout import FlowLayout
from ui.widgets.label_bars import LabelScore
from ui.widgets.memory_chart import MemoryChart, MemoryMarker
from ui.widgets.message_banner import MessageBanner
from ui.widgets.output_card import OutputCard
from ui.widgets.progress_row import ProgressRow
from ui.widgets.stat_tile import StatTile
from ui.widgets.step_rail import Step, StepRail
from ui.widgets.trade_off_chart import TradeOffChart, TradePoint


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "light")


def shown(qtbot: QtBot, widget: QWidget, width: int = 500, height: int = 300) -> None:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    with qtbot.waitExposed(widget):
        widget.show()


def test_a_step_can_be_chosen_unless_it_is_blocked(qtbot: QtBot, theme: Theme) -> None:
    rail = StepRail(theme, [Step("Machine", "cpu"), Step("Task", "target")], "Steps")
    shown(qtbot, rail)
    rail.set_step(1, "blocked", reason="Measure first")
    chosen: list[int] = []
    rail.step_chosen.connect(chosen.append)
    for index in (0, 1):
        qtbot.mouseClick(rail.button(index), Qt.MouseButton.LeftButton)
    assert chosen == [0]
    assert "Measure first" in rail.button(1).accessibleDescription()


def test_the_rail_hides_its_progress_when_nothing_is_under_way(qtbot: QtBot, theme: Theme) -> None:
    rail = StepRail(theme, [Step("Machine", "cpu")], "Steps")
    shown(qtbot, rail)
    rail.set_progress("Downloading", math.nan)
    assert rail.busy.isVisible()
    rail.set_progress("")
    assert not rail.busy.isVisible()


def test_a_banner_copies_its_message_with_the_details(qtbot: QtBot, theme: Theme) -> None:
    banner = MessageBanner(theme, Wording("en"))
    qtbot.addWidget(banner)
    banner.show_message("error", "No <b>space</b>", "Free some", "code: disk")
    assert not banner.details.isVisible()
    banner.fold.click()
    assert banner.details.isVisible()
    banner.copy.click()
    assert QApplication.clipboard().text() == "No <b>space</b>\nFree some\ncode: disk"


def test_a_dismissed_banner_is_hidden_and_the_next_message_shows_it(
    qtbot: QtBot, theme: Theme
) -> None:
    banner = MessageBanner(theme, Wording("fr"))
    qtbot.addWidget(banner)
    banner.show_message("info", "One")
    with qtbot.waitSignal(banner.dismissed, timeout=1000):
        banner.close_button.click()
    assert banner.isHidden()
    banner.show_message("warn", "Two")
    assert banner.isVisible()


def test_cancel_is_told_and_an_unknown_total_only_moves(qtbot: QtBot, theme: Theme) -> None:
    row = ProgressRow("Model", "Cancel")
    shown(qtbot, row)
    row.set_progress(25, 100, "25 of 100")
    assert row.bar.value() / row.bar.maximum() == pytest.approx(0.25)
    row.set_progress(25, None)
    assert row.bar.maximum() == 0
    with qtbot.waitSignal(row.cancel_asked, timeout=1000):
        row.button.click()


def test_an_empty_state_has_a_button_only_with_an_action(qtbot: QtBot, theme: Theme) -> None:
    empty = EmptyState(theme)
    shown(qtbot, empty)
    empty.set_content("search", "Nothing yet", "Search to begin")
    assert empty.button.isHidden()
    empty.set_content("search", "Nothing yet", "Search to begin", "Search")
    with qtbot.waitSignal(empty.action_asked, timeout=1000):
        empty.button.click()


def test_a_shortened_label_keeps_the_whole_text_in_its_tooltip(qtbot: QtBot, theme: Theme) -> None:
    label = ElidedLabel("an-organisation/a-model-with-a-very-long-name")
    shown(qtbot, label, width=80, height=20)
    assert label.elided
    assert label.toolTip() == "an-organisation/a-model-with-a-very-long-name"
    label.resize(2000, 20)
    assert label.toolTip() == ""


def test_a_flow_needs_more_height_where_it_is_narrow(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    flow = FlowLayout(host)
    for _ in range(8):
        flow.addWidget(QLabel("a few words"))
    assert flow.heightForWidth(150) > flow.heightForWidth(5000)


def test_an_output_grows_with_text_and_shows_labels_highest_first(
    qtbot: QtBot, theme: Theme
) -> None:
    card = OutputCard(theme, "a-model")
    shown(qtbot, card)
    card.append_text("Hel")
    card.append_text("lo")
    assert card.text == "Hello"
    scores = (LabelScore("low", 0.1), LabelScore("none", math.nan), LabelScore("high", 0.9))
    card.show_labels(scores)
    assert [row.label for row in card._bars.rows] == ["high", "low", "none"]
    card.clear()
    assert card.text == ""


def test_charts_survive_missing_numbers_and_describe_themselves(qtbot: QtBot, theme: Theme) -> None:
    bars, plane = BarChart(theme, "Scores"), TradeOffChart(theme, "Cost")
    bars.set_rows([BarRow("a", "First", 0.5, 0.4, 0.6), BarRow("b", "Second", math.nan)])
    bars.set_zone(math.nan)
    plane.set_points(
        [TradePoint("a", "First", 1e6, 0.5, math.nan, None), TradePoint("b", "Second", 1, math.nan)]
    )
    memory = MemoryChart(theme, "Memory")
    memory.set_memory(0, 0, "used", "free")
    memory.set_markers([MemoryMarker("100 M", 400_000_000)])
    for chart in (bars, plane, memory):
        shown(qtbot, chart)
        assert not chart.grab().isNull()
    assert "First" in bars.accessibleDescription()
    assert [point.key for point in plane.points] == ["a"]


def test_more_rows_make_a_bar_chart_higher(qtbot: QtBot, theme: Theme) -> None:
    chart = BarChart(theme)
    qtbot.addWidget(chart)
    chart.set_rows([BarRow("a", "A", 0.5)])
    before = chart.minimumSizeHint().height()
    chart.set_rows([BarRow(str(n), "A", 0.5) for n in range(6)])
    assert chart.minimumSizeHint().height() > before


def test_a_point_can_be_picked_with_the_mouse_and_with_keys(qtbot: QtBot, theme: Theme) -> None:
    chart = TradeOffChart(theme)
    chart.set_points([TradePoint("a", "A", 1e6, 0.5), TradePoint("b", "B", 1e8, 0.9)])
    shown(qtbot, chart)
    chart.grab()
    spot = next(
        QPointF(x, y)
        for x in range(0, chart.width(), 3)
        for y in range(0, chart.height(), 3)
        if (found := chart.region_at(QPointF(x, y))) and found[0] == "b"
    )
    with qtbot.waitSignal(chart.picked, timeout=1000) as clicked:
        qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=spot.toPoint())
    assert clicked.args == ["b"]
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    with qtbot.waitSignal(chart.picked, timeout=1000):
        qtbot.keyClick(chart, Qt.Key.Key_Return)


def test_small_parts_have_accessible_names(qtbot: QtBot, theme: Theme) -> None:
    chip, tile = Chip(theme, "Fits", "ok"), StatTile(theme, "Memory", "12 GB")
    for part in (chip, tile):
        qtbot.addWidget(part)
    assert chip.accessibleName() == "Fits"
    assert tile.accessibleName() == "Memory: 12 GB"
