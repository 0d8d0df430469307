"""keripy's and hio's own database classes, unmodified, once over the real py-lmdb and once over ours.

`targets()` lists every class (and `LMDBer` and `Duror` themselves, one kind of database after the other) with values for its
parameters, by the parameters' names: a method that a new version adds is called like the others, and a parameter that nobody
knows here fails with its name. Nothing of keripy or hio is rewritten: only the name `lmdb` in `keri.db.dbing` and
`hio.base.during` means another module on our side.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import lmdb
from hio.help import RegDom, registerify
from hypothesis import strategies as st
from keri import core, kering
from keri.core import coring, eventing, scheming, serdering
from keri.db import koming, subing
from lmdbkit import ours


def over(name: str, database: types.ModuleType) -> types.ModuleType:
    """The module `name`, executed once more with `database` as its `lmdb`."""
    found = importlib.util.find_spec(name)
    assert found is not None and found.origin is not None
    known = f"{name}_over_{database.__name__}"
    if known not in sys.modules:
        spec = importlib.util.spec_from_file_location(known, found.origin)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        before, sys.modules["lmdb"] = sys.modules["lmdb"], database
        try:
            spec.loader.exec_module(module)
        finally:
            sys.modules["lmdb"] = before
        sys.modules[known] = module
    return sys.modules[known]


def quick() -> types.ModuleType:
    """The real py-lmdb, without waiting for the disk at each commit."""
    module = types.ModuleType("lmdb_without_sync")
    vars(module).update({name: value for name, value in vars(lmdb).items() if not name.startswith("__")})
    module.open = partial(lmdb.open, sync=False, metasync=False)  # type: ignore[attr-defined]
    return module


SIDES = {"real": quick(), "ours": ours()}
DBING = {side: over("keri.db.dbing", module) for side, module in SIDES.items()}
DURING = {side: over("hio.base.during", module) for side, module in SIDES.items()}


# -- values -----------------------------------------------------------------------------------------------------------


@dataclass
class Record:
    """What the Komers keep."""

    a: str = ""
    n: int = 0


@registerify
@dataclass
class LmdbTestDom(RegDom):
    """What hio's Dom subers keep."""

    a: str = ""


class Once(core.Encrypter):
    """Seals each value once: a sealed box is another one each time, and both sides must store the same."""

    sealed: dict[str, Any] = {}  # noqa: RUF012 (shared on purpose)

    def encrypt(self, ser: Any = None, prim: Any = None, **options: Any) -> Any:
        if prim.qb64 not in self.sealed:
            self.sealed[prim.qb64] = super().encrypt(ser=ser, prim=prim, **options)
        return self.sealed[prim.qb64]


