"""What can go wrong on the way, on command.

A test asks for a fault and says which requests it is for; the fault counts how often it struck:

    fault = hub.faults.drop_after(20_000, origin="cdn", times=1)
    ...
    assert fault.strikes == 1
"""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict, Unpack

Origin = Literal["api", "cdn"]


class Aim(TypedDict, total=False):
    """Which requests a fault is for; what is left out matches everything."""

    method: str
    path: str  # a regular expression, searched for in the decoded path
    origin: Origin
    times: int | None  # how many requests at most, None for every one
    after: int  # how many matching requests to let through first


@dataclass(eq=False)
class Fault:
    """One fault, the requests it is for, and how often it struck."""

    method: str | None = None
    path: str = ""
    origin: Origin | None = None
    times: int | None = None
    after: int = 0

    hang: float | None = None  # seconds before anything is answered
    status: int | None = None  # answer this and nothing else
    headers: Mapping[str, str] = field(default_factory=dict)  # added to the answer
    without: frozenset[str] = frozenset()  # headers taken away, in lower case
    ignore_range: bool = False
    body: bytes | None = None  # in place of the real one
    edit: Callable[[Any], Any] | None = None  # changes the JSON that would be sent
    flip: int | None = None  # offset in the file
    drop_after: int | None = None  # bytes of the body, then the connection is closed
    truncate_to: int | None = None  # bytes of the body, announced as if that were all
    surplus: int = 0  # bytes of rubbish behind the body, announced as part of it
    stall: tuple[float, int] | None = None  # seconds, and the bytes of the body before them
    bytes_per_second: float | None = None

    strikes: int = 0
    _seen: int = 0

    def wants(self, method: str, path: str, origin: str) -> bool:
        """Whether the fault is for this request; a request it is for is counted."""
        if self.method is not None and self.method.upper() != method:
            return False
        if self.origin not in (None, origin) or re.search(self.path, path) is None:
            return False
        self._seen += 1
        if self._seen <= self.after or (self.times is not None and self.strikes >= self.times):
            return False
        self.strikes += 1
        return True


class Faults:
    """The faults in force. Several may strike the same request and then add up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Put a fault in force."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """From now on nothing goes wrong."""
        with self._lock:
            self._faults.clear()

    def striking(self, method: str, path: str, origin: str) -> list[Fault]:
        """The faults that this request meets."""
        with self._lock:
            return [fault for fault in self._faults if fault.wants(method, path, origin)]

    def answer_status(
        self,
        status: int,
        *,
        retry_after: int | None = None,
        ratelimit: str | None = None,
        headers: Mapping[str, str] | None = None,
        **aim: Unpack[Aim],
    ) -> Fault:
        """Answer with an error; `ratelimit` is the header's text, such as '"api";r=0;t=1'."""
        said = dict(headers or {})
        if retry_after is not None:
            said["Retry-After"] = str(retry_after)
        if ratelimit is not None:
            said["ratelimit"] = ratelimit
            said["ratelimit-policy"] = '"fixed window";"api";q=500;w=300'
        return self.add(Fault(**aim, status=status, headers=said))

    def hang(self, seconds: float, **aim: Unpack[Aim]) -> Fault:
        """Accept the request and say nothing for a while; then answer as if all were well."""
        return self.add(Fault(**aim, hang=seconds))

    def stall(self, seconds: float, *, at: int = 0, **aim: Unpack[Aim]) -> Fault:
        """Send this many bytes of the body, pause, and go on."""
        return self.add(Fault(**aim, stall=(seconds, at)))

    def slow(self, bytes_per_second: float, **aim: Unpack[Aim]) -> Fault:
        """Send the body no faster than this."""
        return self.add(Fault(**aim, bytes_per_second=bytes_per_second))

    def drop_after(self, size: int, **aim: Unpack[Aim]) -> Fault:
        """Close the connection after so many bytes of the body; 0 closes after the headers."""
        return self.add(Fault(**aim, drop_after=size))

    def truncate(self, size: int, **aim: Unpack[Aim]) -> Fault:
        """Send only so many bytes of the body and announce just as many."""
        return self.add(Fault(**aim, truncate_to=size))

    def lengthen(self, surplus: int, **aim: Unpack[Aim]) -> Fault:
        """Send so many bytes more than there are, and announce them."""
        return self.add(Fault(**aim, surplus=surplus))

    def flip_byte(self, offset: int, **aim: Unpack[Aim]) -> Fault:
        """Invert the byte at this offset of the file, also where only a range is sent."""
        return self.add(Fault(**aim, flip=offset))

    def ignore_range(self, **aim: Unpack[Aim]) -> Fault:
        """Send the whole file whatever range was asked for."""
        return self.add(Fault(**aim, ignore_range=True))

    def replace_body(
        self, body: bytes, content_type: str = "application/json", **aim: Unpack[Aim]
    ) -> Fault:
        """Answer 200 with something else: broken JSON, or the login page of a hotel's network."""
        said = {"Content-Type": content_type}
        return self.add(Fault(**aim, body=body, headers=said))

    def broken_json(self, **aim: Unpack[Aim]) -> Fault:
        """Answer with JSON that ends in the middle."""
        return self.replace_body(b'[{"id": "half/a-mod', **aim)

    def edit_json(self, edit: Callable[[Any], Any], **aim: Unpack[Aim]) -> Fault:
        """Change the JSON that would be sent: wrong types, missing fields, unheard-of values."""
        return self.add(Fault(**aim, edit=edit))

    def without_header(self, *names: str, **aim: Unpack[Aim]) -> Fault:
        """Leave headers out of the answer, such as X-Repo-Commit."""
        return self.add(Fault(**aim, without=frozenset(name.lower() for name in names)))

    def with_headers(self, headers: Mapping[str, str], **aim: Unpack[Aim]) -> Fault:
        """Add headers to the answer, or change what they say."""
        return self.add(Fault(**aim, headers=dict(headers)))
