# SPDX-License-Identifier: Apache-2.0
"""What a worker printed is kept for a crash report: its end, readable, without secrets."""

from __future__ import annotations

import os
import threading

from selector.worker.tail import BLOCK, SIGNS, Tail


def tail_of(printed: bytes) -> str:
    reader, writer = os.pipe()

    def write() -> None:
        with os.fdopen(writer, "wb") as stream:
            stream.write(printed)

    thread = threading.Thread(target=write)
    thread.start()
    tail = Tail()
    with os.fdopen(reader, "rb") as stream:
        tail.read(stream)
    thread.join()
    return tail.text()


def test_the_last_lines_are_kept_and_nothing_of_half_a_line() -> None:
    printed = b"".join(b"line %d\n" % i for i in range(20_000))
    found = tail_of(printed)
    assert found.endswith("line 19999")
    assert len(found) == SIGNS
    assert tail_of(b"first\r\nlast") == "first\nlast"
    assert tail_of(b"") == ""


def test_secrets_are_taken_out_also_where_the_end_would_cut_them() -> None:
    secret = b"hf_" + b"a" * 40
    assert "aaaa" not in tail_of(b"x\n" + secret + b"\n" + b"y" * (SIGNS - 10))
    # A flood whose kept part would begin inside of the secret.
    assert "aaaa" not in tail_of(secret + b"\n" + b"y\n" * ((BLOCK - 21) // 2))
    assert tail_of(b"z" * (2 * BLOCK)) == ""


def test_bytes_that_are_no_text_are_shown_all_the_same() -> None:
    assert tail_of(b"\xff\xfe ok\n") == "\ufffd\ufffd ok"
