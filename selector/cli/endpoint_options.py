# SPDX-License-Identifier: Apache-2.0
"""The options of ``petit endpoint``, and what the commands that ask endpoints have in common."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path


def names(text: str) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def add_sending_options(command: argparse.ArgumentParser, chooses: bool) -> None:
    """``--send``; and where no example says them, the categories that an endpoint chooses among."""
    command.add_argument(
        "--send",
        action="store_true",
        help="send what endpoint:NAME was not asked yet; without it, only say what would be sent",
    )
    if chooses:
        command.add_argument(
            "--labels",
            type=names,
            default=(),
            metavar="A,B",
            help="the categories that endpoint:NAME, or a task without its own, chooses among",
        )


def setting(text: str) -> tuple[str, str]:
    """A parameter's name and its value."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"NAME=VALUE is needed, not {text[:40]!r}")
    return name.strip(), value.strip()


def add_settings(command: argparse.ArgumentParser) -> None:
    """``--set``, for tasks that can be told more than their inputs."""
    command.add_argument(
        "--set",
        action="append",
        type=setting,
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="a parameter of the task, such as source=en and target=fr, or labels=a,b",
    )


def add_endpoint_options(
    command: argparse.ArgumentParser, shared: Sequence[argparse.ArgumentParser]
) -> None:
    """``list``, ``add``, ``remove``, ``forget``, ``prompt`` and ``prices``."""
    actions = command.add_subparsers(
        dest="action", metavar="list|add|remove|forget|prompt|prices", parser_class=type(command)
    )

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=text, parents=list(shared))

    action("list", "endpoints that are set up")
    add = action("add", "set up an OpenAI-compatible chat endpoint, or change it")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--address", required=True, metavar="URL", help="such as https://host/v1")
    add.add_argument("--model", required=True, metavar="MODEL", help="as the server names it")
    add.add_argument(
        "--key",
        action="store_true",
        help="ask for its key (or read a line) and keep it in the keyring",
    )
    add.add_argument("--key-variable", metavar="VAR", help="read its key from this variable")
    add.add_argument("--parallel", type=int, default=0, metavar="N", help="requests at a time")
    add.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS")
    add.add_argument(
        "--max-tokens",
        type=int,
        default=0,
        metavar="N",
        help="the longest answer, thoughts included",
    )
    remove = action("remove", "forget an endpoint, its key, its price and its answers")
    remove.add_argument("name", metavar="NAME")
    forget = action("forget", "forget an endpoint's answers, so that it is asked anew")
    forget.add_argument("name", metavar="NAME")
    prompt = action("prompt", "show what endpoints are asked for a task, or change it")
    prompt.add_argument("--task", required=True, metavar="ID")
    prompt.add_argument(
        "--set", type=Path, metavar="FILE", dest="file", help="TOML with system and user"
    )
    prompt.add_argument("--reset", action="store_true", help="go back to Petit's own")
    prices = action("prices", "show your price table, or write into it")
    prices.add_argument("name", nargs="?", metavar="NAME")
    prices.add_argument("--input", type=float, metavar="X", help="for a million tokens sent")
    prices.add_argument("--output", type=float, metavar="Y", help="for a million tokens answered")
    prices.add_argument("--watts", type=float, metavar="W", help="what this computer draws more")
    prices.add_argument("--kwh", type=float, metavar="P", help="price of a kilowatt-hour")
    prices.add_argument("--fixed", type=float, metavar="F", help="what your own model costs once")
    prices.add_argument("--currency", metavar="C", help="such as EUR")
    prices.add_argument("--source", metavar="TEXT", help="where the price is from")
    prices.add_argument("--date", metavar="DAY", help="when you looked; today if left out")
