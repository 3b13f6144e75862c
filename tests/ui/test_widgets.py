# SPDX-License-Identifier: Apache-2.0
"""Widgets: what they show, what they tell screen readers, what they do with odd and hostile input."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QAccessible, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from selector.wording import Wording
from ui.theme.theme import Theme
from ui.widgets.bar_chart import BarChart, BarRow
from ui.widgets.chart import nice_ticks
from ui.widgets.chip import Chip
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.empty_state import EmptyState
from ui.widgets.flow_layout import FlowLayout
from ui.widgets.label_bars import LabelBars, LabelScore
from ui.widgets.label_places import place_labels
from ui.widgets.memory_chart import MemoryChart, MemoryMarker
from ui.widgets.message_banner import MessageBanner
from ui.widgets.output_card import OutputCard
from ui.widgets.plain import plain_tooltip
from ui.widgets.progress_row import ProgressRow
from ui.widgets.stat_tile import StatTile
from ui.widgets.step_rail import Step, StepRail
from ui.widgets.trade_off_chart import TradeOffChart, TradePoint

LONG = "some-organisation-with-a-long-name/a-model-whose-name-goes-on-and-on-q4_k_m-GGUF"
HOSTILE = "<b>bold</b><img src='file:///etc/passwd'>&amp;"
STEPS = [Step("Machine", "cpu"), Step("Task", "list-checks"), Step("Decide", "trophy")]
ODD = (math.nan, math.inf, -math.inf)


@pytest.fixture
def theme(qapp):
    """A light theme; the application is left as it was found."""
    before = QPalette(qapp.palette()), qapp.styleSheet(), QFont(qapp.font())
    yield Theme(qapp, "light")
    qapp.setFont(before[2])
    qapp.setPalette(before[0])
    qapp.setStyleSheet(before[1])


@pytest.fixture
def shown(qtbot):
    """Shows a widget at a size and draws it once."""

    def show(widget: QWidget, width: int = 600, height: int = 400) -> QWidget:
        qtbot.addWidget(widget)
        widget.resize(width, height)
        with qtbot.waitExposed(widget):
            widget.show()
        widget.grab()
        return widget

    return show


def description(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Description)


def clipped(root: QWidget) -> list[str]:
    """Labels and buttons that got less room than they need."""
    return [
        f"{type(child).__name__} {child.text()!r}"
        for child in root.findChildren(QWidget)
        if isinstance(child, QLabel | QAbstractButton)
        and child.isVisible()
        and child.text()
        and (
            child.width() < child.minimumSizeHint().width()
            or child.height() < child.minimumSizeHint().height()
            or child.height() < child.heightForWidth(child.width())
        )
    ]


# -- labels -----------------------------------------------------------------------------------------


def test_a_long_model_name_is_elided_and_kept_in_the_tooltip(theme, shown):
    label = ElidedLabel(LONG)
    shown(label, 120, 30)
    assert label.elided
    assert label.shown_text != LONG
    assert label.fontMetrics().horizontalAdvance(label.shown_text) <= label.width()
    assert label.toolTip() == LONG
    assert label.text() == LONG
    label.resize(2000, 30)
    assert not label.elided
    assert label.toolTip() == ""


def test_a_tooltip_never_reads_text_from_outside_as_html():
    assert plain_tooltip("Qwen/Qwen3") == "Qwen/Qwen3"
    assert "<b>" not in plain_tooltip(HOSTILE)
    assert "&lt;b&gt;bold" in plain_tooltip(HOSTILE)
    assert "<img" not in plain_tooltip(HOSTILE)


def test_line_breaks_in_a_name_do_not_make_a_second_line(theme, shown):
    label = ElidedLabel("one\ntwo\tthree")
    assert label.text() == "one two three"


def test_a_chip_says_its_word_to_screen_readers_and_always_has_one(theme, shown):
    chip = Chip(theme, "Does not fit", "bad")
    shown(chip)
    assert chip.accessibleName() == "Does not fit"
    chip.set_chip("Fits", "ok")
    assert chip.property("chip") == "ok"
    assert chip.text == "Fits"


def test_every_label_shows_hostile_text_as_it_is(theme, shown):
    window = QWidget()
    column = QVBoxLayout(window)
    banner = MessageBanner(theme, Wording("en"))
    empty = EmptyState(theme)
    empty.set_content("search", HOSTILE, HOSTILE, HOSTILE)
    card = OutputCard(theme, HOSTILE, HOSTILE)
    card.show_error(HOSTILE, HOSTILE, HOSTILE)
    tile = StatTile(theme, HOSTILE, HOSTILE)
    for widget in (banner, empty, card, tile, Chip(theme, HOSTILE), ProgressRow(HOSTILE, HOSTILE)):
        column.addWidget(widget)
    banner.show_message("error", HOSTILE, HOSTILE, HOSTILE)
    shown(window, 900, 700)
    labels = [label for label in window.findChildren(QLabel) if label.text()]
    assert labels
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in labels)
    assert banner.text == HOSTILE
    assert banner.details.toPlainText() == HOSTILE


@pytest.mark.parametrize("tone", ["ok", "warn", "bad", "accent", "neutral"])
def test_every_tone_of_a_chip_is_drawn_with_its_own_ground(theme, shown, tone):
    chip = Chip(theme, "Word", tone)
    shown(chip, 80, 24)
    ground = chip.grab().toImage().pixelColor(chip.width() // 2, 3).name().upper()
    assert ground == theme.tokens.tone(tone)[1]


@pytest.mark.parametrize("kind", ["info", "success", "warn", "error", "something else"])
def test_every_kind_of_message_is_drawn_with_an_icon_of_its_own(theme, shown, kind):
    banner = MessageBanner(theme, Wording("en"))
    banner.show_message(kind, "A sentence.")
    shown(banner, 400, 60)
    assert banner._icon.icon


# -- banner, empty state, progress ------------------------------------------------------------------


def test_a_banner_is_hidden_until_there_is_something_to_say_and_goes_when_closed(
    theme, shown, qtbot
):
    holder = QWidget()
    column = QVBoxLayout(holder)
    banner = MessageBanner(theme, Wording("en"))
    column.addWidget(banner)
    shown(holder)
    assert banner.isHidden()
    banner.show_message("error", "The Hub is away.", "Try later.", "hub.unreachable", "Try again")
    assert banner.isVisible()
    assert banner.accessibleName() == "The Hub is away."
    with qtbot.waitSignal(banner.action_asked):
        banner.action.click()
    with qtbot.waitSignal(banner.dismissed):
        qtbot.keyClick(banner.action, Qt.Key.Key_Escape)
    assert banner.isHidden()


def test_details_of_a_banner_are_folded_away_and_can_be_copied(theme, shown):
    banner = MessageBanner(theme, Wording("en"))
    shown(banner)
    banner.show_message("error", "It failed.", "Try later.", "code: 7")
    assert not banner.details.isVisible()
    banner.fold.click()
    assert banner.details.isVisible()
    banner.copy.click()
    assert QGuiApplication.clipboard().text() == "It failed.\nTry later.\ncode: 7"
    banner.show_message("info", "All is well.")
    assert not banner.details.isVisible()
    assert not banner.fold.isVisible()


def test_an_empty_state_without_an_action_has_no_button(theme, shown, qtbot):
    empty = EmptyState(theme)
    shown(empty)
    empty.set_content("search", "Nothing yet")
    assert not empty.button.isVisible()
    empty.set_content("search", "Nothing yet", "Search first.", "Search")
    assert empty.button.isVisible()
    with qtbot.waitSignal(empty.action_asked):
        empty.button.click()


@pytest.mark.parametrize("total", [None, 0, -5, *ODD])
def test_progress_without_a_usable_total_only_shows_that_something_happens(theme, shown, total):
    row = ProgressRow(LONG, "Cancel")
    shown(row)
    row.set_progress(5, total, "5 MB")
    assert row.bar.maximum() == 0
    row.set_ended("Stopped", "bad")
    assert row.bar.maximum() > 0


def test_progress_stays_between_nothing_and_all(theme, shown, qtbot):
    row = ProgressRow("model", "Cancel")
    shown(row)
    row.set_progress(50, 40, "50 of 40 MB")
    assert row.bar.value() == row.bar.maximum()
    row.set_progress(-1, 40)
    assert row.bar.value() == 0
    with qtbot.waitSignal(row.cancel_asked):
        row.button.click()
    row.set_ended("Downloaded")
    assert not row.button.isVisible()
    assert row.bar.value() == row.bar.maximum()


# -- rail -------------------------------------------------------------------------------------------


@pytest.fixture
def rail(theme, shown):
    """A rail of three steps; the last one is blocked."""
    made = StepRail(theme, STEPS, "Steps")
    made.set_step(0, "current", "8 cores", state_word="Shown now")
    made.set_step(1, "available")
    made.set_step(2, "blocked", reason="Choose a task first")
    shown(made, 260, 600)
    return made


def test_a_step_is_chosen_by_mouse_enter_and_space(rail, qtbot):
    chosen: list[int] = []
    rail.step_chosen.connect(chosen.append)
    qtbot.mouseClick(rail.button(1), Qt.MouseButton.LeftButton)
    qtbot.keyClick(rail.button(0), Qt.Key.Key_Return)
    qtbot.keyClick(rail.button(1), Qt.Key.Key_Space)
    assert chosen == [1, 0, 1]


def test_a_blocked_step_says_why_and_cannot_be_chosen(rail, qtbot):
    with qtbot.assertNotEmitted(rail.step_chosen):
        qtbot.mouseClick(rail.button(2), Qt.MouseButton.LeftButton)
    assert rail.button(2).toolTip() == "Choose a task first"
    assert "Choose a task first" in description(rail.button(2))


def test_arrows_move_between_steps(rail, qtbot):
    rail.activateWindow()
    rail.button(0).setFocus()
    qtbot.waitUntil(lambda: rail.button(0).hasFocus())
    qtbot.keyClick(rail.button(0), Qt.Key.Key_Down)
    assert rail.button(1).hasFocus()
    qtbot.keyClick(rail.button(1), Qt.Key.Key_End)
    assert rail.button(2).hasFocus()
    qtbot.keyClick(rail.button(2), Qt.Key.Key_Down)
    assert rail.button(2).hasFocus()


def test_the_rail_names_number_title_and_state_of_a_step(rail):
    assert rail.button(0).accessibleName() == "1. Machine"
    assert description(rail.button(0)) == "Shown now. 8 cores"


def test_the_line_on_what_is_under_way_goes_when_there_is_nothing(rail):
    rail.set_progress("Downloading 2 models", 0.4)
    assert rail.busy.isVisible()
    rail.set_progress("Searching", math.nan)
    rail.set_progress("")
    assert not rail.busy.isVisible()


# -- charts -----------------------------------------------------------------------------------------


def test_a_bar_chart_tells_scores_and_intervals_to_screen_readers(theme, shown):
    chart = BarChart(theme, "Accuracy", lambda value: f"{value * 100:.0f} %")
    chart.set_rows(
        [BarRow("a", "tiny", 0.9, 0.85, 0.95, note="Recommended"), BarRow("b", "x", 0.5)]
    )
    shown(chart)
    assert chart.accessibleName() == "Accuracy"
    assert description(chart) == "tiny: 90 % (85 % – 95 %). Recommended; x: 50 %"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [BarRow("a", "", 0.0)],
        [BarRow("a", "nan", math.nan, math.nan, math.nan)],
        [BarRow("a", "inf", math.inf, -math.inf, math.inf), BarRow("b", "x", 0.4)],
        [BarRow("a", "point", 0.7, 0.7, 0.7)],
        [BarRow("a", "below zero", -0.3, -0.5, -0.1), BarRow("b", "x", 0.2, chosen=True)],
        [BarRow("a", HOSTILE, 1e12, 0, 1e13)],
        [BarRow(str(n), LONG, n / 50) for n in range(50)],
    ],
)
def test_a_bar_chart_draws_whatever_scores_it_gets(theme, shown, rows):
    chart = BarChart(theme, "Scores", nothing="Nothing measured yet")
    chart.set_rows(rows)
    chart.set_zone(0.6, 0.7, "good enough")
    shown(chart, 400, 300)
    chart.set_zone(math.nan)
    chart.set_range(1, 0)
    chart.grab()


def test_hovering_a_bar_finds_its_row(theme, shown):
    chart = BarChart(theme, "Scores")
    chart.set_rows([BarRow("a", "first", 0.5), BarRow("b", HOSTILE, 0.6)])
    shown(chart, 500, 200)
    step = chart.fontMetrics().height() * 2.1
    found = chart.region_at(QPointF(10, step * 1.5))
    assert found is not None
    assert found[0] == "b"
    assert HOSTILE in found[1]
    chart.hover_at(QPointF(10, step * 1.5))
    assert chart.hovered == "b"


POINTS = [
    TradePoint("a", "large", 2e9, 0.92, 0.9, 0.94),
    TradePoint("b", "small", 3e8, 0.91, 0.88, 0.93, chosen=True),
    TradePoint("c", "tiny", 2e7, 0.6),
]


def test_a_click_on_a_point_picks_it(theme, shown, qtbot):
    chart = TradeOffChart(theme, "Trade-off")
    chart.set_points(POINTS)
    shown(chart)
    box = next(box for box, key, _ in chart._regions if key == "b")
    with qtbot.waitSignal(chart.picked) as caught:
        qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=box.center().toPoint())
    assert caught.args == ["b"]
    with qtbot.assertNotEmitted(chart.picked):
        qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=chart.rect().bottomLeft())


def test_points_can_be_reached_and_picked_with_keys_alone(theme, shown, qtbot):
    chart = TradeOffChart(theme, "Trade-off")
    chart.set_points(POINTS)
    shown(chart)
    chart.activateWindow()
    chart.setFocus()
    qtbot.waitUntil(chart.hasFocus)
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    with qtbot.waitSignal(chart.picked) as caught:
        qtbot.keyClick(chart, Qt.Key.Key_Return)
    assert caught.args == ["a"]
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    with qtbot.waitSignal(chart.picked) as caught:
        qtbot.keyClick(chart, Qt.Key.Key_Return)
    assert caught.args == ["c"]


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize(
    "points",
    [
        [],
        [TradePoint("a", "alone", 1.0, 0.5)],
        [TradePoint("a", "free", 0.0, 0.5), TradePoint("b", "negative", -1.0, 0.5)],
        [TradePoint("a", "same", 5, 0.5, 0.5, 0.5), TradePoint("b", "same", 5, 0.5, 0.5, 0.5)],
        [TradePoint("a", HOSTILE, 1e-12, 0.1), TradePoint("b", LONG, 1e12, 0.9)],
        [TradePoint(str(n), LONG, 10 + n, 0.5 + n / 1000) for n in range(40)],
    ],
)
def test_a_trade_off_chart_draws_whatever_points_it_gets(theme, shown, points, log):
    chart = TradeOffChart(theme, "Trade-off", "Nothing measured yet")
    chart.set_axes("Memory", "Accuracy", log=log)
    chart.set_points(points)
    chart.set_zone(0.5, "good enough")
    shown(chart, 420, 300)


def test_points_without_a_number_are_left_out(theme):
    chart = TradeOffChart(theme)
    chart.set_points([*(TradePoint(str(x), "x", x, 0.5) for x in ODD), *POINTS])
    chart.set_zone(math.nan)
    assert [point.key for point in chart.points] == ["a", "b", "c"]


def test_labels_of_points_never_lie_over_each_other_or_outside():
    area = QRectF(0, 0, 600, 400)
    points = [QPointF(300 + n * 7, 200 + n % 3) for n in range(9)]
    sizes = [QSizeF(120, 16)] * 9
    taken = [QRectF(p.x() - 5, p.y() - 5, 10, 10) for p in points]
    boxes = [place.box for place in place_labels(points, sizes, taken, area, 8) if place]
    assert len(boxes) >= 5
    for at, box in enumerate(boxes):
        assert area.contains(box)
        assert not any(box.intersects(other) for other in [*taken, *boxes[:at]])


@pytest.mark.parametrize(
    ("total", "available"), [(0, 0), (-1, 5), (8, 16), (10**12, 0), (16 * 10**9, 9 * 10**9)]
)
def test_a_memory_chart_draws_any_memory_and_any_model(theme, shown, total, available):
    chart = MemoryChart(theme, "Memory", Wording("en").bytes)
    chart.set_memory(total, available, "Used", "Available")
    chart.set_markers([MemoryMarker(LONG, 0), MemoryMarker(HOSTILE, 10**14), MemoryMarker("m", 7)])
    shown(chart, 400, 200)
    assert "Available" in description(chart)


def test_a_memory_chart_tells_memory_and_models_to_screen_readers(theme):
    chart = MemoryChart(theme, "Memory", lambda value: f"{value:.0f} B")
    chart.set_memory(100, 60, "Used", "Available")
    chart.set_markers([MemoryMarker("big", 50), MemoryMarker("small", 5)])
    assert chart.accessibleDescription() == "Used 40 B; Available 60 B; small · 5 B; big · 50 B"


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (0.55, 0.94), (-3, 12345), (1e-9, 2e-9), (0, 1e15)]
)
def test_ticks_are_few_and_inside(low: float, high: float):
    ticks = nice_ticks(low, high, 5)
    assert 1 <= len(ticks) <= 8
    assert all(low - 1e-6 * (high - low) <= tick <= high * (1 + 1e-6) for tick in ticks)


def test_there_are_no_ticks_where_there_is_no_range():
    assert nice_ticks(1, 1, 5) == []
    assert nice_ticks(math.nan, 1, 5) == []
    assert nice_ticks(0, math.inf, 5) == []


# -- output card ------------------------------------------------------------------------------------


def test_streamed_text_is_added_at_the_end_and_shown_plainly(theme, shown):
    card = OutputCard(theme, LONG, "q4_k_m")
    shown(card, 300, 300)
    for piece in ("The ", "<b>answer", "</b>"):
        card.append_text(piece)
    assert card.text == "The <b>answer</b>"
    card.clear()
    assert card.text == ""


def test_the_view_follows_streamed_text_unless_the_user_scrolled_up(theme, shown):
    card = OutputCard(theme, "model")
    shown(card, 300, 260)
    card.append_text("line\n" * 200)
    bar = card._text.verticalScrollBar()
    assert bar.value() == bar.maximum()
    bar.setValue(0)
    card.append_text("more\n" * 50)
    assert bar.value() == 0


def test_endless_text_is_cut_before_it_can_freeze_the_window(theme, shown):
    card = OutputCard(theme, "model")
    shown(card)
    for _ in range(5):
        card.append_text("x" * 100_000)
    assert len(card.text) <= 200_000


def test_labels_are_shown_highest_first_and_no_number_comes_last(theme, shown):
    bars = LabelBars(theme, lambda score: f"{score:.1f}")
    bars.set_rows([LabelScore("b", 0.2), LabelScore("none", math.nan), LabelScore(HOSTILE, 7.0)])
    shown(bars, 200, 200)
    assert [row.label for row in bars.rows] == [HOSTILE, "b", "none"]
    assert description(bars).endswith("none: –")
    bars.set_rows([])
    bars.grab()


def test_an_error_in_a_card_offers_its_action(theme, shown, qtbot):
    card = OutputCard(theme, "model")
    shown(card)
    card.set_state("Failed", "bad")
    card.show_error("The system ended this model.", "Close other programs.", "Try again")
    assert card.accessibleDescription() == "Failed"
    with qtbot.waitSignal(card.action_asked):
        card.button.click()
    card.show_error("It cannot run here.")
    assert not card.button.isVisible()


# -- layout and look --------------------------------------------------------------------------------


def test_a_flow_layout_begins_a_new_row_where_there_is_no_room(theme, shown):
    holder = QWidget()
    flow = FlowLayout(holder)
    for n in range(6):
        flow.addWidget(QPushButton(f"Button {n}"))
    shown(holder, 2000, 200)
    assert len({flow.itemAt(n).geometry().y() for n in range(6)}) == 1
    assert flow.heightForWidth(200) > flow.heightForWidth(2000)
    assert flow.itemAt(6) is None
    flow.takeAt(0)
    assert flow.count() == 5


def gallery(theme: Theme) -> QWidget:
    """One of each, with long words."""
    window = QWidget()
    column = QVBoxLayout(window)
    banner = MessageBanner(theme, Wording("en"))
    card = OutputCard(theme, LONG, LONG)
    card.set_state("Does not fit", "bad")
    card.show_error("The system ended this model, most often for lack of memory.", "", "Try again")
    empty = EmptyState(theme)
    empty.set_content("search", "Nothing searched yet", "Petit looks for models.", "Search the Hub")
    rail = StepRail(theme, STEPS, "Steps")
    rail.set_step(2, "blocked", reason="Choose models and labelled examples first")
    row = ProgressRow(LONG, "Cancel")
    row.set_progress(1, 3, "12 of 40 MB · 3 MB/s · 8 s left")
    tile = StatTile(theme, "Memory that is available", "16.3 GB", "cpu")
    for widget in (banner, card, empty, rail, row, tile, Chip(theme, "Does not fit", "bad")):
        column.addWidget(widget)
    banner.show_message("warn", "Tight: " + LONG, "Close other programs.", "x", "Try again")
    return window


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_clipped_at_any_text_size(theme, shown, qapp, scale: float, scheme: str):
    font = qapp.font()
    font.setPointSizeF(10 * scale)
    qapp.setFont(font)
    theme.choose(scheme)
    window = gallery(theme)
    shown(window, 640, 100)
    window.resize(640, window.minimumSizeHint().height() + round(300 * scale))
    window.grab()
    assert clipped(window) == []


def test_the_check_for_clipped_words_finds_a_planted_case(theme, shown):
    window = gallery(theme)
    narrow = QPushButton("Download 133 MB")
    narrow.setFixedWidth(40)
    window.layout().addWidget(narrow)
    low = QLabel("many words " * 20)
    low.setWordWrap(True)
    low.setFixedSize(120, 20)
    window.layout().addWidget(low)
    shown(window, 640, 1000)
    assert len(clipped(window)) == 2


def test_every_button_has_a_name_for_screen_readers(theme, shown):
    window = gallery(theme)
    shown(window)
    nameless = [
        b for b in window.findChildren(QAbstractButton) if not (b.text() or b.accessibleName())
    ]
    assert nameless == []


def test_a_widget_that_is_gone_no_longer_listens_to_the_theme(theme, qapp):
    window = gallery(theme)
    window.deleteLater()
    del window
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    theme.choose("dark")
    theme.choose("light")
