# SPDX-License-Identifier: Apache-2.0
"""Opens the database, brings its schema up to date, and turns SQLite's failures into coded errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Self

from selector.errors import StoreDamaged, StoreFull, StoreLocked, StoreTooNew, TargetNotWritable

BUSY_TIMEOUT_S = 5.0


def _migrations(name: str) -> list[str]:
    folder = files("selector.store") / name
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return [(folder / name).read_text(encoding="utf-8") for name in names]


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "locked" in text:
            raise StoreLocked(path=path.name) from error
        if "is full" in text or "disk I/O" in text:
            raise StoreFull(path=str(path)) from error
        if "unable to open" in text or "readonly" in text:
            raise TargetNotWritable(path=str(path)) from error
        raise StoreDamaged(path=str(path), detail=text) from error
    except sqlite3.DatabaseError as error:
        raise StoreDamaged(path=str(path), detail=str(error)) from error


def set_aside(path: Path) -> Path:
    """Move a database that cannot be used, and what SQLite keeps beside it, out of the way.

    Gives its new place, beside the old one; nothing is overwritten. Raises OSError.
    """
    number = 1
    while (new := path.with_name(f"{path.stem}.aside-{number}{path.suffix}")).exists():
        number += 1
    for end in ("-wal", "-shm"):
        old = path.with_name(path.name + end)
        if old.exists():
            old.rename(new.with_name(new.name + end))
    path.rename(new)
    return new


class Database:
    """One connection for one thread; make another for another thread.

    ``migrations`` is the folder of numbered scripts that make its schema. Raises StoreLocked,
    StoreTooNew, StoreDamaged or TargetNotWritable from every method.
    """

    def __init__(
        self, path: Path, migrations: str = "migrations", timeout_s: float = BUSY_TIMEOUT_S
    ) -> None:
        self.path = path
        self._migrations = migrations
        path.parent.mkdir(parents=True, exist_ok=True)
        with _translated(path):
            self._connection = sqlite3.connect(
                path, timeout=timeout_s, isolation_level=None, check_same_thread=False
            )
        try:
            with _translated(path):
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = NORMAL")
                self._connection.execute("PRAGMA foreign_keys = ON")
            self._migrate()
        except BaseException:
            self._connection.close()
            raise

    def _migrate(self) -> None:
        steps = _migrations(self._migrations)
        with _translated(self.path):
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if version > len(steps):
                raise StoreTooNew(path=self.path.name, version=version, known=len(steps))
            if version == len(steps):
                return
            if version > 0:
                self._backup(version)
            # One writer at a time: a second process waits here and then finds nothing left to do.
            self._connection.execute("BEGIN EXCLUSIVE")
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            self._connection.execute("COMMIT")
            for number, script in enumerate(steps[version:], start=version + 1):
                self._connection.executescript(
                    f"BEGIN EXCLUSIVE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;"
                )

    def _backup(self, version: int) -> None:
        copy = sqlite3.connect(self.path.with_suffix(f".v{version}.bak"))
        try:
            self._connection.backup(copy)
        finally:
            copy.close()

    def rows(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        """Run a query and fetch everything."""
        with _translated(self.path):
            return list(self._connection.execute(sql, values))

    def write(self, sql: str, values: tuple[object, ...] = ()) -> int:
        """Run one statement, committed at once; returns the last row id."""
        with _translated(self.path):
            return self._connection.execute(sql, values).lastrowid or 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything written inside is kept together, or nothing of it."""
        self.write("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise
        self.write("COMMIT")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
