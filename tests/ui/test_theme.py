# SPDX-License-Identifier: Apache-2.0
"""The visual system: legible in both schemes, and the style sheet is one Qt understands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QTableWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

import ui
from ui.theme.icons import Icons, app_icon, icon_folder, tinted
from ui.theme.stylesheet import apply_theme, style_sheet
from ui.theme.theme import Theme, scheme_of
from ui.theme.tokens import SCHEMES, TYPE, Scheme, Tokens, contrast

BOTH = pytest.mark.parametrize("scheme", sorted(SCHEMES))
TEXT_PAIRS = [
    *(
        (ink, ground)
        for ink in ("text", "muted")
        for ground in ("bg", "surface", "sunken", "hover")
    ),
    *(("text", f"{tone}_soft") for tone in ("ok", "warn", "bad", "accent")),
    *(("muted", f"{tone}_soft") for tone in ("ok", "warn", "bad", "accent")),
    *((tone, ground) for tone in ("ok", "warn", "bad", "accent") for ground in ("bg", "surface")),
    *((tone, f"{tone}_soft") for tone in ("ok", "warn", "bad", "accent")),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
]
OUTLINE_PAIRS = [
    *(
        (line, ground)
        for line in ("border_strong", "accent")
        for ground in ("bg", "surface", "sunken")
    ),
    ("disabled", "surface"),
]
ICON_NAMES = sorted(path.stem for path in icon_folder().glob("*.svg"))


@pytest.fixture
def plain_app(qapp):
    """The application, left as it was found."""
    before = QPalette(qapp.palette()), qapp.styleSheet(), qapp.font()
    yield qapp
    qapp.setPalette(before[0])
    qapp.setStyleSheet(before[1])
    qapp.setFont(before[2])


@BOTH
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_has_a_contrast_of_4_5_to_its_ground(scheme: Scheme, ink: str, ground: str):
    tokens = SCHEMES[scheme]
    assert contrast(getattr(tokens, ink), getattr(tokens, ground)) >= 4.5


@pytest.mark.parametrize("scheme", ["contrast-light", "contrast-dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_high_contrast_is_7_for_every_text_and_outline(scheme: Scheme, ink: str, ground: str):
    tokens = SCHEMES[scheme]
    assert contrast(getattr(tokens, ink), getattr(tokens, ground)) >= 7
    assert contrast(tokens.border, tokens.surface) >= 7


@pytest.mark.parametrize(
    ("choice", "dark", "wants_contrast", "scheme"),
    [
        ("", False, False, "light"),
        ("", True, False, "dark"),
        ("", True, True, "contrast-dark"),
        ("", False, True, "contrast-light"),
        ("light", True, True, "light"),
        ("dark", False, True, "dark"),
        ("contrast", False, False, "contrast-light"),
        ("contrast", True, False, "contrast-dark"),
    ],
)
def test_the_users_choice_counts_more_than_what_the_system_asks_for(
    choice: str, dark: bool, wants_contrast: bool, scheme: str
):
    assert scheme_of(choice, dark, wants_contrast) == scheme


@BOTH
@pytest.mark.parametrize(("line", "ground"), OUTLINE_PAIRS)
def test_outlines_and_the_focus_ring_have_a_contrast_of_3(scheme: Scheme, line: str, ground: str):
    tokens = SCHEMES[scheme]
    assert contrast(getattr(tokens, line), getattr(tokens, ground)) >= 3


@BOTH
def test_chart_series_stand_out_from_the_card_they_are_drawn_on(scheme: Scheme):
    tokens = SCHEMES[scheme]
    assert all(contrast(colour, tokens.surface) >= 3 for colour in tokens.series)
    assert len(set(tokens.series)) == len(tokens.series)


def test_contrast_is_computed_as_wcag_defines_it():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert contrast("#2F5FD0", "#2F5FD0") == 1


@BOTH
def test_the_style_sheet_leaves_no_placeholder_and_names_only_existing_files(qapp, scheme: Scheme):
    sheet = style_sheet(SCHEMES[scheme], qapp.font())
    assert "$" not in sheet
    files = re.findall(r'url\("([^"]+)"\)', sheet)
    assert files
    assert all(Path(file).is_file() for file in files)
    assert sheet.count("{") == sheet.count("}")


@BOTH
def test_qt_applies_the_style_sheet_to_every_control_without_a_warning(
    qtbot, qtlog, plain_app, scheme: Scheme
):
    apply_theme(plain_app, scheme)
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    for kind in ("primary", "quiet", "danger", ""):
        button = QPushButton(kind)
        button.setProperty("kind", kind)
        column.addWidget(button)
    for control in (QCheckBox, QRadioButton, QComboBox, QLineEdit, QSpinBox, QProgressBar):
        column.addWidget(control())
    column.addWidget(QToolButton())
    column.addWidget(QTableWidget(2, 2))
    window.show()
    window.grab()
    assert [r.message for r in qtlog.records if "propagateSizeHints" not in r.message] == []


@BOTH
def test_the_palette_of_the_application_is_that_of_the_scheme(plain_app, scheme: Scheme):
    tokens = apply_theme(plain_app, scheme)
    palette = plain_app.palette()
    assert tokens is SCHEMES[scheme]
    assert palette.color(QPalette.ColorRole.Window) == QColor(tokens.bg)
    assert palette.color(QPalette.ColorRole.WindowText) == QColor(tokens.text)


def test_titles_grow_with_the_text_of_the_system(qapp):
    def title_points(scale: float) -> float:
        font = qapp.font()
        font.setPointSizeF(10 * scale)
        sheet = style_sheet(SCHEMES["light"], font)
        found = re.search(r'role="title"\] \{ font-size: ([\d.]+)pt', sheet)
        assert found
        return float(found.group(1))

    assert title_points(1) == pytest.approx(10 * TYPE.title, abs=0.3)
    assert title_points(2) == pytest.approx(2 * title_points(1), abs=0.3)


def test_the_theme_tells_of_a_change_when_its_tokens_are_new_already(qtbot, plain_app):
    theme = Theme(plain_app, "light")
    seen: list[Tokens] = []

    class Listener(QObject):
        def look(self) -> None:
            seen.append(theme.tokens)

    listener = Listener()
    theme.changed.connect(listener.look)
    theme.choose("dark")
    assert [tokens.scheme for tokens in seen] == ["dark"]
    assert theme.choice == "dark"
    theme.choose("something else")
    assert theme.choice == ""


def test_icons_are_drawn_anew_after_the_theme_changed(plain_app):
    theme = Theme(plain_app, "light")
    light = theme.pixmap("check", "text", 16).toImage()
    theme.choose("dark")
    assert theme.pixmap("check", "text", 16).toImage() != light


@BOTH
@pytest.mark.parametrize("name", ICON_NAMES)
def test_every_icon_draws_something_in_both_tints(qapp, scheme: Scheme, name: str):
    colour = SCHEMES[scheme].text
    image = Icons().pixmap(name, colour, 24, 2.0).toImage()
    assert image.width() == 48
    inks = _inks(image)
    assert inks
    if name != "petit":
        assert "currentColor" not in tinted(name, colour)
        assert all(_near(ink, colour) for ink in inks)


@BOTH
@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("check", "on_accent"),
        ("minus", "on_accent"),
        ("chevron-down", "muted"),
        ("chevron-up", "muted"),
    ],
)
def test_icons_named_by_the_style_sheet_have_the_colour_of_their_token(
    scheme: Scheme, name: str, role: str
):
    file = icon_folder() / "controls" / scheme / f"{name}.svg"
    assert file.read_text(encoding="utf-8") == tinted(name, getattr(SCHEMES[scheme], role))


def test_every_icon_the_window_names_exists():
    known = set(ICON_NAMES)
    calls = (
        r"(?:\.icon|\.pixmap|set_icon|IconLabel|set_content|Step)\(\s*(?:theme, |text\([^()]*\), )?"
    )
    pattern = re.compile(calls + r'"([a-z][a-z-]+)"')
    missing = {}
    for file in Path(ui.__file__).parent.rglob("*.py"):
        for name in pattern.findall(file.read_text(encoding="utf-8")):
            if name not in known:
                missing[file.name] = name
    assert missing == {}


def test_the_licence_of_the_icons_lies_beside_them():
    text = (icon_folder() / "LICENSE").read_text(encoding="utf-8")
    assert "ISC License" in text
    assert "Feather" in text


def test_the_icon_of_the_program_has_a_drawing_for_every_usual_size(qapp):
    sizes = {size.width() for size in app_icon().availableSizes()}
    assert {16, 32, 48, 256} <= sizes


def test_five_thousand_signals_leave_the_interpreter_alive(qapp):
    class Sender(QObject):
        told = Signal(bool)

    class Counter(QObject):
        def __init__(self) -> None:
            super().__init__()
            self.count = 0

        def add(self, _value: bool) -> None:
            self.count += 1

    sender, counter = Sender(), Counter()
    sender.told.connect(counter.add, Qt.ConnectionType.DirectConnection)
    for _ in range(5000):
        sender.told.emit(True)
    sender.told.disconnect(counter.add)
    assert counter.count == 5000


def _near(one: str, other: str) -> bool:
    """Equal but for rounding where lines overlap."""
    pairs = zip(QColor(one).getRgb(), QColor(other).getRgb(), strict=True)
    return all(abs(a - b) <= 2 for a, b in pairs)


def _inks(image: QImage) -> set[str]:
    """Colours of the pixels that are fully covered."""
    return {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }
