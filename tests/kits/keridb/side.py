"""One side of a play with keripy's and hio's databases: see kit.py for what is played, play.py for what with."""

from __future__ import annotations

import inspect
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keri import core
from keri.core import coring, scheming, serdering
from keridb.kit import DBING, DURING, TARGETS


@dataclass
class Side:
    """keripy and hio over one lmdb, in a folder of its own.

    Attributes:
        held: readers in the middle of their walk, each (target, iterator), across other operations
    """

    side: str
    folder: Path
    owners: dict[str, Any] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)
    held: list[types.GeneratorType] = field(default_factory=list)

    def target(self, name: str) -> Any:
        """The database object of a target, opened when it is first wanted."""
        if name not in self.made:
            target = TARGETS[name]
            self.made[name] = target.make(self.owner(target.owner), self.side)
        return self.made[name]

    def owner(self, name: str) -> Any:
        if name not in self.owners:
            kind = DBING[self.side].LMDBer if name == "keri" else roomy(DURING[self.side].Duror)
            self.owners[name] = kind(name="play", headDirPath=str(self.folder), reopen=True)
        return self.owners[name]

    def close(self) -> None:
        for reader in self.held:
            reader.close()
        self.held.clear()
        for owner in self.owners.values():
            owner.close()
        self.owners.clear()
        self.made.clear()

    # -- operations -----------------------------------------------------------------------------------------------------

    def do(self, operation: tuple[Any, ...]) -> Any:
        """What an operation gave, in plain values, or the name of what it raised."""
        name, *arguments = operation
        try:
            return getattr(self, name)(*arguments)
        except Exception as error:
            return type(error).__name__

    def call(self, target: str, method: str, arguments: dict[str, Any]) -> Any:
        """Call a method and take all that it gives."""
        return plain(getattr(self.target(target), method)(**arguments))

    def hold(self, target: str, method: str, arguments: dict[str, Any]) -> Any:
        """Begin a walk and keep it open: a reader that others write beside."""
        found = getattr(self.target(target), method)(**arguments)
        if not isinstance(found, types.GeneratorType):
            return plain(found)
        self.held.append(found)
        return plain(next(found, "end"))

    def step(self, number: int, steps: int) -> Any:
        """Go on with one of the walks that are kept open."""
        if self.held:
            reader = self.held[number % len(self.held)]
            return [plain(next(reader, "end")) for _ in range(steps)]

    def drop(self, number: int) -> None:
        if self.held:
            self.held.pop(number % len(self.held)).close()

    def loop(self, target: str, method: str, arguments: dict[str, Any], changes: list[tuple[Any, ...]]) -> Any:
        """keripy's escrows: walk, and change the same database while the walk is open; a change may be of what it gave."""
        given = []
        walk = getattr(self.target(target), method)(**arguments)
        if not isinstance(walk, types.GeneratorType):
            return plain(walk)
        for at, item in zip(range(30), walk, strict=False):
            change = changes[at % len(changes)]
            given.append((plain(item), self.remove(target, item) if change == ("remove",) else self.do(change)))
        walk.close()
        return given

    def remove(self, target: str, item: Any) -> Any:
        """Remove what a walk gave: (keys, value) or (keys, number, value), as escrows do."""
        if not isinstance(item, tuple):
            return None
        db = self.target(target)
        try:
            if len(item) == 3 and hasattr(db, "remOn"):
                parameters = inspect.signature(db.remOn).parameters
                return db.remOn(item[0], item[1], item[2]) if "val" in parameters else db.remOn(item[0], item[1])
            if len(item) == 2 and hasattr(db, "rem"):
                parameters = inspect.signature(db.rem).parameters
                return db.rem(item[0], val=item[1]) if "val" in parameters else db.rem(item[0])
        except Exception as error:
            return type(error).__name__

    def fill(self, target: str) -> Any:
        """Put values below several keys, in the class's own form; base classes cannot put by themselves."""
        known, db = TARGETS[target], self.target(target)
        keys, values = known.choices.get("keys", known.choices["key"] if known.handle else []), known.choices["val"]
        given = []
        for key, value in zip(keys[:6], (*values, *values), strict=False):
            for method in ("add", "putOn", "put", *(name for name in known.methods if name[:3] in ("put", "add"))):
                if method in known.methods:
                    parameters = inspect.signature(getattr(known.kind, method)).parameters
                    with_values = {"vals": values[:3]} if "vals" in parameters else {"val": value}
                    arguments = {"key" if known.handle else "keys": key, **with_values}
                    given.append(self.do(("call", target, method, arguments)))
            if not given:
                serialized = db.serializer(value) if hasattr(db, "serializer") else db._ser(value)
                owner: Any = db.db
                getattr(owner, "setVal", getattr(owner, "pinVal", None))(db.sdb, db._tokey(key), serialized)
        return given

    def empty(self, target: str) -> Any:
        """Remove everything, as `trim` does."""
        db = self.target(target)
        for method in ("trim", "delTopVal", "remTopVals"):
            if method in TARGETS[target].methods:
                return getattr(db, method)()
        with db.db.env.begin(write=True) as txn:  # KomerBase has no trim for sets
            return txn.drop(db.sdb, delete=False)

    def reopen(self) -> Any:
        """Close the environments, with readers open in them, and open them again; what the readers say then."""
        readers, self.held = self.held, []
        self.close()
        ends = []
        for reader in readers:
            try:
                ends.append(plain(next(reader, "end")))
            except Exception as error:
                ends.append(type(error).__name__)
        return ends

    def dump(self, target: str) -> list[Any]:
        """All that is in a database, as it is stored."""
        db = self.target(target)
        owner, handle = (db.owner, db.db) if hasattr(db, "owner") else (db.db, db.sdb)
        with owner.env.begin(db=handle) as txn:
            return list(txn.cursor())


def roomy(kind: type) -> type:
    """hio's Duror with room for all the classes at once."""
    return type(kind.__name__, (kind,), {"MaxNamedDBs": 64})


def plain(value: Any) -> Any:
    """Generators as lists, and everything in values that can be compared."""
    if isinstance(value, types.GeneratorType):
        return [plain(part) for _, part in zip(range(300), value, strict=False)]
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, (coring.Matter, core.Signer)):
        return value.qb64
    if isinstance(value, (serdering.Serder, scheming.Schemer)):
        return value.raw
    return value