SIGNERS = [core.Signer(raw=bytes([at]) * 32, transferable=True) for at in range(4)]
BOX = core.Signer(raw=b"b" * 32, transferable=True)
ENCRYPTER = Once(verkey=BOX.verfer.qb64)
DECRYPTER = core.Decrypter(seed=BOX.qb64)
DIGERS = [coring.Diger(ser=bytes([at])) for at in range(5)]
SERDERS = [eventing.incept(keys=[signer.verfer.qb64]) for signer in SIGNERS[:3]]
SCHEMERS = [
    scheming.Schemer(sed={"$id": "", "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "title": title})
    for title in ("one", "two", "three")
]

KEYS = ["a", "b", "ab", ("a", "1"), ("a", "2"), ("a", "1", "x"), ("b", "1"), b"b", "a.1"]
PLACES = ["a", "b", "ab", ("a", "b"), b"a"]
"""Keys of databases whose keys end in a number: no part of them may look like one."""
BRANCHES = ["", "a", ("a",), ("a", ""), ("a", "1"), "b", b"ab", "z"]
SIGNER_KEYS = [signer.verfer.qb64 for signer in SIGNERS] + [("a", signer.verfer.qb64) for signer in SIGNERS[:2]]
TEXTS = ["x", "y", "z", b"x", "", "xx", "w" * 400]
BASE64 = ["AA", ("AA", "BB"), b"CC", ("CC",), ("DD", b"EE", "FF"), "g_-"]
NUMBERS = [0, 1, 2, 3, 15, 16, 17]


@dataclass
class Target:
    """One database and what its methods may be called with.

    Attributes:
        name (str), owner: "keri" or "hio", or a class that has `lmdb` databases itself
        make: (side's LMDBer or Duror, side) -> the object whose methods are called
        kind: the class whose public methods these are
        choices: parameter -> values to choose from; chosen afresh for each call
        only: which of the methods belong to this target (LMDBer and Duror have one target per kind of database)
        fixed: what each call gets besides, from the database's owner
    """

    name: str
    owner: str
    make: Callable[[Any, str], Any]
    kind: type
    choices: dict[str, list[Any]]
    only: Callable[[str], bool] = lambda method: True
    handle: str = ""

    @property
    def methods(self) -> list[str]:
        return [method for method in public(self.kind) if self.only(method)]

    def arguments(self, method: str) -> st.SearchStrategy[dict[str, Any]]:
        """Arguments by name for a method; those with a default are left out now and then."""
        wanted: dict[str, st.SearchStrategy[Any]] = {}
        optional: dict[str, st.SearchStrategy[Any]] = {}
        for parameter in self.parameters(method):
            values = self.choices.get(parameter.name)
            assert values is not None, f"{self.kind.__name__}.{method} has a parameter {parameter.name!r} unknown here"
            where = wanted if parameter.default is parameter.empty else optional
            where[parameter.name] = st.sampled_from(values)
        return st.fixed_dictionaries(wanted, optional=optional)

    def examples(self, method: str) -> Iterator[dict[str, Any]]:
        """Enough sets of arguments that each value of each parameter comes once, and all defaults."""
        parameters = self.parameters(method)
        rounds = max((len(self.choices[p.name]) for p in parameters), default=1)
        for at in range(rounds):
            yield {p.name: self.choices[p.name][at % len(self.choices[p.name])] for p in parameters}
        yield {p.name: self.choices[p.name][0] for p in parameters if p.default is p.empty}

    def parameters(self, method: str) -> list[inspect.Parameter]:
        function = getattr(self.kind, method)
        return [
            parameter
            for parameter in inspect.signature(function).parameters.values()
            if parameter.name not in ("self", self.handle)
        ]


HANDLED = {"close", "exists", "flush", "remake", "reopen", "getVer", "setVer", "suffix", "unsuffix"}
"""Methods of LMDBer and Duror that are no operation on one database; plays reopen, and a test of its own calls them."""


def public(kind: type) -> list[str]:
    """The public methods of a class, inherited ones too."""
    return [name for name, value in inspect.getmembers(kind) if not name.startswith("_") and callable(value)]


def classes(module: types.ModuleType) -> dict[str, type]:
    """The classes that a module defines."""
    return {
        name: kind
        for name, kind in vars(module).items()
        if inspect.isclass(kind) and kind.__module__ == module.__name__
    }


def lists(values: list[Any]) -> list[Any]:
    """Lists of values, as `put` and `pin` take them; one twice in a list, and none."""
    return [values[:1], values[:3], values[2:0:-1], [values[0], values[0], values[-1]], [], values]


def entry(values: list[Any], keys: list[Any] = KEYS, **more: list[Any]) -> dict[str, list[Any]]:
    """Choices of a sub-database class. An empty `val` means all of a key's values to `rem`."""
    return {
        "keys": keys,
        "val": values,
        "vals": lists(values),
        "on": NUMBERS,
        "topive": [False, True],
        "decrypter": [None],
        "encrypter": [None],
        **more,
    }


def values_of(name: str) -> dict[str, Any]:
    """(choices, options of the class) for a class of keri.db.subing by its name."""
    keys = PLACES if "On" in name else KEYS
    if name == "CryptSignerSuber":
        return {"choices": entry(SIGNERS, SIGNER_KEYS, decrypter=[None, DECRYPTER], encrypter=[None, ENCRYPTER])}
    if name == "SignerSuber":
        return {"choices": entry(SIGNERS, SIGNER_KEYS)}
    if name.startswith("CatCesr"):
        pairs = [(DIGERS[one], DIGERS[two]) for one, two in ((0, 1), (1, 0), (2, 2), (3, 4))]
        return {"choices": entry(pairs, keys), "klas": (coring.Diger, coring.Diger)}
    if name.startswith("Cesr"):
        return {"choices": entry(DIGERS, keys), "klas": coring.Diger}
    if name.startswith("Serder"):
        return {"choices": entry(SERDERS, keys), "klas": serdering.SerderKERI}
    if name.startswith("Schemer"):
        return {"choices": entry(SCHEMERS, keys)}
    if name.startswith("B64"):
        return {"choices": entry(BASE64, keys)}
    return {"choices": entry(TEXTS, keys)}


def suber(name: str, kind: type, options: dict[str, Any]) -> Callable[[Any, str], Any]:
    return lambda db, side: kind(db=db, subkey=f"{name}.", **options)


def subers() -> Iterator[Target]:
    """The classes of keri.db.subing and keri.db.koming."""
    for name, kind in classes(subing).items():
        options = values_of(name)
        choices = options.pop("choices")
        yield Target(name, "keri", suber(name, kind, options), kind, choices)
    records = [Record(), Record("x", 1), Record("y", 2), Record("x", 2)]
    for name, kind in classes(koming).items():
        for kinds in (kering.Kinds.json, kering.Kinds.cbor, kering.Kinds.mgpk):
            options = {"schema": Record, "kind": kinds}
            yield Target(f"{name}-{kinds}", "keri", suber(f"{name}-{kinds}", kind, options), kind, entry(records))


def hio_subers() -> Iterator[Target]:
    """The sub-database classes of hio: those beside its Duror, and those that it exports."""
    subering = importlib.import_module("hio.base.subering")
    for module in (DURING["real"], subering):
        for name in classes(module):
            kind = getattr(module, name)
            if not hasattr(kind, "_tokey"):
                continue
            choices = entry([LmdbTestDom(text) for text in "xyz"] if "Dom" in name else [*TEXTS[:4], *TEXTS[5:]])
            known = f"{module.__name__.split('.')[-1].partition('_')[0]}-{name}"

            def make(db: Any, side: str, name: str = name, module: Any = module, known: str = known) -> Any:
                there = module if module is subering else DURING[side]
                return getattr(there, name)(db=db, subkey=f"{known}.")

            yield Target(known, "hio", make, kind, choices)


BYTES = [b"x", b"y", b"z", b"xx", b"w" * 400, b""]
RAW_KEYS = [b"a", b"b", b"ab", b"a.1", b"a.2", b"b.1", b"", b"k" * 511, b"k" * 512]
RAW = {
    "key": RAW_KEYS,
    "top": [b"", b"a", b"a.", b"a.1", b"b", b"z"],
    "val": BYTES,
    "vals": lists(BYTES[:5]),
    "on": NUMBERS,
    "ion": [0, 1, 3],
    "sep": [b"."],
}


def family(method: str) -> str:
    """The kind of database that a method of LMDBer or Duror is for, by its name."""
    if method in ("cnt", "getTopItemIter", "delTopVal", "remTopVals"):
        return "any"
    for part in ("OnIoDup", "IoDup", "IoSet", "On", "Io"):
        if part in method:
            return part
    return "Dup" if method in ("putVals", "addVal", "getVals", "getValLast", "getValsIter", "cntVals", "delVals") else "Val"


def bare() -> Iterator[Target]:
    """LMDBer and Duror themselves, one database of each kind."""

    @dataclass
    class Bare:
        owner: Any
        handle: str
        db: Any

        def __getattr__(self, method: str) -> Any:
            return partial(getattr(self.owner, method), **{self.handle: self.db})

    for owner, kind, handle in (("keri", DBING["real"].LMDBer, "db"), ("hio", DURING["real"].Duror, "sdb")):
        of = {family(method) for method in public(kind) if method not in HANDLED} - {"any"}
        if owner == "hio":
            of.discard("Dup")  # Duror.cntVals counts a whole database
        for part in sorted(of):
            dup = "Dup" in part
            choices = dict(RAW)
            if part in ("On", "OnIoDup"):
                choices["key"] = [b"a", b"b", b"ab", b"a.b", b""]
            if part in ("IoSet", "Io"):
                choices["key"] = RAW_KEYS[:6]

            def make(db: Any, side: str, part: str = part, dup: bool = dup, handle: str = handle) -> Any:
                return Bare(db, handle, db.env.open_db(f"bare-{part}".encode(), dupsort=dup))

            def only(method: str, part: str = part, owner: str = owner) -> bool:
                return method not in HANDLED and (
                    family(method) in (part, "any") or (owner == "hio" and part == "Val" and family(method) == "Dup")
                )

            yield Target(f"{owner}-bare-{part}", owner, make, kind, choices, only, handle)


TARGETS = {target.name: target for target in (*subers(), *hio_subers(), *bare())}
