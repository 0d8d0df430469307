"""Presentations made by plain keripy, part by part, good ones and such as nobody honest would make."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CASES = Path(__file__).resolve().parents[1] / "cases"
DATED = "2026-11-01T10:00:00.000000+00:00"
TRIAL = json.loads((CASES / "schema-trial.json").read_text())
FIELDS = ("v", "t", "d", "u", "i", "ri", "s", "a", "A", "e", "r")
OTHER = json.loads((CASES / "schema-other.json").read_text())


def loose() -> Any:
    """A Schemer that leaves the edges to others."""
    from slices.credentials import schemas

    return schemas.load({**TRIAL, "properties": {**TRIAL["properties"], "e": {}}}, saidify=True)


def schemers() -> list[Any]:
    """keripy's Schemers of the two schemas."""
    from slices.credentials import schemas

    return [schemas.load(sed, saidify=False) for sed in (TRIAL, OTHER)]


def sealed(serder: Any, couple: bytes) -> bytes:
    """A transaction event with the seal of what anchors it."""
    return bytes(serder.raw) + b"-VAS-GAB" + couple


def remade(sad: dict[str, Any], kind: str = "JSON") -> bytes:
    """A body with its size and SAID set right, whatever its fields hold: keripy's own classes would refuse some."""
    from keri.core import coring

    protocol = "ACDC" if "a" in sad or "A" in sad else "KERI"
    names = ("d", "i") if sad.get("t") == "vcp" else ("d",)
    sad = {**sad, **dict.fromkeys(names, "#" * 44), "v": f"{protocol}10{kind}000000_"}
    size = len(coring.dumps(sad, kind))
    sad["v"] = f"{protocol}10{kind}{size:06x}_"
    digest = coring.Diger(ser=coring.dumps(sad, kind), code=coring.DigDex.Blake3_256).qb64
    return coring.dumps({**sad, **dict.fromkeys(names, digest)}, kind)


class Issuer:
    """An identifier with a registry, and the messages that prove what it issues."""

    def __init__(self, hby: Any, alias: str, registry: bool = True) -> None:
        self.hab = hby.makeHab(alias)
        self.regk = ""
        self.tel: list[bytes] = []
        if registry:
            self.open()

    def open(self) -> None:
        from keri.core import Salter, coring
        from keri.vdr import eventing

        nonce = Salter(raw=self.hab.pre.encode()[:16]).qb64
        serder = eventing.incept(self.hab.pre, baks=[], toad=0, nonce=nonce, cnfg=["NB"], code=coring.MtrDex.Blake3_256)
        self.regk = serder.pre
        self.tel.append(self.anchored(serder))

    def anchored(self, serder: Any, **seal: Any) -> bytes:
        """A transaction event, sealed by a new event of the log."""
        from keri.core import coring

        named = {"i": serder.sad["i"], "s": serder.sad["s"], "d": serder.said, **seal}
        self.hab.interact(data=[named])
        return sealed(serder, coring.Seqner(sn=self.hab.kever.sner.num).qb64b + self.hab.kever.serder.saidb)

    def body(self, attributes: Any = None, schema: Any = TRIAL["$id"], **more: Any) -> dict[str, Any]:
        """A credential's fields, its attributes and edges with their SAIDs."""
        from keri.core import coring

        given = {"d": "", "dt": DATED, "name": "A"} if attributes is None else attributes
        if isinstance(given, dict) and "d" in given:
            _, given = coring.Saider.saidify(sad=dict(given))
        sad = {"v": "ACDC10JSON000000_", "d": "", "i": self.hab.pre, "ri": self.regk, "s": schema, "a": given}
        if isinstance(more.get("e"), dict) and more["e"].get("d") == "":
            _, more["e"] = coring.Saider.saidify(sad=dict(more["e"]))
        sad.update(more)
        return {name: value for name, value in sad.items() if value is not ...}

    def issue(self, sad: dict[str, Any], kind: str = "JSON", **event: Any) -> tuple[str, list[bytes]]:
        """(SAID, [its issuance, the credential])."""
        from keri.core import coring, serdering

        raw = remade(sad, kind)
        said = re.search(rb'd[^E]{1,6}(E[A-Za-z0-9_-]{43})', raw)[1].decode()  # type: ignore[index]
        fields = {"v": "KERI10JSON000000_", "t": "iss", "d": "", "i": said, "s": "0", "ri": self.regk, "dt": DATED, **event}
        serder = serdering.SerderKERI(raw=remade(fields), verify=False)
        issuance = self.anchored(serder)
        triple = b"-IAB" + said.encode() + coring.Seqner(sn=0).qb64b + serder.saidb
        return said, [issuance, raw + triple]

    def revoke(self, said: str, issuance: bytes, **event: Any) -> bytes:
        from keri.core import serdering

        prior = json.loads(issuance[: issuance.index(b"-VAS")])["d"]
        fields = {"v": "KERI10JSON000000_", "t": "rev", "d": "", "i": said, "s": "1", "ri": self.regk, "p": prior,
                  "dt": "2026-11-02T10:00:00.000000+00:00", **event}  # fmt: skip
        return self.anchored(serdering.SerderKERI(raw=remade(fields), verify=False))

    @property
    def log(self) -> list[bytes]:
        return [bytes(each) for each in self.hab.db.clonePreIter(pre=self.hab.pre)]


@contextmanager
def issuers(*aliases: str) -> Iterator[list[Issuer]]:
    """Issuers, each with a registry."""
    from ledgerkit import habery

    with habery("issuing") as hby:
        yield [Issuer(hby, alias) for alias in aliases]


def parts(data: bytes) -> list[bytes]:
    """The messages of a stream in JSON."""
    from slices.foreign.streams import read

    return [each.raw for each in read(data).messages]


def good() -> bytes:
    """Case 00."""
    return (CASES / "00-good-presentation.cesr").read_bytes()
