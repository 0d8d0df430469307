"""The identifiers of a wallet, each made when it is asked for: opening costs the same for one as for ten thousand.

keripy's Habery makes all its Habs and Kevers when it is opened, milliseconds each, in one step that gives nobody else a turn. Its
own `kevers` can read one from the database when it is asked for; here `habs` and `prefixes` can too. Nothing of keripy is changed:
`habery` gives a Habery that differs in its two loops over all identifiers (`Baser.reload`, `Habery.loadHabs`), which are not run.

    own = yield from vault.own()      # in steps, the first time: who is there, by alias
    own.order                         # [(alias.casefold(), aid)], sorted
    own[aid]                          # keripy's Hab

`habs` refuses to be walked as a dict, for that would make them all: walk `order`, giving way.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, insort
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import Any, NoReturn

__all__ = ["AT_ONCE", "Owned", "habery"]

AT_ONCE = 250
"""Records read between two yields: some ten milliseconds in a browser."""
AID = re.compile(r"[A-Za-z0-9_-]{44,88}")
"""What may be asked for as a key of a database: an identifier of any code."""


def habery(**kwa: Any) -> Any:
    """keripy's Habery of these arguments (name, headDirPath, seed, aeid, ks, cf); its `habs` is an Owned.

    A database of another version of keripy raises, as upstream."""
    database, habery = _classes()
    db = database(name=kwa["name"], headDirPath=kwa["headDirPath"], reopen=True)
    return habery(db=db, **kwa)


class Owned(dict):
    """`Habery.habs`: AID -> Hab, made from the database at its first use.

    Attributes:
        names: AID -> alias of those that were read so far; all of them once `whole`
        order: (alias.casefold(), AID) of all, sorted; empty until `whole`
        witnessed: AIDs of those read so far that have witnesses
    """

    def __init__(self, hby: Any) -> None:
        super().__init__()
        self.hby = hby
        self.names: dict[str, str] = {}
        self.order: list[tuple[str, str]] = []
        self.witnessed: set[str] = set()
        self.whole = False
        self._next = b""

    # -- as a dict --------------------------------------------------------------------------------------------------

    def __missing__(self, pre: str) -> Any:
        record = _record(self.hby.db, pre)
        if record is None:
            raise KeyError(pre)
        hab = _hab(self.hby, record)
        super().__setitem__(pre, hab)
        return hab

    def __contains__(self, pre: object) -> bool:
        return super().__contains__(pre) or _record(self.hby.db, pre) is not None

    def __setitem__(self, pre: str, hab: Any) -> None:
        super().__setitem__(pre, hab)
        self.note(hab)

    def get(self, pre: str, default: Any = None) -> Any:
        try:
            return self[pre]
        except KeyError:
            return default

    def __len__(self) -> int:
        db = self.hby.db
        with db.env.begin() as txn:
            return txn.stat(db.habs.sdb)["entries"]

    def __bool__(self) -> bool:
        return len(self) > 0

    def _walk(self, *_: Any) -> NoReturn:
        raise TypeError("walking makes every Hab at once: use vault.own(), then `order`, and give way")

    __iter__ = keys = values = items = _walk

    # -- who is there -----------------------------------------------------------------------------------------------

    def gather(self) -> None:
        """One step of reading who is there. Whoever needs them all takes such steps until `whole`, giving way in between."""
        db = self.hby.db
        with db.env.begin(db=db.habs.sdb, buffers=False) as txn:
            cursor = txn.cursor()
            records = list(islice(cursor.iternext(), AT_ONCE)) if cursor.set_range(self._next) else []
            for key, raw in records:
                state = txn.get(key, db=db.states.sdb)
                if state is None:  # left behind by a crash of long ago: upstream passes over it as well
                    continue
                aid = key.decode()
                self.names[aid] = json.loads(raw)["name"]
                if json.loads(state)["b"]:
                    self.witnessed.add(aid)
        if records:
            self._next = records[-1][0] + b"\0"
        if len(records) < AT_ONCE:
            self.order = sorted((alias.casefold(), aid) for aid, alias in self.names.items())
            self.whole = True

    def note(self, hab: Any) -> None:
        """After an identifier was made, renamed, or got other witnesses."""
        kever = hab.kever
        if self.whole:
            if hab.pre in self.names:
                entry = (self.names[hab.pre].casefold(), hab.pre)
                del self.order[bisect_left(self.order, entry)]
            insort(self.order, (hab.name.casefold(), hab.pre))
        self.names[hab.pre] = hab.name
        (self.witnessed.add if kever is not None and kever.wits else self.witnessed.discard)(hab.pre)

    def state(self, aid: str) -> dict[str, Any]:
        """The key state as keripy keeps it (s, d, k, kt, n, nt, b, bt, di, …), without making a Kever. Raises KeyError."""
        db = self.hby.db
        with db.env.begin(db=db.states.sdb, buffers=False) as txn:
            raw = txn.get(aid.encode())
        if raw is None:
            raise KeyError(aid)
        return json.loads(raw)

    def alias(self, aid: str) -> str | None:
        """Of one of them; None for anybody else's."""
        if aid in self.names:
            return self.names[aid]
        record = _record(self.hby.db, aid)
        return None if record is None else record.name

    def found(self, q: str) -> list[str]:
        """AIDs, by alias, of those whose alias and AID have every word of `q`."""
        words = q.casefold().split()
        return [aid for alias, aid in self.order if all(word in alias or word in aid.casefold() for word in words)]


