# SPDX-License-Identifier: Apache-2.0
"""What the environment says about the Hub: which one, offline or not, and whose token goes where."""

from __future__ import annotations

import os
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from selector.errors import BadSetting

DEFAULT_ENDPOINT = "https://huggingface.co"
_TRUE = frozenset({"1", "on", "yes", "true"})
_FIXED = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",  # never to whatever server HF_ENDPOINT names
    "DISABLE_SAFETENSORS_CONVERSION": "1",  # would post the model's name to a hard-coded server
}


def prepare_environment(*, xet: bool = False) -> None:
    """Fix the switches that huggingface_hub reads when it is imported.

    Xet stays off unless the user wants it: one transport, which resumes and can be checked.
    """
    os.environ.update(_FIXED, HF_HUB_DISABLE_XET="0" if xet else "1")


def endpoint_of(given: str | None = None) -> str:
    """The Hub to talk to: ``given``, or ``HF_ENDPOINT``, or the real one. Raises BadSetting."""
    url = (given or os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).strip().rstrip("/")
    try:
        parts = urlsplit(url)
        bad = parts.scheme not in {"http", "https"} or not parts.hostname or parts.query
        _ = parts.port
    except ValueError:
        bad = True
    if bad:
        raise BadSetting(setting="HF_ENDPOINT", value=url[:120], allowed="http(s)://host[:port]")
    return url


def proxy_of(given: str | None) -> str | None:
    """The proxy that the user chose; None leaves it to the environment. Raises BadSetting."""
    url = (given or "").strip()
    if not url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
        bad = parts.scheme not in {"http", "https"} or not parts.hostname
        bad = bad or bool(parts.query) or parts.path not in {"", "/"}
    except ValueError:
        bad = True
    if bad:
        # Not the value: it may have a password in it.
        raise BadSetting(setting="proxy", value="…", allowed="http://[user:password@]host:port")
    return url


def behind_proxy(endpoint: str, given: str | None = None) -> bool:
    """Whether requests to ``endpoint`` go over a proxy: the user's, or the one the system names."""
    if proxy_of(given) is not None:
        return True
    parts = urlsplit(endpoint)
    named = getproxies()
    bypassed = bool(proxy_bypass(parts.netloc))
    return not bypassed and bool(named.get(parts.scheme) or named.get("all"))


def is_hugging_face(endpoint: str) -> bool:
    """Whether ``endpoint`` is Hugging Face's own, over TLS."""
    parts = urlsplit(endpoint)
    host = (parts.hostname or "").lower()
    own = host in {"huggingface.co", "hf.co"} or host.endswith((".huggingface.co", ".hf.co"))
    return parts.scheme == "https" and own


def environment_token() -> str | None:
    """The token that the user set for this process."""
    token = os.environ.get("HF_TOKEN") or os.environ.get("HUGGING_FACE_HUB_TOKEN") or ""
    return token.strip() or None


def offline_by_environment() -> bool:
    """Whether ``HF_HUB_OFFLINE`` (or transformers' own switch) asks for no network."""
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    return any(os.environ.get(name, "").strip().lower() in _TRUE for name in names)
