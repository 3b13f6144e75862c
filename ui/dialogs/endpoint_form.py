# SPDX-License-Identifier: Apache-2.0
"""The fields of one chat endpoint with its price, and of what a model on this computer costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QSpinBox, QWidget

from selector.endpoint_errors import BadEndpoint
from selector.engines.endpoint.config import MAX_PARALLEL, Endpoint
from selector.engines.endpoint.prices import OwnPrice, TokenPrice
from selector.wording import Wording
from ui.pages.labels import label
from ui.widgets.plain import plain_tooltip

_PLACES = ("none", "keyring", "environment")


def read_number(field: QLineEdit) -> float | None:
    """The number in a field, with a comma or a point; None when it is empty. Raises BadEndpoint."""
    said = field.text().strip().replace("\u202f", "").replace("\u00a0", "")
    if not said:
        return None
    try:
        return float(said.replace(",", "."))
    except ValueError:
        raise BadEndpoint(
            what=field.accessibleName(), value=said, reason="endpoint.price_amount"
        ) from None


def shown_number(value: float | None) -> str:
    """A number as it can be typed again."""
    return "" if value is None else f"{value:.10g}"


def today() -> str:
    """The day a price was entered on."""
    return datetime.now(UTC).date().isoformat()


class EndpointForm(QWidget):
    """One endpoint."""

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text = wording.text
        make = self._field
        self.name = make("name", "gpt")
        self.address = make("address", "https://host/v1")
        self.model = make("model", "")
        self.place = QComboBox()
        self.place.setAccessibleName(text("llm.settings.key"))
        self.place.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.place.setMinimumContentsLength(12)
        for place in _PLACES:
            self.place.addItem(text(f"llm.settings.key_{place}"), place)
        self.key = make("key_value", "")
        self.variable = make("key_variable", "MY_API_KEY")
        self.parallel = self._count("parallel", MAX_PARALLEL)
        self.max_tokens = self._count("max_tokens", 1_000_000)
        self.max_tokens.setToolTip(plain_tooltip(text("llm.settings.max_tokens_tip")))
        self.max_tokens.setSingleStep(100)
        self.input = make("input", text("llm.settings.unknown"))
        self.output = make("output", text("llm.settings.unknown"))
        self.currency = make("currency", "EUR")
        self.source = make("source", text("llm.settings.source_example"))
        self.date = label("", "small")
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for each, field in (
            ("name", self.name),
            ("address", self.address),
            ("model", self.model),
            ("key", self.place),
            ("key_value", self.key),
            ("key_variable", self.variable),
            ("parallel", self.parallel),
            ("max_tokens", self.max_tokens),
            ("input", self.input),
            ("output", self.output),
            ("currency", self.currency),
            ("source", self.source),
        ):
            form.addRow(text(f"llm.settings.{each}"), field)
        form.addRow("", self.date)
        self._form = form
        self.place.currentIndexChanged.connect(self._show_key)
        self._show_key()

    def _field(self, key: str, example: str) -> QLineEdit:
        made = QLineEdit()
        made.setPlaceholderText(example)
        made.setAccessibleName(self._text(f"llm.settings.{key}"))
        return made

    def _count(self, key: str, most: int) -> QSpinBox:
        made = QSpinBox()
        made.setRange(0, most)
        made.setSpecialValueText(self._text(f"llm.settings.{key}_auto"))
        made.setAccessibleName(self._text(f"llm.settings.{key}"))
        return made

    def _show_key(self) -> None:
        place = self.place.currentData()
        self._form.setRowVisible(self.key, place == "keyring")
        self._form.setRowVisible(self.variable, place == "environment")

    def show_endpoint(self, endpoint: Endpoint | None, price: TokenPrice | None) -> None:
        """Fill the fields; None empties them. A key that is kept is never shown."""
        kind, _, variable = (endpoint.key if endpoint else "none").partition(":")
        self.name.setText(endpoint.name if endpoint else "")
        self.name.setReadOnly(endpoint is not None)
        self.address.setText(endpoint.address if endpoint else "")
        self.model.setText(endpoint.model if endpoint else "")
        self.place.setCurrentIndex(max(0, self.place.findData(kind)))
        self.key.clear()
        kept = self._text("llm.settings.key_kept") if kind == "keyring" else ""
        self.key.setPlaceholderText(kept)
        self.variable.setText(variable)
        self.parallel.setValue(endpoint.parallel if endpoint else 0)
        self.max_tokens.setValue(endpoint.max_tokens if endpoint else 0)
        self.input.setText(shown_number(price.input if price else None))
        self.output.setText(shown_number(price.output if price else None))
        self.currency.setText(price.currency if price else "")
        self.source.setText(price.source if price else "")
        self.date.setText(self._text("llm.settings.looked_up", date=price.date) if price else "")
        self._show_key()

    def endpoint(self, timeout_s: float = 60.0) -> tuple[Endpoint, str | None]:
        """What the fields say, and a key to keep if one was typed. Raises nothing: it is checked later."""
        place = str(self.place.currentData())
        typed = self.key.text().strip() if place == "keyring" else ""
        key = f"environment:{self.variable.text().strip()}" if place == "environment" else place
        made = Endpoint(
            self.name.text().strip(),
            self.address.text(),
            self.model.text(),
            key,
            self.parallel.value(),
            timeout_s,
            self.max_tokens.value(),
        )
        return made, typed or None

    def price(self, before: TokenPrice | None) -> TokenPrice | None:
        """The price in the fields; None when both are empty. Raises BadEndpoint."""
        sent, back = read_number(self.input), read_number(self.output)
        if sent is None and back is None:
            return None
        made = TokenPrice(
            sent or 0.0,
            back or 0.0,
            self.currency.text().strip(),
            today(),
            self.source.text().strip(),
        )
        same = before is not None and made == TokenPrice(
            before.input, before.output, before.currency, made.date, before.source
        )
        return before if same else made


def align(*forms: QWidget) -> None:
    """Give the titles of several forms one width, so that their fields stand in one column."""
    titles = [
        item.widget()
        for form in forms
        if isinstance(layout := form.layout(), QFormLayout)
        for row in range(layout.rowCount())
        if (item := layout.itemAt(row, QFormLayout.ItemRole.LabelRole)) is not None
    ]
    width = max((x.sizeHint().width() for x in titles if x is not None), default=0)
    for title in titles:
        if title is not None:
            title.setMinimumWidth(width)


class OwnPriceForm(QWidget):
    """What a model on this computer costs."""

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        text = wording.text
        self.fields: dict[str, QLineEdit] = {}
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for name in ("watts", "kwh", "fixed", "currency", "source"):
            field = QLineEdit()
            field.setAccessibleName(text(f"llm.settings.{name}"))
            examples = {"currency": "EUR", "source": text("llm.settings.source_example")}
            field.setPlaceholderText(examples.get(name, text("llm.settings.unknown")))
            form.addRow(text(f"llm.settings.{name}"), field)
            self.fields[name] = field

    def show_price(self, price: OwnPrice) -> None:
        """Fill the fields."""
        for name, field in self.fields.items():
            value = getattr(price, name)
            field.setText(value if isinstance(value, str) else shown_number(value))

    def price(self) -> OwnPrice:
        """What the fields say. Raises BadEndpoint."""
        read: Callable[[str], float | None] = lambda name: read_number(self.fields[name])  # noqa: E731
        currency, source = (self.fields[x].text().strip() for x in ("currency", "source"))
        made = OwnPrice(read("watts"), read("kwh"), read("fixed"), currency, "", source)
        return (
            made
            if made == OwnPrice()
            else OwnPrice(made.watts, made.kwh, made.fixed, currency, today(), source)
        )
