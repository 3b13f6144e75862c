# SPDX-License-Identifier: Apache-2.0
"""The palette and the style sheet, made from the tokens; set once on the application."""

from __future__ import annotations

from dataclasses import asdict
from string import Template

from PySide6.QtGui import QColor, QPalette

from ui.theme.tokens import Tokens

_SHEET = Template("""
QWidget { color: $text; }
QMainWindow, QDialog, QWidget[page="true"] { background: $bg; }
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QFrame[card="true"] { background: $surface; border: 1px solid $border; border-radius: 8px; }
QFrame[card="chosen"] { background: $accent_soft; border: 1px solid $accent; border-radius: 8px; }
QFrame[rail="true"] { background: $surface; border: none; border-right: 1px solid $border; }
QLabel { background: transparent; }
QLabel[role="title"] { font-size: 18pt; font-weight: 600; }
QLabel[role="headline"] { font-size: 14pt; font-weight: 600; }
QLabel[role="subtitle"], QLabel[role="muted"] { color: $muted; }
QLabel[role="section"] { font-weight: 600; }
QLabel[role="small"] { color: $muted; font-size: 9pt; }
QLabel[role="ok"] { color: $ok; }
QLabel[role="warn"] { color: $warn; }
QLabel[role="bad"] { color: $bad; }
QPushButton, QToolButton {
  background: $surface; border: 1px solid $border_strong; border-radius: 6px;
  padding: 6px 14px; min-height: 18px;
}
QToolButton { padding: 5px 8px; }
QPushButton:hover, QToolButton:hover { background: $sunken; }
QPushButton:pressed, QToolButton:pressed { background: $accent_soft; }
QPushButton:disabled, QToolButton:disabled { color: $muted; border-color: $border; background: $bg; }
QPushButton:focus, QToolButton:focus { border: 2px solid $accent; padding: 5px 13px; }
QToolButton:focus { padding: 4px 7px; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: $accent; border-color: $text; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"]:disabled { background: $sunken; color: $muted; border-color: $border; }
QPushButton[kind="quiet"], QToolButton[kind="quiet"] { background: transparent; border-color: transparent; }
QPushButton[kind="quiet"]:hover, QToolButton[kind="quiet"]:hover { background: $sunken; }
QPushButton[kind="quiet"]:focus, QToolButton[kind="quiet"]:focus { border: 2px solid $accent; }
QPushButton[kind="quiet"]:checked, QToolButton[kind="quiet"]:checked { background: $accent_soft; }
QPushButton[kind="danger"] { color: $bad; border-color: $bad; }
QPushButton[kind="step"] {
  background: transparent; border: 2px solid transparent; border-radius: 6px;
  text-align: left; padding: 8px 10px;
}
QPushButton[kind="step"]:hover { background: $sunken; }
QPushButton[kind="step"]:checked { background: $accent_soft; font-weight: 600; }
QPushButton[kind="step"]:focus { border: 2px solid $accent; }
QPushButton[kind="step"]:disabled { color: $muted; background: transparent; }
QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QSpinBox, QDoubleSpinBox {
  background: $surface; border: 1px solid $border_strong; border-radius: 6px; padding: 5px 8px;
  selection-background-color: $accent; selection-color: $on_accent; min-height: 18px;
}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus, QSpinBox:focus, QDoubleSpinBox:focus {
  border: 2px solid $accent; padding: 4px 7px;
}
QComboBox QAbstractItemView { background: $surface; border: 1px solid $border_strong; outline: none;
  selection-background-color: $accent_soft; selection-color: $text; }
QCheckBox, QRadioButton { background: transparent; spacing: 8px; padding: 2px; }
QCheckBox:focus, QRadioButton:focus { outline: 2px solid $accent; }
QTableView, QTreeView, QListView {
  background: $surface; alternate-background-color: $bg; border: 1px solid $border; border-radius: 8px;
  gridline-color: $border; outline: none; selection-background-color: $accent_soft; selection-color: $text;
}
QTableView:focus, QTreeView:focus, QListView:focus { border: 2px solid $accent; }
QTableView::item, QTreeView::item, QListView::item { padding: 4px 8px; }
QHeaderView { background: transparent; }
QHeaderView::section {
  background: $surface; color: $muted; border: none; border-bottom: 1px solid $border;
  padding: 7px 8px; font-weight: 600;
}
QTableCornerButton::section { background: $surface; border: none; }
QTabWidget::pane { border: none; border-top: 1px solid $border; }
QTabBar { background: transparent; }
QTabBar::tab {
  background: transparent; padding: 8px 14px; color: $muted;
  border: none; border-bottom: 2px solid transparent;
}
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; font-weight: 600; }
QTabBar::tab:focus { color: $accent; }
QProgressBar { background: $sunken; border: none; border-radius: 3px; min-height: 6px; max-height: 6px; color: transparent; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $border_strong; border-radius: 3px; margin: 2px; min-height: 28px; min-width: 28px; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {
  background: none; border: none; height: 0; width: 0;
}
QToolTip { background: $surface; color: $text; border: 1px solid $border_strong; padding: 6px 8px; }
QMenu { background: $surface; border: 1px solid $border_strong; padding: 4px; }
QMenu::item { padding: 6px 18px; border-radius: 4px; }
QMenu::item:selected { background: $accent_soft; color: $text; }
QSplitter::handle { background: $border; }
""")


def style_sheet(tokens: Tokens) -> str:
    """The style sheet of a theme."""
    return _SHEET.substitute(asdict(tokens))


def palette(tokens: Tokens) -> QPalette:
    """The palette of a theme, for whatever the style sheet does not reach."""
    role = QPalette.ColorRole
    result = QPalette()
    for name, colour in (
        (role.Window, tokens.bg),
        (role.WindowText, tokens.text),
        (role.Base, tokens.surface),
        (role.AlternateBase, tokens.bg),
        (role.Text, tokens.text),
        (role.PlaceholderText, tokens.muted),
        (role.Button, tokens.surface),
        (role.ButtonText, tokens.text),
        (role.BrightText, tokens.bad),
        (role.Highlight, tokens.accent),
        (role.HighlightedText, tokens.on_accent),
        (role.ToolTipBase, tokens.surface),
        (role.ToolTipText, tokens.text),
        (role.Link, tokens.accent),
        (role.LinkVisited, tokens.accent),
        (role.Light, tokens.surface),
        (role.Midlight, tokens.border),
        (role.Mid, tokens.border),
        (role.Dark, tokens.border_strong),
        (role.Shadow, tokens.sunken),
    ):
        result.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, name, QColor(tokens.muted))
    return result
