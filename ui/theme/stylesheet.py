# SPDX-License-Identifier: Apache-2.0
"""The style sheet made from the tokens; set once on the application for each scheme."""

from __future__ import annotations

from dataclasses import asdict
from string import Template
from typing import Final

from PySide6.QtGui import QFont, QFontInfo, QFontMetrics
from PySide6.QtWidgets import QApplication

from ui.theme.icons import icon_folder
from ui.theme.palette import palette
from ui.theme.tokens import RADIUS, SCHEMES, TYPE, Scheme, Tokens

_SHEET: Final = Template("""
QToolTip { background: $surface; color: $text; border: 1px solid $border_strong; padding: 6px; }

QLabel[role="title"] { font-size: ${title_pt}pt; font-weight: 600; }
QLabel[role="subtitle"] { font-size: ${subtitle_pt}pt; font-weight: 600; }
QLabel[role="value"] { font-size: ${value_pt}pt; font-weight: 600; }
QLabel[role="section"], QRadioButton[role="section"] { font-size: ${section_pt}pt; font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="small"] { color: $muted; font-size: ${small_pt}pt; }
QLabel[role="ok"] { color: $ok; }
QLabel[role="warn"] { color: $warn; }
QLabel[role="bad"] { color: $bad; }

QFrame[card="true"], QScrollArea[card="true"] {
    background: $surface; border: 1px solid $border; border-radius: ${card_radius}px; }
QFrame[card="true"][chosen="true"] { background: $surface; border: 2px solid $accent; }
QScrollArea[card="true"] > QWidget > QWidget { background: transparent; }
QFrame[line="true"] { background: $border; border: none; max-height: 1px; }

QPushButton, QToolButton {
    background: $surface; color: $text; border: 1px solid $border_strong;
    border-radius: ${radius}px; padding: 5px 14px; min-height: ${inner_height}px; outline: none;
    icon-size: ${icon}px; }
QToolButton { padding: 5px 7px; min-width: ${inner_height}px; }
QPushButton:hover, QToolButton:hover { background: $sunken; }
QPushButton:pressed, QToolButton:pressed, QToolButton:checked, QPushButton:checked {
    background: $accent_soft; }
QPushButton:disabled, QToolButton:disabled {
    color: $disabled; border-color: $border; background: transparent; }
QPushButton:focus, QToolButton:focus { border: 2px solid $accent; padding: 4px 13px; }
QToolButton:focus { padding: 4px 6px; }
QPushButton[kind="primary"] {
    background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[kind="primary"]:hover, QPushButton[kind="primary"]:pressed {
    background: $accent_hover; border-color: $accent_hover; }
QPushButton[kind="primary"]:focus {
    border: 2px solid $text; background: $accent; }
QPushButton[kind="primary"]:disabled {
    background: $sunken; color: $disabled; border-color: $border; }
QPushButton[kind="quiet"], QToolButton[kind="quiet"] {
    background: transparent; border-color: transparent; color: $text; }
QPushButton[kind="quiet"]:hover, QToolButton[kind="quiet"]:hover { background: $hover; }
QPushButton[kind="quiet"]:disabled, QToolButton[kind="quiet"]:disabled { color: $disabled; }
QPushButton[kind="quiet"]:focus, QToolButton[kind="quiet"]:focus { border-color: $accent; }
QPushButton[pill="true"] { padding: 1px 10px; background: $hover; border-color: transparent;
    color: $text; }
QPushButton[pill="true"]:hover { border-color: $border_strong; }
QPushButton[pill="true"]:checked { background: $accent_soft; border-color: $accent; }
QPushButton[pill="true"]:focus { border: 2px solid $accent; padding: 0px 9px; }
QPushButton[pill="true"]:disabled { color: $muted; background: transparent;
    border-color: $border; }
QPushButton[kind="danger"] { color: $bad; border-color: $bad; }
QPushButton[kind="danger"]:hover, QPushButton[kind="danger"]:pressed { background: $bad_soft; }
QPushButton[kind="danger"]:focus { border-color: $bad; }
QPushButton[kind="danger"]:disabled { color: $disabled; border-color: $border; }
QToolButton::menu-indicator { image: none; }
QPushButton::menu-indicator {
    image: url("$controls/chevron-down.svg"); subcontrol-position: right center; right: 8px;
    width: 16px; height: 16px; }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox {
    background: $surface; color: $text; border: 1px solid $border_strong;
    border-radius: ${radius}px; padding: 5px 8px;
    selection-background-color: $accent; selection-color: $on_accent;
    placeholder-text-color: $muted; }
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox { min-height: ${inner_height}px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus,
QComboBox:focus { border: 2px solid $accent; padding: 4px 7px; }
QLineEdit:disabled, QPlainTextEdit:disabled, QTextEdit:disabled, QSpinBox:disabled,
QDoubleSpinBox:disabled, QComboBox:disabled {
    color: $disabled; background: transparent; border-color: $border; }
QPlainTextEdit[bare="true"] { border: 2px solid transparent; padding: 0px; background: transparent; }
QPlainTextEdit[bare="true"]:focus { border: 2px solid $accent; padding: 0px; }
QPlainTextEdit[reading="true"] { border: 2px solid transparent; padding: 4px 6px;
    background: $sunken; }
QPlainTextEdit[reading="true"]:focus { border: 2px solid $accent; padding: 4px 6px; }
QSpinBox, QDoubleSpinBox { qproperty-alignment: AlignRight; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit, QAbstractSpinBox QLineEdit:focus,
QComboBox QLineEdit:focus {
    border: none; padding: 0px 0px 0px 6px; min-height: 0px; background: transparent; }
QLineEdit > QToolButton, QLineEdit > QToolButton:hover, QLineEdit > QToolButton:pressed {
    border: none; padding: 0px; min-width: 0px; min-height: 0px; background: transparent; }
QComboBox { padding-right: 26px; combobox-popup: 0; }
QComboBox:focus { padding-right: 25px; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url("$controls/chevron-down.svg");
    width: ${arrow}px; height: ${arrow}px; }
QComboBox QAbstractItemView {
    background: $surface; border: 1px solid $border_strong; padding: 4px; outline: none; }
QComboBox QAbstractItemView::item { min-height: ${row_height}px; padding: 0px 6px; }
QSpinBox::up-button, QDoubleSpinBox::up-button, QSpinBox::down-button,
QDoubleSpinBox::down-button { border: none; width: 20px; background: transparent; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {
    image: url("$controls/chevron-up.svg"); width: 12px; height: 12px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {
    image: url("$controls/chevron-down.svg"); width: 12px; height: 12px; }

QCheckBox, QRadioButton { spacing: 8px; padding: 3px 4px; border: 2px solid transparent;
    border-radius: ${radius}px; outline: none; min-height: ${inner_height}px; }
QCheckBox:focus, QRadioButton:focus { border-color: $accent; }
QCheckBox:disabled, QRadioButton:disabled { color: $disabled; }
QCheckBox::indicator, QRadioButton::indicator, QAbstractItemView::indicator {
    width: ${mark}px; height: ${mark}px; background: $surface;
    border: 1px solid $border_strong; border-radius: 4px; }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked {
    background: $accent; border-color: $accent; image: url("$controls/check.svg"); }
QCheckBox::indicator:indeterminate, QAbstractItemView::indicator:indeterminate {
    background: $accent; border-color: $accent; image: url("$controls/minus.svg"); }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $border; }
QCheckBox::indicator:checked:disabled, QCheckBox::indicator:indeterminate:disabled {
    background: $disabled; border-color: $disabled; }
QRadioButton::indicator { border-radius: ${mark_radius}px; }
QRadioButton::indicator:checked {
    background: $on_accent; border: ${dot_border}px solid $accent;
    width: ${dot}px; height: ${dot}px; }

QTableView, QTreeView, QListView {
    background: $surface; alternate-background-color: $bg; border: 1px solid $border;
    border-radius: ${radius}px; gridline-color: $border; outline: none;
    selection-background-color: $accent_soft; selection-color: $text; icon-size: ${icon}px; }
QTableView:focus, QTreeView:focus, QListView:focus { border: 2px solid $accent; }
QTableView::item, QListView::item, QTreeView::item { padding: 2px 6px; border: none; }
QListView::item { min-height: ${row_height}px; padding: 0px 6px; }
QTableView::item:selected, QListView::item:selected, QTreeView::item:selected {
    background: $accent_soft; color: $text; }
QHeaderView { background: $surface; border: none; }
QHeaderView::section {
    background: $surface; color: $muted; border: none; border-bottom: 1px solid $border;
    padding: 6px 8px; font-weight: 600; }
QHeaderView::section:hover { color: $text; }
QHeaderView::up-arrow { image: url("$controls/chevron-up.svg"); width: 14px; height: 14px; }
QHeaderView::down-arrow { image: url("$controls/chevron-down.svg"); width: 14px; height: 14px; }
QTableCornerButton::section { background: $surface; border: none; }

QProgressBar { background: $sunken; border: none; border-radius: 3px; max-height: 6px;
    min-height: 6px; text-align: center; color: transparent; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QProgressBar[tone="ok"]::chunk { background: $ok; }
QProgressBar[tone="bad"]::chunk { background: $bad; }

QScrollArea { background: transparent; border: none; }
QScrollBar { background: transparent; border: none; margin: 0px; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $scroll; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $border_strong; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0px; height: 0px; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QMenu { background: $surface; border: 1px solid $border_strong; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: $accent_soft; color: $text; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { background: $border; height: 1px; margin: 4px; }
QSplitter::handle { background: transparent; }
QTabBar::tab { padding: 6px 12px; color: $muted; border: 2px solid transparent;
    border-bottom-color: transparent; background: transparent; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; font-weight: 600; }
QTabBar::tab:focus { border-color: $accent; }
QTabWidget::pane { border: none; border-top: 1px solid $border; }
QGroupBox { border: 1px solid $border; border-radius: ${card_radius}px; margin-top: 1em;
    padding: 8px; }
QGroupBox::title { subcontrol-origin: margin; left: 8px; color: $muted; }

QWidget[rail="true"] { background: $sunken; }
QFrame[chip="neutral"] { background: $hover; border-radius: ${radius}px; }
QFrame[chip="ok"] { background: $ok_soft; border-radius: ${radius}px; }
QFrame[chip="warn"] { background: $warn_soft; border-radius: ${radius}px; }
QFrame[chip="bad"] { background: $bad_soft; border-radius: ${radius}px; }
QFrame[chip="accent"] { background: $accent_soft; border-radius: ${radius}px; }
QFrame[chip] QLabel { color: $muted; font-weight: 600; }
QFrame[chip="ok"] QLabel { color: $ok; }
QFrame[chip="warn"] QLabel { color: $warn; }
QFrame[chip="bad"] QLabel { color: $bad; }
QFrame[chip="accent"] QLabel { color: $accent; }
QFrame[banner="accent"] { background: $accent_soft; border-radius: ${card_radius}px; }
QFrame[banner="ok"] { background: $ok_soft; border-radius: ${card_radius}px; }
QFrame[banner="warn"] { background: $warn_soft; border-radius: ${card_radius}px; }
QFrame[banner="bad"] { background: $bad_soft; border-radius: ${card_radius}px; }
""")


def style_sheet(tokens: Tokens, font: QFont) -> str:
    """The style sheet for ``tokens`` at the size of ``font``."""
    points = font.pointSizeF() if font.pointSizeF() > 0 else QFontInfo(font).pointSizeF()
    height = QFontMetrics(font).height()
    mark = max(16, round(height * 0.95) // 2 * 2)
    dot = max(4, mark * 3 // 8 // 2 * 2)
    facts: dict[str, object] = {k: v for k, v in asdict(tokens).items() if isinstance(v, str)}
    facts |= {
        "scroll": _mixed(tokens.border_strong, tokens.surface, 0.55),
        "radius": RADIUS.control,
        "card_radius": RADIUS.card,
        "inner_height": max(18, height),
        "row_height": max(28, height + 10),
        "icon": max(16, round(height * 1.05)),
        "arrow": min(20, max(16, height)),
        "mark": mark,
        "mark_radius": (mark + 2) // 2,
        "dot": dot,
        "dot_border": (mark + 2 - dot) // 2,
        "controls": (icon_folder() / "controls" / tokens.scheme).as_posix(),
    }
    sizes = {f"{name}_pt": f"{points * scale:.1f}" for name, scale in asdict(TYPE).items()}
    return _SHEET.substitute(facts | sizes)


def apply_theme(app: QApplication, scheme: Scheme) -> Tokens:
    """Set style, palette and style sheet of the whole application; returns the tokens in force."""
    tokens = SCHEMES[scheme]
    if not app.styleSheet():
        app.setStyle("Fusion")
    app.setPalette(palette(tokens))
    app.setStyleSheet(style_sheet(tokens, app.font()))
    return tokens


def _mixed(one: str, other: str, share: float) -> str:
    parts = (
        round(int(one[at : at + 2], 16) * share + int(other[at : at + 2], 16) * (1 - share))
        for at in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02X}" for part in parts)
