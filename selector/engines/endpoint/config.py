# SPDX-License-Identifier: Apache-2.0
"""The endpoints that the user has set up: one JSON file, without keys. Instant; imports no HTTP client."""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from selector.endpoint_errors import BadEndpoint, UnknownEndpoint

MAX_ENDPOINTS = 50
MAX_BYTES = 1_000_000
MAX_PARALLEL = 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_ENDING = "/chat/completions"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server and one of its models."""

    name: str
    address: str
    """Up to and without ``/chat/completions``: ``https://host/v1``."""
    model: str
    key: str = "none"
    """Where its key is: ``none``, ``keyring`` or ``environment:VARIABLE``. Never the key."""
    parallel: int = 0
    """Requests at a time; 0: one for a server on this computer, four for others."""
    timeout_s: float = 60.0
    max_tokens: int = 0
    """The longest answer that is asked for; 0: what the job needs."""

    @property
    def host(self) -> str:
        """Host and port, for people."""
        return urlsplit(self.address).netloc

    @property
    def place(self) -> str:
        """Where a text goes: ``here`` (this computer), ``network`` (a private address) or ``elsewhere``."""
        return place_of(urlsplit(self.address).hostname or "")

    @property
    def encrypted(self) -> bool:
        """Whether nobody on the way can read along."""
        return self.address.startswith("https:")

    @property
    def at_once(self) -> int:
        """Requests at a time."""
        return self.parallel or (1 if self.place == "here" else 4)

    @property
    def account(self) -> str:
        """The key's name in the keyring: bound to the address, so that it goes nowhere else."""
        return f"endpoint {self.name} {self.address}"


def place_of(host: str) -> str:
    """``here``, ``network`` or ``elsewhere``, from the name alone: nobody is asked."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return "here"
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return "network" if "." not in name or name.endswith((".local", ".lan")) else "elsewhere"
    if address.is_loopback:
        return "here"
    return "network" if address.is_private or address.is_link_local else "elsewhere"


def clean_address(text: str) -> str:
    """An address as a user pastes it, up to ``/v1``. Raises BadEndpoint."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise _bad("address", text, "endpoint.not_an_address") from None
    odd = any(c.isspace() or not c.isprintable() for c in text) or len(text) > 300
    if parts.scheme not in {"http", "https"} or not parts.hostname or odd:
        raise _bad("address", text, "endpoint.not_an_address")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        # A key in an address would be shown and stored; it is not even repeated here.
        raise _bad("address", parts.hostname, "endpoint.secret_in_address")
    path = parts.path.rstrip("/").removesuffix(_ENDING) or "/v1"
    return urlunsplit((parts.scheme, parts.netloc.lower(), path, "", ""))


def checked(endpoint: Endpoint) -> Endpoint:
    """The same, cleaned. Raises BadEndpoint."""
    if not _NAME.fullmatch(endpoint.name):
        raise _bad("name", endpoint.name, "endpoint.bad_name")
    model = endpoint.model.strip()
    if not model or len(model) > 200 or not model.isprintable():
        raise _bad("model", model, "endpoint.bad_model")
    variable = endpoint.key.removeprefix("environment:")
    if endpoint.key not in {"none", "keyring"} and (
        variable == endpoint.key or not _VARIABLE.fullmatch(variable)
    ):
        # Somebody who types the key itself here must not find it in a file or on a screen.
        raise _bad("key", "…", "endpoint.bad_key_place")
    address = clean_address(endpoint.address)
    found = Endpoint(
        endpoint.name,
        address,
        model,
        endpoint.key,
        endpoint.parallel,
        endpoint.timeout_s,
        endpoint.max_tokens,
    )
    if found.key != "none" and not found.encrypted and found.place == "elsewhere":
        raise _bad("address", address, "endpoint.key_in_the_clear")
    for what, value, most in (
        ("parallel", found.parallel, MAX_PARALLEL),
        ("timeout", found.timeout_s, 3600),
        ("max-tokens", found.max_tokens, 1_000_000),
    ):
        if not 0 <= value <= most or (what == "timeout" and value <= 0):
            raise _bad(what, str(value), "endpoint.out_of_range")
    return found


def _bad(what: str, value: str, reason: str) -> BadEndpoint:
    return BadEndpoint(what=what, value=value[:80], reason=reason)


def load_endpoints(path: Path) -> tuple[Endpoint, ...]:
    """Every endpoint in the file; what cannot be read in it is left out."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return ()
        data = json.loads(path.read_text(encoding="utf-8"))
        rows = data["endpoints"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ()
    found: dict[str, Endpoint] = {}
    for row in rows if isinstance(rows, list) else ():
        if (endpoint := _read(row)) is not None and len(found) < MAX_ENDPOINTS:
            found.setdefault(endpoint.name, endpoint)
    return tuple(found.values())


def _read(row: Any) -> Endpoint | None:
    try:
        return checked(endpoint_from_json(row))
    except (BadEndpoint, KeyError, TypeError, ValueError, AttributeError):
        return None


def endpoint_from_json(data: Mapping[str, Any]) -> Endpoint:
    """The inverse of ``asdict``. Raises KeyError, TypeError or ValueError."""
    return Endpoint(
        str(data["name"]),
        str(data["address"]),
        str(data["model"]),
        str(data.get("key", "none")),
        int(data.get("parallel", 0)),
        float(data.get("timeout_s", 60.0)),
        int(data.get("max_tokens", 0)),
    )


def save_endpoints(path: Path, endpoints: Sequence[Endpoint]) -> None:
    """Replace the file. Raises OSError."""
    write_json(path, {"endpoints": [asdict(each) for each in endpoints]})


def write_json(path: Path, data: Any) -> None:
    """Replace a small file that only this user may read. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps(data, indent=1, ensure_ascii=False))
    temporary.replace(path)


def named(endpoints: Sequence[Endpoint], name: str) -> Endpoint:
    """The endpoint of this name. Raises UnknownEndpoint."""
    found = next((each for each in endpoints if each.name == name), None)
    if found is None:
        raise UnknownEndpoint(name=name, known=[each.name for each in endpoints])
    return found
