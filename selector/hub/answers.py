# SPDX-License-Identifier: Apache-2.0
"""What a status and its headers mean: one error class for each, and how long to wait. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from selector.errors import (
    AccessNeeded,
    AccessPending,
    AccessRefused,
    HubAnswerBad,
    HubBusy,
    HubUnreachable,
    LoginNeeded,
    PetitError,
    RepositoryNotFound,
    TokenRefused,
)
from selector.hub.checked import text

BUSY = frozenset({429, 503})
TEMPORARY = BUSY | {408, 500, 502, 504}
LONGEST_WAIT_S = 3600.0
_WINDOW = re.compile(r";\s*r\s*=\s*(\d+)\s*;\s*t\s*=\s*(\d+)")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the server asks us to wait, bounded; None when it does not say."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return min(float(said[:9]), LONGEST_WAIT_S)
    if said:
        try:
            until = parsedate_to_datetime(said)
        except ValueError:
            return None
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        return min(max(0.0, (until - datetime.now(UTC)).total_seconds()), LONGEST_WAIT_S)
    window = _WINDOW.search(headers.get("ratelimit", "")[:200])
    if window and window[1] == "0":
        return min(float(window[2][:9]), LONGEST_WAIT_S)
    return None


def error_of(
    status: int,
    headers: Mapping[str, str],
    endpoint: str,
    repo: str | None,
    revision: str | None,
    *,
    token_sent: bool = False,
) -> PetitError | None:
    """The error a status stands for; None for success and for what a range request may get."""
    if status < 300 or status == 416:
        return None
    if status in BUSY:
        return HubBusy(retry_after_s=retry_after(headers), status=status)
    if status in TEMPORARY:
        return HubUnreachable(reason="server error", status=status, endpoint=endpoint)
    code = headers.get("x-error-code", "")
    if repo is None or status not in {401, 403, 404, 410}:
        # A search needs no rights: a server that denies it is not what HF_ENDPOINT promises.
        return HubAnswerBad(reason="status", status=status, endpoint=endpoint)
    said = text(headers.get("x-error-message"), 200)
    disabled = said is not None and "disabled" in said
    if code == "GatedRepo" or (status == 403 and code != "RepoNotFound" and not disabled):
        return _closed(status, code, said or "", endpoint, repo, token_sent=token_sent)
    facts = {"repo": repo, "revision": revision, "status": status, "error_code": code or None}
    if said:
        facts["server_says"] = said
    # Without a right to know, a private repository and a missing one look the same.
    return RepositoryNotFound(**facts)


def _closed(
    status: int, code: str, said: str, endpoint: str, repo: str, *, token_sent: bool
) -> PetitError:
    """Why a model that exists is closed, and the page where that can be changed.

    A token the Hub does not know gets a 401 as no token does; one that it knows gets a 403.
    """
    page, words = f"{endpoint}/{repo}", said.lower()
    if status == 401:
        url = f"{endpoint}/settings/tokens"
        kind = TokenRefused if token_sent else LoginNeeded
        return kind(repo=repo, url=url, page=page, status=status)
    if "awaiting" in words or "pending" in words:
        return AccessPending(repo=repo, url=page, status=status)
    if "rejected" in words or code != "GatedRepo":
        facts = {"server_says": said} if said else {}
        return AccessRefused(repo=repo, url=page, status=status, **facts)
    return AccessNeeded(repo=repo, url=page, status=status)


_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")


def range_of(status: int, headers: Mapping[str, str], asked: int) -> tuple[int, int | None]:
    """Where a body begins and how long the whole file is. Raises HubAnswerBad on nonsense.

    A server that ignores the range begins at 0, whatever was asked.
    """
    if status == 416:
        return asked, None
    if status != 206:
        length = headers.get("content-length", "")
        return 0, int(length) if length.isascii() and length.isdigit() else None
    match = _RANGE.fullmatch(headers.get("content-range", "").strip())
    if match is None or int(match[1]) != asked or int(match[2]) < asked:
        raise HubAnswerBad(reason="content range", value=text(headers.get("content-range"), 80))
    return asked, None if match[3] == "*" else int(match[3])
