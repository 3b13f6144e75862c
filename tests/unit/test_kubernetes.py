# SPDX-License-Identifier: Apache-2.0
"""Manifests: nothing runs as root, what is named exists, and memory is what was measured."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped,unused-ignore]

from selector.exports.base import ExportRequest
from selector.exports.kubernetes import PORT, USER, manifests
from selector.paths import resources_root
from tests.unit.test_report import contestant, document

DOCKERFILE = resources_root() / "exports" / "server" / "Dockerfile"


def made(repo: str = "bank/nano") -> dict[str, Any]:
    chosen = replace(contestant(), repo=repo)
    found = manifests(ExportRequest(document(), chosen, Path("x")))
    text = {name: yaml.safe_dump_all(parts) for name, parts in found.items()}
    return {part["kind"]: part for each in text.values() for part in yaml.safe_load_all(each)}


def pods() -> list[dict[str, Any]]:
    found = made()
    return [
        found["Deployment"]["spec"]["template"]["spec"],
        found["InferenceService"]["spec"]["predictor"],
    ]


def test_no_container_is_root_or_can_become_it_or_write_but_to_its_own_tmp() -> None:
    for pod in pods():
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == USER
        assert pod["automountServiceAccountToken"] is False
        (container,) = pod["containers"]
        own = container["securityContext"]
        assert own["readOnlyRootFilesystem"] is True
        assert own["allowPrivilegeEscalation"] is False
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert {x["name"] for x in container["volumeMounts"]} == {x["name"] for x in pod["volumes"]}
    assert f"USER {USER}" in DOCKERFILE.read_text().splitlines()
    assert f"EXPOSE {PORT}" in DOCKERFILE.read_text().splitlines()


def test_ports_probes_and_labels_belong_together() -> None:
    found = made()
    for pod in pods():
        (container,) = pod["containers"]
        (port,) = container["ports"]
        assert port["containerPort"] == PORT
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert container[probe]["httpGet"] == {"path": "/health", "port": port["name"]}
    labels = found["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert found["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert found["Service"]["spec"]["selector"] == labels


def test_memory_is_the_measured_peak_and_half_as_much_again() -> None:
    for pod in pods():
        limits = pod["containers"][0]["resources"]["limits"]
        assert limits["memory"] == f"{round(400_000_000 * 1.5 / 2**20)}Mi"


@pytest.mark.parametrize("repo", ["bank/nano", "a/" + "x" * 90, "a/Été_#;--", "a/--", "a/.."])
def test_any_name_becomes_one_that_kubernetes_takes(repo: str) -> None:
    name = made(repo)["Deployment"]["metadata"]["name"]
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name)
