# SPDX-License-Identifier: Apache-2.0
"""Reads the user's file into a plain table of strings. Standard library only: the window imports this."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selector.errors import DataEmpty, DataTooLarge, DataUnreadable
from selector.hub.candidate import Reason

MAX_BYTES = 200 * 1024 * 1024
"""A larger file is not read into memory."""
MAX_FIELD = 1_000_000
"""Characters of one cell; a stray quote would otherwise swallow the rest of a file."""
SNIFF = 64 * 1024
"""Characters looked at to find the delimiter."""
DELIMITERS = (",", "\t", ";", "|")
ONLY_COLUMN = "text"
"""The name of the one column of a file that has no column names."""
_JSON_LINES = {".jsonl", ".ndjson"}
_SEPARATED = {".csv", ".tsv", ".tab"}


@dataclass(frozen=True, slots=True)
class Table:
    """A file as columns and rows of strings; each row has one cell for each column."""

    name: str
    sha256: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    named: bool
    """Whether the file itself names its columns."""
    warnings: tuple[Reason, ...] = ()

    def column(self, index: int) -> list[str]:
        """All cells of one column."""
        return [row[index] for row in self.rows]


def read_table(path: Path) -> Table:
    """Read CSV, TSV, JSON lines, a JSON array or plain lines.

    Raises:
        DataUnreadable: missing, a folder, binary, or malformed; ``reason`` is one word.
        DataTooLarge: beyond ``MAX_BYTES``.
        DataEmpty: nothing in it.
    """
    content = _read_bytes(path)
    digest = hashlib.sha256(content).hexdigest()
    text, warnings = _decode(path, content)
    if not text.strip():
        raise DataEmpty(name=path.name)
    suffix = path.suffix.lower()
    start = text.lstrip()[0]
    named = True
    if suffix in _JSON_LINES:
        columns, rows = _from_json(path, _json_lines(path, text))
    elif suffix == ".json" or (suffix not in {*_SEPARATED, ".txt"} and start in "[{"):
        columns, rows = _from_json(path, _json_document(path, text))
    elif suffix in _SEPARATED or (suffix != ".txt" and _delimiter(text, None) is not None):
        delimiter = "\t" if suffix in {".tsv", ".tab"} else _delimiter(text, ",")
        columns, rows, named, ragged = _from_separated(path, text, delimiter or ",")
        if ragged:
            warnings.append(Reason("warning.ragged_rows", {"count": ragged}))
    else:
        columns, rows, named = (ONLY_COLUMN,), [(x.rstrip("\r"),) for x in text.split("\n")], False
    return Table(path.name, digest, columns, tuple(rows), named, tuple(warnings))


def _read_bytes(path: Path) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise DataUnreadable(name=path.name, reason="folder")
        if not stat.S_ISREG(status.st_mode):
            raise DataUnreadable(name=path.name, reason="not_a_file")
        if status.st_size > MAX_BYTES:
            raise DataTooLarge(name=path.name, bytes=status.st_size, limit=MAX_BYTES)
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataUnreadable(name=path.name, reason="missing") from None
    except PermissionError:
        raise DataUnreadable(name=path.name, reason="permission") from None
    except (OSError, ValueError) as error:
        raise DataUnreadable(name=path.name, reason="unreadable", detail=str(error)) from error
    if not content:
        raise DataEmpty(name=path.name)
    return content


def _decode(path: Path, content: bytes) -> tuple[str, list[Reason]]:
    # Spreadsheets save "Unicode text" as UTF-16 with a mark; without one, a NUL means binary.
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = content.decode("utf-16")
        except UnicodeDecodeError:
            raise DataUnreadable(name=path.name, reason="binary") from None
        if "\0" in text:
            raise DataUnreadable(name=path.name, reason="binary")
        return text, []
    if b"\0" in content:
        raise DataUnreadable(name=path.name, reason="binary")
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        pass
    for encoding in ("cp1252", "latin-1"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        # Text has few control characters; compressed data without a NUL is rare but exists.
        strange = sum(ord(c) < 32 and c not in "\t\n\r\f" for c in text[:SNIFF])
        if strange > len(text[:SNIFF]) // 50:
            break
        return text, [Reason("warning.encoding", {"encoding": encoding})]
    raise DataUnreadable(name=path.name, reason="binary")


def _delimiter(text: str, fallback: str | None) -> str | None:
    """The delimiter that gives the most lines the same number (above one) of cells."""
    sample = text[:SNIFF]
    if len(text) > SNIFF:
        sample = sample.rpartition("\n")[0] or sample
    best, best_share = fallback, 0.0
    for delimiter in DELIMITERS:
        try:
            rows = [row for row in csv.reader(io.StringIO(sample), delimiter=delimiter) if row]
        except csv.Error:
            continue
        if not rows:
            continue
        width, count = Counter(len(row) for row in rows).most_common(1)[0]
        share = count / len(rows)
        if width > 1 and share > max(best_share, 0.6) and len(rows[0]) == width:
            best, best_share = delimiter, share
    return best


def _from_separated(
    path: Path, text: str, delimiter: str
) -> tuple[tuple[str, ...], list[tuple[str, ...]], bool, int]:
    previous = csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        parsed = [row for row in reader if row]
    except csv.Error as error:
        reason = "field_too_long" if "limit" in str(error) else "csv"
        raise DataUnreadable(name=path.name, reason=reason, line=reader.line_num) from error
    finally:
        csv.field_size_limit(previous)
    if not parsed:
        raise DataEmpty(name=path.name)
    header, body = parsed[0], parsed[1:]
    named = not _looks_like_data(header, body)
    if not named:
        header, body = [""] * len(header), parsed
    width = len(header)
    columns = tuple(cell.strip() or f"column {i}" for i, cell in enumerate(header, 1))
    ragged = sum(len(row) != width for row in body)
    rows = [tuple((row + [""] * width)[:width]) for row in body]
    return columns, rows, named, ragged


def _looks_like_data(header: list[str], body: list[list[str]]) -> bool:
    """A first row whose cell occurs again below it, or is a number, names nothing."""
    for index, cell in enumerate(header):
        below = [row[index] for row in body[:1000] if len(row) > index]
        if cell.strip() and below.count(cell) > 0:
            return True
        if cell.strip().replace(".", "", 1).isdigit():
            return True
    return False


def _json_lines(path: Path, text: str) -> list[Any]:
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            found.append(_json(path, line, number))
    return found


def _json_document(path: Path, text: str) -> list[Any]:
    try:
        document = _json(path, text, 1)
    except DataUnreadable:
        # Many JSON-lines files carry the .json suffix.
        if text.lstrip().startswith("{"):
            return _json_lines(path, text)
        raise
    if isinstance(document, dict):
        lists = [value for value in document.values() if isinstance(value, list)]
        document = lists[0] if len(lists) == 1 else [document]
    if not isinstance(document, list):
        raise DataUnreadable(name=path.name, reason="json_shape", line=1)
    return document


def _json(path: Path, text: str, line: int) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        at = line + getattr(error, "lineno", 1) - 1
        raise DataUnreadable(name=path.name, reason="json", line=at) from error


def _from_json(path: Path, items: list[Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    if not items:
        raise DataEmpty(name=path.name)
    if all(isinstance(item, str) for item in items):
        items = [{ONLY_COLUMN: item} for item in items]
    columns: dict[str, None] = {}
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict):
            raise DataUnreadable(name=path.name, reason="json_shape", line=number)
        columns.update(dict.fromkeys(item))
    names = tuple(columns)
    rows = [
        tuple(_cell(path, item.get(name), number) for name in names)
        for number, item in enumerate(items, 1)
    ]
    return tuple(_clean(name) for name in names), rows


def _cell(path: Path, value: Any, line: int) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) > MAX_FIELD:
        raise DataUnreadable(name=path.name, reason="field_too_long", line=line)
    return _clean(text)


def _clean(text: str) -> str:
    # JSON can spell lone surrogates and NUL, which no file, pipe or database takes back.
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")
