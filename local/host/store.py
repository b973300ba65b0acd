"""The task hub of the local host: one SQLite file under the data folder.

What the Azure Storage provider keeps in tables and queues is here in five tables. The rule of every change is the same:
one transaction takes messages from `inbox`, appends them to `history` and puts what follows from them into `work`, `timers`
or another inbox. Nothing is acted on before that transaction is committed, so a host killed at any point finds, at its
next start, exactly what is still to be done. An activity killed between its start and its recorded completion is run
again: at least once, as in Azure.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from . import history as h
from .errors import DataInUseError

FINISHED = ("Completed", "Failed", "Terminated", "Canceled")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS instances (
    id TEXT PRIMARY KEY, execution TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, input TEXT,
    status TEXT NOT NULL, output TEXT, custom TEXT, created TEXT NOT NULL, updated TEXT NOT NULL,
    parent TEXT, parent_execution TEXT, parent_task INTEGER);
CREATE TABLE IF NOT EXISTS history (
    id TEXT NOT NULL, seq INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (id, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, event TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS inbox_id ON inbox (id, seq);
CREATE TABLE IF NOT EXISTS work (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, execution TEXT NOT NULL, task INTEGER NOT NULL,
    name TEXT NOT NULL, input TEXT);
CREATE TABLE IF NOT EXISTS timers (
    id TEXT NOT NULL, execution TEXT NOT NULL, task INTEGER NOT NULL, fire_at TEXT NOT NULL, PRIMARY KEY (id, task));
CREATE TABLE IF NOT EXISTS fired (name TEXT PRIMARY KEY, last TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Instance:
    """One orchestration. `input`, `output` and `custom` are JSON text or None; `execution` changes with every restart of the id."""

    id: str
    execution: str
    name: str
    version: str
    input: str | None
    status: str
    output: str | None
    custom: str | None
    created: str
    updated: str
    parent: str | None = None
    parent_execution: str | None = None
    parent_task: int | None = None

    @property
    def finished(self) -> bool:
        """Completed, Failed, Terminated or Canceled."""
        return self.status in FINISHED


@dataclass(frozen=True)
class Work:
    """One activity to run. `seq` orders work and names it."""

    seq: int
    id: str
    execution: str
    task: int
    name: str
    input: str | None


class Store:
    """The open file. Used from one thread only: the host's loop."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file and locks it for this process. Raises DataInUseError when another host holds it."""
        path.touch(0o600)  # before SQLite makes it: its side files copy the mode
        self._db = sqlite3.connect(path, isolation_level=None, timeout=0.5)
        try:
            # An exclusive lock is the platform-independent way to keep a second host out; WAL with NORMAL survives the
            # death of the process at any instruction (not of the machine, which a development stand-in may leave out).
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_SCHEMA)
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as fault:
            self._db.close()
            raise DataInUseError(f"{path} is in use by another host; stop it or choose another data folder") from fault

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. The only way in which the file is changed."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # -- instances -----------------------------------------------------------------------------------------------

    def instance(self, id_: str) -> Instance | None:
        """The orchestration of this id, else None."""
        row = self._db.execute("SELECT * FROM instances WHERE id = ?", (id_,)).fetchone()
        return Instance(*row) if row else None

    def instances(self, *, since: str = "", until: str = "~", statuses: Sequence[str] = (), prefix: str = "") -> list[Instance]:
        """Orchestrations by creation time (text of `history.stamp`, inclusive), status and prefix of the id; oldest first."""
        rows = self._db.execute(
            "SELECT * FROM instances WHERE created >= ? AND created <= ? AND substr(id, 1, length(?)) = ? ORDER BY created, id",
            (since, until, prefix, prefix),
        )
        found = (Instance(*row) for row in rows)
        return [item for item in found if not statuses or item.status in statuses]

    def insert(self, made: Instance) -> None:
        """Put an instance and its start message, in place of a finished one of the same id. Inside a transaction."""
        self.remove(made.id)
        values = tuple(vars(made).values())
        self._db.execute(f"INSERT INTO instances VALUES ({','.join('?' * len(values))})", values)  # noqa: S608 only question marks
        self.send(made.id, h.started(h.moment(made.updated), made.name, made.input, made.version, made.id))

    def remove(self, id_: str) -> None:
        """Forget an instance. Work that was already queued still runs, as in Azure; its result finds nobody. Inside a transaction."""
        for table in ("instances", "history", "inbox", "timers"):
            self._db.execute(f"DELETE FROM {table} WHERE id = ?", (id_,))  # noqa: S608 our own table names

    def update(self, id_: str, at: datetime, **columns: str | None) -> None:
        """Set columns of an instance. Inside a transaction."""
        names = ", ".join(f"{name} = ?" for name in columns)
        self._db.execute(f"UPDATE instances SET {names}, updated = ? WHERE id = ?", (*columns.values(), h.stamp(at), id_))  # noqa: S608

    # -- messages and history ------------------------------------------------------------------------------------

    def send(self, id_: str, event: h.Event) -> None:
        """Put a message into an orchestration's inbox. Inside a transaction."""
        self._db.execute("INSERT INTO inbox (id, event) VALUES (?, ?)", (id_, json.dumps(event)))

    def inbox(self, id_: str) -> list[tuple[int, h.Event]]:
        """Messages that no episode has taken yet, oldest first, with their numbers."""
        rows = self._db.execute("SELECT seq, event FROM inbox WHERE id = ? ORDER BY seq", (id_,))
        return [(seq, json.loads(text)) for seq, text in rows]

    def waiting(self) -> list[str]:
        """Ids of orchestrations that have messages."""
        return [row[0] for row in self._db.execute("SELECT DISTINCT id FROM inbox")]

    def take(self, numbers: Iterable[int]) -> None:
        """Remove messages. Inside a transaction."""
        self._db.executemany("DELETE FROM inbox WHERE seq = ?", ((number,) for number in numbers))

    def history(self, id_: str) -> list[h.Event]:
        """All recorded events, oldest first."""
        rows = self._db.execute("SELECT event FROM history WHERE id = ? ORDER BY seq", (id_,))
        return [json.loads(row[0]) for row in rows]

    def append(self, id_: str, position: int, events: Iterable[h.Event]) -> None:
        """Append events after the first `position` ones. Inside a transaction."""
        rows = ((id_, position + offset, json.dumps(item)) for offset, item in enumerate(events))
        self._db.executemany("INSERT INTO history VALUES (?, ?, ?)", rows)

    # -- work and timers -----------------------------------------------------------------------------------------

    def schedule(self, instance: Instance, task: int, name: str, text: str | None) -> Work:
        """Queue an activity. Inside a transaction."""
        values = (instance.id, instance.execution, task, name, text)
        cursor = self._db.execute("INSERT INTO work (id, execution, task, name, input) VALUES (?, ?, ?, ?, ?)", values)
        assert cursor.lastrowid is not None
        return Work(cursor.lastrowid, *values)

    def work(self) -> list[Work]:
        """Activities whose completion is not recorded, oldest first."""
        return [Work(*row) for row in self._db.execute("SELECT * FROM work ORDER BY seq")]

    def finish(self, work: Work, event: h.Event) -> bool:
        """Record an activity's end. False when its orchestration is over: the result is dropped. Inside a transaction."""
        self._db.execute("DELETE FROM work WHERE seq = ?", (work.seq,))
        return self.reply(work.id, work.execution, event)

    def reply(self, id_: str, execution: str, event: h.Event) -> bool:
        """Send to an orchestration if that very execution still runs. Inside a transaction."""
        found = self.instance(id_)
        if found is None or found.finished or found.execution != execution:
            return False
        self.send(id_, event)
        return True

    def set_timer(self, instance: Instance, task: int, fire_at: datetime) -> None:
        """Inside a transaction."""
        self._db.execute("INSERT INTO timers VALUES (?, ?, ?, ?)", (instance.id, instance.execution, task, h.stamp(fire_at)))

    def drop_timers(self, id_: str, tasks: Iterable[int] | None = None) -> None:
        """Forget some timers of an instance, or all. Inside a transaction."""
        if tasks is None:
            self._db.execute("DELETE FROM timers WHERE id = ?", (id_,))
        else:
            self._db.executemany("DELETE FROM timers WHERE id = ? AND task = ?", ((id_, task) for task in tasks))

    def fire(self, now: datetime) -> list[str]:
        """Turn due timers into messages. Returns the ids that have one. Inside a transaction."""
        due = self._db.execute("SELECT id, task, fire_at FROM timers WHERE fire_at <= ? ORDER BY fire_at", (h.stamp(now),)).fetchall()
        for id_, task, fire_at in due:
            self.send(id_, h.event(h.TIMER_FIRED, now, TimerId=task, FireAt=fire_at))
            self.drop_timers(id_, [task])
        return [row[0] for row in due]

    def next_timer(self) -> datetime | None:
        """When the earliest timer is due, else None."""
        row: Any = self._db.execute("SELECT min(fire_at) FROM timers").fetchone()
        return h.moment(row[0]) if row[0] else None

    # -- timer triggers ------------------------------------------------------------------------------------------

    def last_fired(self, name: str) -> datetime | None:
        """When a timer trigger was last fired, else None."""
        row = self._db.execute("SELECT last FROM fired WHERE name = ?", (name,)).fetchone()
        return h.moment(row[0]) if row else None

    def note_fired(self, name: str, at: datetime) -> None:
        """Remember it. Inside a transaction."""
        self._db.execute("INSERT INTO fired VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET last = excluded.last", (name, h.stamp(at)))
