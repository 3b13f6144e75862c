# SPDX-License-Identifier: Apache-2.0
"""Contestant references: ``ORG/NAME[@REVISION][#ENGINE[-PRECISION]]`` or ``endpoint:NAME``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from selector.errors import BadReference

# The Hub's own rule for a path segment: letters, digits, '-', '_', '.'; no '..' or '--', at most 96.
_SEGMENT = r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_REFERENCE = re.compile(
    rf"(?P<repo>{_SEGMENT}(?:/{_SEGMENT})?)"
    r"(?:@(?P<revision>[A-Za-z0-9][A-Za-z0-9._/-]{0,127}))?"
    r"(?:#(?P<engine>[a-z]+)(?:-(?P<precision>[A-Za-z0-9_]{1,32}))?)?",
)
_ENDPOINT = re.compile(r"endpoint:(?P<name>[A-Za-z0-9._-]{1,64})")
MAX_LENGTH = 400


@dataclass(frozen=True, slots=True)
class Reference:
    """One contestant as a user names it; ``None`` means "let Petit choose"."""

    repo: str
    revision: str | None = None
    engine: str | None = None
    precision: str | None = None

    def __str__(self) -> str:
        if self.engine == "endpoint":
            return f"endpoint:{self.repo}"
        text = self.repo
        if self.revision:
            text += f"@{self.revision}"
        if self.engine:
            text += f"#{self.engine}"
            if self.precision:
                text += f"-{self.precision}"
        return text

    @property
    def name(self) -> str:
        """The repository's own name, without its organisation."""
        return self.repo.rpartition("/")[2]

    @property
    def short(self) -> str:
        """For people: the commit cut to seven signs.

        The variant stays: which one Petit would choose itself depends on the files and the machine.
        """
        return str(replace(self, revision=self.revision[:7] if self.revision else None))

    def at(self, revision: str, engine: str, precision: str) -> Reference:
        """The same contestant with everything pinned."""
        return replace(self, revision=revision, engine=engine, precision=precision)


def parse_reference(text: str) -> Reference:
    """Read one reference.

    Raises BadReference when ``text`` is not one.
    """
    text = text.strip()
    if len(text) > MAX_LENGTH:
        raise BadReference(reference=text[:80] + "…")
    if endpoint := _ENDPOINT.fullmatch(text):
        return Reference(endpoint["name"], engine="endpoint")
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise BadReference(reference=text)
    repo, revision = match["repo"], match["revision"]
    if ".." in repo or "--" in repo or (revision and (".." in revision or "//" in revision)):
        raise BadReference(reference=text)
    return Reference(repo, revision, match["engine"], match["precision"])


def without_variant(text: str) -> str:
    """``text`` shortened, without engine and precision, for where these stand beside it."""
    try:
        return replace(parse_reference(text), engine=None, precision=None).short
    except BadReference:
        return text


def variant_of(text: str) -> str:
    """``ENGINE-PRECISION`` of a reference; ``text`` itself where it names none."""
    try:
        found = parse_reference(text)
    except BadReference:
        return text
    return "-".join(x for x in (found.engine, found.precision) if x) or text


def short_reference(text: str) -> str:
    """``text`` shortened for people; anything that is no reference stays as it is."""
    try:
        return parse_reference(text).short
    except BadReference:
        return text
