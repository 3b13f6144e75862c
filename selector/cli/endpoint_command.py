# SPDX-License-Identifier: Apache-2.0
"""``petit endpoint list|add|remove|forget|prompt|prices``."""

from __future__ import annotations

import argparse
import getpass
import sys
import tomllib
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from selector.cli.console import Screen
from selector.desk.desk import Desk
from selector.endpoint_errors import BadEndpoint
from selector.engines.endpoint.config import Endpoint
from selector.engines.endpoint.prices import TokenPrice
from selector.engines.endpoint.prompts import MAX_BYTES, Prompt


def endpoint(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Run one of the actions; ``list`` when none is named."""
    actions = {
        "add": _add,
        "remove": _remove,
        "forget": _forget,
        "prompt": _prompt,
        "prices": _prices,
    }
    if options.action in actions:
        actions[options.action](desk, screen, options)
    else:
        _list(desk, screen)


def _row(desk: Desk, each: Endpoint) -> dict[str, Any]:
    price = desk.prices().endpoints.get(each.name)
    return {
        **asdict(each),
        "ref": f"endpoint:{each.name}",
        "place": each.place,
        "price": None if price is None else asdict(price),
    }


def _list(desk: Desk, screen: Screen) -> None:
    found = desk.endpoints()
    if screen.as_json:
        screen.document({"endpoints": [_row(desk, each) for each in found]})
        return
    words = screen.wording
    if not found:
        screen.say(words.text("endpoint.none"))
        return
    names = ("reference", "model", "address", "place", "key")
    rows = [
        (
            f"endpoint:{each.name}",
            each.model,
            each.address,
            words.text(f"endpoint.place.{each.place}"),
            words.text(
                f"endpoint.key.{each.key.partition(':')[0]}", name=each.key.partition(":")[2]
            ),
        )
        for each in found
    ]
    screen.table([words.text(f"endpoint.column.{name}") for name in names], rows)


def _add(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    key = None
    if options.key:
        # Never on the command line: other users see those, and the shell keeps them.
        asked = screen.wording.text("endpoint.ask_key", name=options.name)
        key = getpass.getpass(asked) if sys.stdin.isatty() else sys.stdin.readline()
    place = f"environment:{options.key_variable}" if options.key_variable else "none"
    made = Endpoint(
        options.name,
        options.address,
        options.model,
        place,
        options.parallel,
        options.timeout,
        options.max_tokens,
    )
    kept = desk.keep_endpoint(made, key)
    if screen.as_json:
        screen.document({"endpoint": _row(desk, kept)})
        return
    screen.say(screen.wording.text("endpoint.added", ref=f"endpoint:{kept.name}", host=kept.host))


def _remove(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    desk.remove_endpoint(options.name)
    if screen.as_json:
        screen.document({"removed": options.name})
        return
    screen.say(screen.wording.text("endpoint.removed", name=options.name))


def _forget(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    count = desk.forget_answers(desk.endpoint(options.name).name)
    if screen.as_json:
        screen.document({"forgotten": count})
        return
    screen.say(screen.wording.text("endpoint.forgotten", n=count, name=options.name))


def _read_prompt(path: Path) -> Prompt:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadEndpoint(what="prompt", value=path.name, reason="endpoint.prompt_too_long")
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        unreadable = "endpoint.prompt_unreadable"
        raise BadEndpoint(what="prompt", value=path.name, reason=unreadable) from None
    return Prompt(str(data.get("system", "")).strip(), str(data.get("user", "")).strip(), own=True)


def _prompt(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    if options.file is not None:
        found = desk.set_prompt(options.task, _read_prompt(options.file))
    elif options.reset:
        found = desk.set_prompt(options.task, None)
    else:
        found = desk.prompt(options.task)
    if screen.as_json:
        screen.document({"task": options.task, **asdict(found)})
        return
    words = screen.wording
    screen.note(
        words.text(f"endpoint.prompt.{'own' if found.own else 'shipped'}", task=options.task)
    )
    for part in ("system", "user"):
        screen.say(words.text(f"endpoint.prompt.{part}"), "bold")
        screen.say(getattr(found, part) or "–")
        screen.say()


def _prices(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    day = options.date or datetime.now(UTC).date().isoformat()
    own = {k: getattr(options, k) for k in ("watts", "kwh", "fixed")}
    given = {k: v for k, v in own.items() if v is not None}
    if options.name is not None:
        desk.endpoint(options.name)  # a price of nothing helps nobody
    if options.input is not None or options.output is not None:
        desk.set_price(options.name or "", _token_price(options, day))
    if given:
        before = desk.prices().own
        words = {k: getattr(options, k) for k in ("currency", "source") if getattr(options, k)}
        desk.set_own_price(replace(before, **given, **words, date=day))
    _show_prices(desk, screen)


def _token_price(options: argparse.Namespace, day: str) -> TokenPrice:
    for what in ("name", "input", "output", "currency", "source"):
        if getattr(options, what) is None:
            raise BadEndpoint(what=what, value="", reason="endpoint.price_words")
    return TokenPrice(options.input, options.output, options.currency, day, options.source)


def _show_prices(desk: Desk, screen: Screen) -> None:
    table, words = desk.prices(), screen.wording
    if screen.as_json:
        screen.document(table.to_json())
        return
    rows = []
    for each in desk.endpoints():
        price = table.endpoints.get(each.name)
        unknown = words.text("endpoint.unknown_price")
        rows.append(
            (f"endpoint:{each.name}", unknown, "", "", "", "")
            if price is None
            else (
                f"endpoint:{each.name}",
                words.number(price.input),
                words.number(price.output),
                price.currency,
                price.date,
                price.source,
            )
        )
    if rows:
        names = ("reference", "input", "output", "currency", "date", "source")
        screen.table([words.text(f"endpoint.column.{name}") for name in names], rows, (1, 2))
        screen.say()
    own = table.own
    for what in ("watts", "kwh", "fixed"):
        value = getattr(own, what)
        text = words.text("endpoint.unknown_price") if value is None else words.number(value)
        screen.say(words.text(f"endpoint.own.{what}", value=text, currency=own.currency))
    if own.date:
        screen.say(words.text("endpoint.own.from", date=own.date, source=own.source or "–"), "dim")