def _record(db: Any, pre: object) -> Any:
    """keripy's record of an identifier of the wallet; None for anybody else's, and for one without a log."""
    if not isinstance(pre, str) or AID.fullmatch(pre) is None:
        return None
    record = db.habs.get(keys=(pre,))
    return record if record is not None and (record.mid or db.getVal(db.states.sdb, pre.encode()) is not None) else None


def _hab(hby: Any, record: Any) -> Any:
    """As `Habery.loadHabs` makes one. Raises ConfigurationError for what a browser's wallet never holds: a remote signer's."""
    from keri import kering
    from keri.app import habbing

    if record.sid:
        raise kering.ConfigurationError(f"The keys of {record.hid} are with a remote signer")
    parts = {name: getattr(hby, name) for name in ("ks", "db", "cf", "mgr", "rtr", "rvy", "kvy", "psr", "temp")}
    kind, more = (habbing.GroupHab, {"smids": record.smids}) if record.mid else (habbing.Hab, {})
    hab = kind(**parts, name=record.name, pre=record.hid, **more)
    if record.mid:
        hab.mhab = hby.habs[record.mid]
    hab.inited = True
    return hab


@cache
def _classes() -> tuple[Any, Any]:
    from keri.app import habbing
    from keri.db import basing
    from ordered_set import OrderedSet

    class Prefixes(OrderedSet):
        """`Baser.prefixes`, or `groups`: those that were used, and on asking all others of the database."""

        def __init__(self, db: Any = None, group: bool = False) -> None:
            super().__init__()
            self.db, self.group = db, group

        def __contains__(self, pre: object) -> bool:
            if super().__contains__(pre):
                return True
            record = _record(self.db, pre)
            if record is None or (self.group and not record.mid):
                return False
            self.add(pre)
            return True

        def __and__(self, other: Iterable[str]) -> OrderedSet:
            return OrderedSet(each for each in other if each in self)

        def remove(self, pre: str) -> None:
            self.discard(pre)

    class Database(basing.Baser):
        """A Baser that reads back no identifier when it is opened."""

        def reload(self) -> None:
            if not self.current:
                super().reload()  # raises
            self.prefixes, self.groups = Prefixes(self), Prefixes(self, group=True)

    class Habery(habbing.Habery):
        """A Habery that makes no Hab when it is opened."""

        def loadHabs(self) -> None:
            self.reconfigure()
            self.habs = Owned(self)

    return Database, Habery

