# SPDX-License-Identifier: Apache-2.0
"""Reads the command line and runs one command."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from selector import __version__
from selector.errors import BadSetting, Cancelled, PetitError
from selector.log import start_log
from selector.paths import locations
from selector.wording import Wording, system_language

if TYPE_CHECKING:
    from selector.cli.console import Screen
    from selector.desk.desk import Desk

Command = Callable[["Desk", "Screen", argparse.Namespace], None]
_FUNCTIONS = {"try": "try_models", "import": "import_bundle"}
"""Commands whose names Python keeps for itself."""
_UNITS = {"k": 1e3, "m": 1e6, "g": 1e9, "b": 1e9, "kb": 1e3, "mb": 1e6, "gb": 1e9, "": 1.0}


def quantity(text: str) -> int:
    """A number with a unit: ``500M``, ``2GB``, ``1.5b``. Raises argparse.ArgumentTypeError."""
    number = text.strip().lower()
    unit = number.lstrip("0123456789.")
    try:
        return round(float(number.removesuffix(unit)) * _UNITS[unit.strip()])
    except (KeyError, ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"not a quantity such as 500M or 2GB: {text!r}") from None


def sized(text: str) -> tuple[str, int]:
    """``MODEL=500M``. Raises argparse.ArgumentTypeError."""
    name, sign, number = text.rpartition("=")
    if not sign or not name:
        raise argparse.ArgumentTypeError(f"not like MODEL=500M: {text!r}")
    return name, quantity(number)


class _Parser(argparse.ArgumentParser):
    """Exits with 2 on bad usage, as argparse does; in JSON mode it says so in JSON."""

    def error(self, message: str) -> NoReturn:
        if "--json" in sys.argv:
            from selector.cli.console import Screen

            screen = Screen(Wording(system_language()), as_json=True)
            error = {
                "code": "usage",
                "message": message,
                "hint": self.format_usage().strip(),
                "facts": {},
            }
            screen.document({"error": error})
            raise SystemExit(2)
        super().error(message)


def _shared() -> _Parser:
    shared = _Parser(add_help=False)
    shared.add_argument("--json", action="store_true", help="one JSON document on standard output")
    shared.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="everything Petit writes, models excepted"
    )
    shared.add_argument("--offline", action="store_true", help="use only what is on this computer")
    return shared


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = _Parser(
        prog="petit", description="The smallest model that does your job, on your machine."
    )
    top.add_argument("--version", action="version", version=f"petit {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    shared = [_shared()]

    def add(name: str, module: str, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text, parents=shared)
        command.set_defaults(module=module)
        return command

    machine = add("machine", "machine", "what this computer is and what it can run")
    machine.add_argument(
        "--calibrate",
        action="store_true",
        help="measure what it and its engines reach (about fifteen seconds)",
    )
    from selector.machine.overrides import NAMES

    machine.add_argument(
        "--set",
        action="append",
        metavar="NAME=VALUE",
        help=f"set a figure by hand, as memory=16GB; names: {', '.join(NAMES)}",
    )
    machine.add_argument(
        "--unset",
        action="append",
        choices=(*NAMES, "all"),
        metavar="NAME",
        help="use what is found again, of one figure or of all",
    )
    tasks = add("tasks", "tasks", "find the task for a job in plain words, in English or French")
    tasks.add_argument("words", nargs="*", metavar="WORDS")

    from selector.cli.search_options import add_search_options

    add_search_options(add("search", "search", "find models for a task that run here"), quantity)

    fit = add("fit", "search", "predict memory and speed here without downloading weights")
    fit.add_argument("refs", nargs="+", metavar="REF")
    fit.add_argument("--task", metavar="ID")
    pull = add("pull", "library", "download models, verified; an interrupted download goes on")
    pull.add_argument("refs", nargs="+", metavar="REF")
    pull.add_argument("--task", metavar="ID")
    library = add("library", "library", "models on this computer, whoever downloaded them")
    library.add_argument("--verify", action="store_true", help="read and check every file")
    library.add_argument(
        "--sweep", action="store_true", help="delete what Petit's unfinished downloads left"
    )
    remove = add("remove", "library", "delete a downloaded model")
    remove.add_argument("ref", metavar="REF")
    remove.add_argument(
        "--yes", action="store_true", help="also what another program has downloaded"
    )

    trial = add("try", "trial", "the same inputs through several models, side by side")
    trial.add_argument("refs", nargs="+", metavar="REF|DECISION_FILE")
    trial.add_argument("--task", metavar="ID", help="needed unless a decision file says it")
    trial.add_argument(
        "--input",
        action="append",
        metavar="TEXT|@FILE",
        dest="inputs",
        help="without it a decision file's recorded answers are made again and compared",
    )
    trial.add_argument(
        "--repeat",
        type=int,
        default=0,
        metavar="N",
        help="run each input N times; without it as often as fair times take, for 10 s at the most",
    )

    evaluate = add("evaluate", "evaluate", "measure models on your labelled examples and decide")
    evaluate.add_argument("refs", nargs="+", metavar="REF|DECISION_FILE")
    evaluate.add_argument("--task", metavar="ID", help="needed unless a decision file says it")
    evaluate.add_argument("--data", required=True, type=Path, metavar="FILE")
    evaluate.add_argument("--input-column", metavar="C")
    evaluate.add_argument("--label-column", metavar="C")
    evaluate.add_argument("--metric", metavar="M")
    evaluate.add_argument(
        "--margin", type=float, metavar="X", help="0.05, or as in the decision file"
    )
    evaluate.add_argument(
        "--confidence", type=float, metavar="P", help="0.975, or as in the decision file"
    )
    evaluate.add_argument(
        "--cost",
        choices=["parameters", "memory", "latency", "download", "energy", "price"],
        help="what small means; energy and price by your price table (petit endpoint prices)",
    )

    evaluate.add_argument(
        "--race",
        action="store_true",
        help="run examples in a random order and stop as soon as the answer is known",
    )

    label = add("label", "label", "ask you for few labels, where models disagree, and decide")
    label.add_argument("refs", nargs="+", metavar="REF")
    label.add_argument("--task", required=True, metavar="ID")
    label.add_argument("--data", required=True, type=Path, metavar="FILE")
    label.add_argument("--budget", required=True, type=int, metavar="N", help="labels at most")
    label.add_argument(
        "--answers",
        type=Path,
        metavar="FILE",
        help="CSV of index,label: read, and saved as you answer",
    )
    label.add_argument(
        "--export", type=Path, metavar="FILE", help="also write what you labelled as examples (CSV)"
    )
    label.add_argument("--input-column", metavar="C")
    label.add_argument("--margin", type=float, default=0.05, metavar="X")
    label.add_argument("--confidence", type=float, default=0.95, metavar="P")
    label.add_argument(
        "--cost", default="parameters", choices=["parameters", "memory", "latency", "download"]
    )
    label.add_argument("--seed", type=int, default=0, metavar="N")
    label.add_argument(
        "--repeats",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="ask this share of questions twice, to learn how sure the labels are",
    )

    vote = add("vote", "vote", "ask you which of two answers is better, without names, and decide")
    vote.add_argument("refs", nargs="+", metavar="REF", help="two to four")
    vote.add_argument("--task", required=True, metavar="ID")
    vote.add_argument("--data", required=True, type=Path, metavar="FILE")
    vote.add_argument("--budget", type=int, default=80, metavar="N", help="votes at most")
    vote.add_argument(
        "--answers",
        type=Path,
        metavar="FILE",
        help="CSV of index,left,right,said: read, and saved as you vote",
    )
    vote.add_argument("--input-column", metavar="C")
    vote.add_argument("--margin", type=float, default=0.05, metavar="X")
    vote.add_argument("--confidence", type=float, default=0.95, metavar="P")
    vote.add_argument(
        "--cost", default="parameters", choices=["parameters", "memory", "latency", "download"]
    )
    vote.add_argument("--seed", type=int, default=0, metavar="N", help="of pairs and sides")
    vote.add_argument(
        "--repeats",
        type=float,
        default=0.1,
        metavar="SHARE",
        help="ask this share of questions twice, to learn how sure the votes are",
    )

    decide = add("decide", "decide", "decide on outputs that were produced elsewhere")
    decide.add_argument(
        "--predictions",
        required=True,
        type=Path,
        metavar="FILE",
        help="rows of example, label, model, prediction [, score, cost], or one column a model",
    )
    decide.add_argument(
        "--slice-column",
        action="append",
        default=[],
        metavar="C",
        dest="slice_columns",
        help="a column that parts the examples and is no model",
    )
    decide.add_argument("--task", default="", metavar="ID")
    decide.add_argument("--input-column", metavar="C")
    decide.add_argument("--label-column", metavar="C")
    decide.add_argument("--metric", metavar="M")
    decide.add_argument("--kind", default="labels", choices=["labels", "text", "similarity"])
    decide.add_argument("--margin", type=float, default=0.05, metavar="X")
    decide.add_argument("--confidence", type=float, default=0.975, metavar="P")
    decide.add_argument("--cost", choices=["parameters", "given"], help="what small means")
    decide.add_argument(
        "--size", action="append", default=[], type=sized, metavar="MODEL=500M", dest="sizes"
    )
    decide.add_argument(
        "--llm",
        action="append",
        default=[],
        metavar="MODEL",
        dest="llms",
        help="compare this model of the file, an LLM, with the smallest that may do instead",
    )

    from selector.cli.endpoint_options import (
        add_endpoint_options,
        add_sending_options,
        add_settings,
    )

    for command, chooses in ((trial, True), (evaluate, False), (label, True), (vote, True)):
        add_sending_options(command, chooses)
    from selector.cli.judging_options import add_judging_options

    for command in (evaluate, decide):
        add_judging_options(command)
    text = "chat endpoints to compare with: a local server or an LLM in a cloud"
    add_settings(trial)
    add_settings(evaluate)
    add_endpoint_options(add("endpoint", "endpoint", text), shared)

    export = add("export", "export", "write what was chosen in a form to run elsewhere")
    export.add_argument("source", metavar="REF|DECISION_FILE")
    export.add_argument(
        "--task", metavar="ID", help="what a bare model is for, where it does not say so itself"
    )
    export.add_argument(
        "--model", metavar="REF", help="take this contestant of the decision, recommended or not"
    )
    export.add_argument("--format", required=True, metavar="F")
    export.add_argument("--out", required=True, type=Path, metavar="DIR")
    bundle = add("bundle", "bundle", "models in one file, for a machine without a network")
    bundle.add_argument("sources", nargs="+", metavar="REF|DECISION_FILE")
    bundle.add_argument(
        "--task", metavar="ID", help="what bare models are for, where they do not say"
    )
    bundle.add_argument("--out", required=True, type=Path, metavar="FILE")
    taken = add("import", "bundle", "check a bundle and put its models into the model cache")
    taken.add_argument("file", type=Path, metavar="FILE")
    sample = add(
        "sample", "sample", "run the whole main job on the embedded sample project, offline"
    )
    sample.add_argument("--out", type=Path, metavar="DIR")
    return top


def show_window(arguments: Sequence[str]) -> int:
    """Open the window in a process of its own: the core never imports it."""
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        sys.stderr.write(
            "No display here: running the sample project in the terminal instead of the window.\n"
        )
        return run(["sample", *arguments])
    command = [sys.executable, "-m", "ui", *arguments]
    if os.name != "nt":
        os.execv(command[0], command)
    import subprocess

    return subprocess.run(command, check=False).returncode


def _wants_window(arguments: Sequence[str]) -> bool:
    """No command: nothing at all, only options of the window, or a decision file to open."""
    options = {"--data-dir", "--theme", "--language"}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word in options and rest:
            rest.pop(0)
        elif word != "--offline" and not word.endswith(".petit.json"):
            return False
    return True


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit code."""
    if _wants_window(arguments):
        return show_window(arguments)
    options = parser().parse_args(arguments)
    if options.command is None:
        parser().print_help(sys.stderr)
        return 2
    from selector.cli.console import Screen
    from selector.desk.desk import Desk

    language = system_language()
    screen = Screen(Wording(language), as_json=options.json)
    desk: Desk | None = None
    try:
        folder = locations(options.data_dir).create()
        start_log(folder.log)
        offline = options.offline or os.environ.get("HF_HUB_OFFLINE", "").upper() in {
            "1",
            "TRUE",
            "ON",
            "YES",
        }
        desk = Desk(folder, offline=offline, language=language)
        module: Any = importlib.import_module(f"selector.cli.{options.module}_command")
        command: Command = getattr(module, _FUNCTIONS.get(options.command, options.command))
        command(desk, screen, options)
        sys.stdout.flush()
        return 0
    except BrokenPipeError:
        # Whoever read the output has enough of it (``petit … | head``); what is left goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except PetitError as error:
        screen.problem(error)
        return 1
    except (KeyboardInterrupt, Cancelled):
        screen.note(screen.wording.text("cli.cancelled"))
        return 130
    except OSError as error:
        value = str(error.filename or options.data_dir or "")
        screen.problem(
            BadSetting(
                setting="--data-dir", value=value, allowed=error.strerror or "a folder of yours"
            )
        )
        return 1
    finally:
        if desk is not None:
            desk.close()
