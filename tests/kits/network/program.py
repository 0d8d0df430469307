"""Runs in the bench's Python: `program.py witnesses {"wan": PORT, ...}`, `program.py kli COMMAND ...`, or `program.py fork NAME DATA`.

The witnesses are those of `kli witness demo`: same names, salts, AIDs, and set up by the same function of keripy. Only where they
listen differs: on 127.0.0.1 alone, on the ports that are named, and not on TCP (their addresses name a TCP port, as the demo's).
All they write is below $HOME: as root keripy would take /usr/local/var.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from hio.base import filing
from keri.app import configing, directing, habbing, indirecting
from keri.app.cli import kli
from keri.app.cli.common import existing
from keri.core import Salter
from keri.db import dbing

SALTS = {
    "wan": b"wann-the-witness",
    "wil": b"will-the-witness",
    "wes": b"wess-the-witness",
    "wit": b"witn-the-witness",
    "wub": b"wubl-the-witness",
    "wyz": b"wyzs-the-witness",
}
DATE = "2022-01-20T12:57:59.823350+00:00"


def witnesses(ports: dict[str, int]) -> None:
    """Run them until the process is ended."""
    serve = indirecting.createHttpServer
    indirecting.createHttpServer = lambda host, *more: serve("127.0.0.1", *more)
    doers = []
    for name, port in ports.items():
        here = Path.home() / "scripts" / "keri" / "cf" / "main"
        here.mkdir(parents=True, exist_ok=True)
        urls = [f"tcp://127.0.0.1:{port - 10}/", f"http://127.0.0.1:{port}/"]
        (here / f"{name}.json").write_text(json.dumps({name: {"dt": DATE, "curls": urls}, "dt": DATE, "iurls": []}))
        config = configing.Configer(name=name, headDirPath="scripts", temp=False, reopen=True, clear=False)
        hby = habbing.Habery(name=name, salt=Salter(raw=SALTS[name]).qb64, temp=False, cf=config)
        doers += indirecting.setupWitness(alias=name, hby=hby, tcpPort=None, httpPort=port)
    print("ready", flush=True)
    directing.runController(doers, expire=0.0)


def fork(name: str, data: str) -> None:
    """Print the next interaction of an identifier of `kli`, signed and sent to nobody: what a copied keystore is good for."""
    with existing.existingHab(name=name, alias=name) as (_, hab):
        print(bytes(hab.interact(data=[json.loads(data)])).decode())


if __name__ == "__main__":
    filing.Filer.HeadDirPath = dbing.LMDBer.HeadDirPath = str(Path.home())
    os.chdir(Path.home())
    if sys.argv[1] == "witnesses":
        witnesses(json.loads(sys.argv[2]))
    elif sys.argv[1] == "fork":
        fork(*sys.argv[2:])
    else:
        sys.argv = sys.argv[1:]
        sys.exit(kli.main())
