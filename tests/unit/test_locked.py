# SPDX-License-Identifier: Apache-2.0
"""Requirements with hashes: complete, within what Petit itself allows, and never for other versions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from selector.exports.locked import FILE, write_hashed
from selector.exports.python_model import DISTRIBUTIONS
from selector.exports.server import DISTRIBUTIONS as SERVER
from selector.paths import resources_root

LOCKS = resources_root() / "exports" / "python" / "locks"
PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
NAMES = [f"{engine}{end}" for engine in DISTRIBUTIONS for end in ("", "-server")]


def blocks(name: str) -> list[str]:
    """One for each package: its line and those of its hashes."""
    text = (LOCKS / f"{name}.txt").read_text(encoding="utf-8")
    return re.split(r"\n(?=\S)", text.strip())[1:]


def pins(name: str) -> dict[str, str]:
    found = [block.split()[0].partition("==") for block in blocks(name)]
    return {package: version for package, _, version in found}


@pytest.mark.parametrize("name", NAMES)
def test_every_package_has_a_version_and_hashes(name: str) -> None:
    for block in blocks(name):
        first, *hashes = block.replace("\\", " ").split("--hash=")
        Requirement(first.strip())
        assert "==" in first
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each.strip()) for each in hashes)


@pytest.mark.parametrize("name", NAMES)
def test_the_versions_are_ones_that_petit_works_with(name: str) -> None:
    data = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    declared = [*data["dependencies"], *data["optional-dependencies"]["test"]]
    ranges = {Requirement(x).name.lower(): Requirement(x).specifier for x in declared}
    wanted = {*DISTRIBUTIONS[name.removesuffix("-server")]}
    wanted |= {*SERVER} if name.endswith("-server") else set()
    found = pins(name)
    assert wanted <= found.keys()
    for package in wanted & ranges.keys():
        assert ranges[package].contains(found[package]), package


def test_a_list_goes_along_only_with_the_very_versions_that_ran(tmp_path: Path) -> None:
    wanted = tmp_path / "requirements.txt"
    wanted.write_text(f"xllamacpp=={pins('llama')['xllamacpp']}\n")
    assert write_hashed(tmp_path, "llama")
    assert "--hash=sha256:" in (tmp_path / FILE).read_text()
    (tmp_path / FILE).unlink()
    for text in ("xllamacpp==1.0\n", "xllamacpp\n", ""):
        wanted.write_text(text)
        assert not write_hashed(tmp_path, "llama")
    wanted.write_text(f"xllamacpp=={pins('llama')['xllamacpp']}\n")
    assert not write_hashed(tmp_path, "other")
    assert not (tmp_path / FILE).exists()
