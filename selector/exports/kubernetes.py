# SPDX-License-Identifier: Apache-2.0
"""The server with manifests for Kubernetes: a Deployment with its Service, and KServe's InferenceService."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selector.exports.base import Export, ExportRequest
from selector.exports.python_model import templates
from selector.exports.python_project import write_text
from selector.exports.server import write_server
from selector.exports.target import files_below, filling
from selector.paths import resources_root

PORT = 8000
USER = 10001
"""As in the server's Dockerfile."""
_MEBIBYTE = 1 << 20
_SPARE = 1.5
"""Memory allowed beyond the measured peak: other processors and batches need a little more."""


def _write(request: ExportRequest) -> list[Path]:
    # Reading YAML is the hub's; writing it belongs to the moment of an export.
    import yaml

    source = resources_root() / "exports" / "kubernetes"
    with filling(request.folder) as folder:
        write_server(request, folder)
        for name, parts in manifests(request).items():
            text = yaml.safe_dump_all(parts, sort_keys=False, allow_unicode=False)
            write_text(folder / "kubernetes" / name, text)
        readme = (source / f"README.{request.language}.md").read_text(encoding="utf-8")
        whole = (folder / "README.md").read_text(encoding="utf-8") + "\n" + readme
        write_text(folder / "README.md", whole)
    return files_below(request.folder)


def manifests(request: ExportRequest) -> dict[str, list[dict[str, Any]]]:
    """The documents of each file. No name or text from outside is in them but a plain label."""
    name = _label(request.contestant.repo)
    image = f"petit-{name}:{_label(request.contestant.revision)[:12]}"
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/component": "model"}
    metadata = {"name": name, "labels": labels}
    memory = _memory(request.document)
    container = {
        "image": image,
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        "startupProbe": _probe(period=5, failures=60),
        "readinessProbe": _probe(period=5, failures=2),
        "livenessProbe": _probe(period=20, failures=3),
        "resources": {"requests": {"cpu": "500m", "memory": memory}, "limits": {"memory": memory}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    pod = {
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {**pod, "containers": [{"name": "model", **container}]},
            },
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {
            "type": "ClusterIP",
            "selector": labels,
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
        },
    }
    inference = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": metadata,
        "spec": {"predictor": {**pod, "containers": [{"name": "kserve-container", **container}]}},
    }
    return {"deployment.yaml": [deployment, service], "kserve.yaml": [inference]}


def _label(text: str) -> str:
    """A name that Kubernetes takes: small letters, digits and dashes, at most fifty."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.rpartition("/")[2].lower())[:50].strip("-")
    return plain or "model"


def _memory(document: Mapping[str, Any]) -> str:
    """From the measured peak of the chosen model, with room to spare; 2 GiB where none was measured."""
    ref = (document["contestant"] or {}).get("ref")
    peaks = [x["memory_peak_bytes"] for x in document["models"] if x["ref"] == ref]
    if not peaks or not peaks[0]:
        return "2048Mi"
    return f"{max(256, round(peaks[0] * _SPARE / _MEBIBYTE))}Mi"


def _probe(period: int, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": "/health", "port": "http"},
        "periodSeconds": period,
        "timeoutSeconds": 3,
        "failureThreshold": failures,
    }


def _suits(task: str, engine: str) -> bool:
    return bool(templates(task, engine))


EXPORT = Export(
    id="kubernetes",
    rank=60,
    title={"en": "Kubernetes", "fr": "Kubernetes"},
    purpose={
        "en": "The server with manifests: Deployment and Service, and KServe; memory as it was measured here.",
        "fr": "Le serveur avec ses manifestes : Deployment et Service, et KServe ; mémoire comme mesurée ici.",
    },
    write=_write,
    runs=True,
    suits=_suits,
)
