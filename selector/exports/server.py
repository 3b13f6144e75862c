# SPDX-License-Identifier: Apache-2.0
"""The Python project as a service: HTTP with batching, health and metrics, and a container for it.

For a GGUF file also the commands of llama.cpp's own server and of Ollama.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from selector.exports.base import Export, ExportRequest
from selector.exports.locked import write_hashed
from selector.exports.python_model import templates
from selector.exports.python_project import pinned_lines, write_project, write_text
from selector.exports.target import files_below, filling
from selector.paths import resources_root

_COPIED = {
    "server.py": "server.py",
    "Dockerfile": "Dockerfile",
    "compose.yaml": "compose.yaml",
    "dockerignore": ".dockerignore",
}
DISTRIBUTIONS = {
    "fastapi": "0.165.0",
    "uvicorn": "0.54.0",
    "prometheus-client": "0.26.0",
}
"""What serves, with the versions that were tried; those that are installed win."""
_PLAIN = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,200}")


def _write(request: ExportRequest) -> list[Path]:
    with filling(request.folder) as folder:
        write_server(request, folder)
    return files_below(request.folder)


def write_server(request: ExportRequest, folder: Path) -> None:
    """The project, the service around it, and the container. Raises as write_project."""
    source = resources_root() / "exports" / "server"
    write_project(request, folder, "server")
    for name, target in _COPIED.items():
        shutil.copyfile(source / name, folder / target)
    with (folder / "requirements.txt").open("a", encoding="utf-8", newline="\n") as file:
        file.write(pinned_lines(DISTRIBUTIONS, DISTRIBUTIONS))
    write_hashed(folder, f"{request.contestant.engine}-server")
    readme = (source / f"README.{request.language}.md").read_text(encoding="utf-8")
    whole = (folder / "README.md").read_text(encoding="utf-8") + "\n" + readme
    write_text(folder / "README.md", whole + _llama(folder, source, request.language))


def _llama(folder: Path, source: Path, language: str) -> str:
    """For a GGUF file whose name no shell and no Modelfile could misread: two more ways to serve it."""
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    llama = settings.get("llama")
    if not llama or not _PLAIN.fullmatch(llama["file"]) or ".." in llama["file"]:
        return ""
    embeds = str(settings["task"]) != "text-generation"
    command = [
        "llama-server",
        f"--model model/{llama['file']}",
        f"--ctx-size {int(llama['longest'])}",
        "--host 127.0.0.1 --port 8080",
        "--embedding" if embeds else "--temp 0",
    ]
    write_text(folder / "llama-server.sh", "#!/bin/sh\nexec " + " \\\n  ".join(command) + ' "$@"\n')
    if not embeds:
        room = int(settings["parameters"].get("max_new_tokens", 128))
        lines = [
            f"FROM ./model/{llama['file']}",
            "PARAMETER temperature 0",
            f"PARAMETER num_ctx {int(llama['longest'])}",
            f"PARAMETER num_predict {room}",
        ]
        write_text(folder / "Modelfile", "\n".join(lines) + "\n")
    part = source / f"llama{'-embedding' if embeds else ''}.{language}.md"
    return part.read_text(encoding="utf-8")


def _suits(task: str, engine: str) -> bool:
    return bool(templates(task, engine))


EXPORT = Export(
    id="server",
    rank=50,
    title={"en": "Server", "fr": "Serveur"},
    purpose={
        "en": "The Python project behind HTTP: batching, health, metrics, a Dockerfile and a compose file.",
        "fr": "Le projet Python derrière HTTP : lots, santé, métriques, un Dockerfile et un fichier compose.",
    },
    write=_write,
    runs=True,
    suits=_suits,
)
