"""`python -m keriwasm.server [--host 127.0.0.1] [--port 8080] [--workers N] [--wallet]`, and `python -m keriwasm.server setup`, which
brings what that needs."""

from __future__ import annotations

import argparse
import asyncio
import ctypes.util
import fcntl
import importlib.util
import logging
import os
import secrets
import sys
import tomllib
from pathlib import Path
from typing import IO

from keriwasm.server import places, setup

LEAST = (3, 12)
DAY_MS = 86_400_000

WALLET = ("wallet", "ledger", "credentials", "backup")
WITHHELD = {
    **dict.fromkeys(WALLET, (
        "Off on this server: whoever reaches it would share one wallet and one ledger, and its passcode and keys would be in "
        "the memory of a machine that is not theirs. A server that is one person’s alone is started with --wallet."
    )),
    "network": "This server asks no other server for anybody: it would do so from its own place in its network.",
    "suites": "The packages’ own tests run in the page only: on a server they would be anybody’s to start, beside everybody’s requests.",
}  # fmt: skip
"""Slices that a server does not run, and what it says instead."""


def options(arguments: list[str]) -> argparse.Namespace:
    """What the command line says."""
    about = "Answer the app from worker processes."
    told = argparse.ArgumentParser(prog="python -m keriwasm.server", description=about, allow_abbrev=False)
    told.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    told.add_argument("--port", default=8080, type=int, help="port to listen on, 0 for any free one (%(default)s)")
    told.add_argument("--workers", type=int, help="worker processes, 1 to 16 (the machine's cores, at least 2, at most 8)")
    told.add_argument("--base", default="/", help="answer below this path, as /sub/folder/ (%(default)s)")
    told.add_argument("--name", action="append", default=[], help="also answer to this host name (may be repeated)")
    told.add_argument("--wallet", action="store_true", help="wallet, ledger, credentials and backup too: for a server that is yours alone")
    told.add_argument("--data", type=Path, default=Path.home() / ".keriwasm", help="with --wallet: what is kept lies here (%(default)s)")
    told.add_argument("--faults", action="store_true", help="enable the fault routes (on a loopback address only)")
    told.add_argument("--debug", action="store_true", help="one worker that has this terminal, and all the time it wants: for breakpoint()")
    told.add_argument("--verbose", action="store_true", help="log what is no trouble too")
    given = told.parse_args(arguments)
    given.data = given.data.expanduser().resolve()
    if given.wallet and given.data.is_relative_to("/tmp"):
        told.error(f"--data: {given.data} lies below /tmp, where nothing is kept: give another folder")
    if not 0 <= given.port <= 65535:
        told.error(f"--port: {given.port} is no port: give a number from 0 to 65535, 0 takes any free one")
    if given.workers is not None and not 1 <= given.workers <= 16:
        told.error(f"--workers: {given.workers}: give a number from 1 to 16")
    if given.debug:
        given.workers = 1
    return given


def patient(pool: dict[str, int]) -> dict[str, int]:
    """[pool] for a worker that somebody holds at a breakpoint: it is no hung one, and its request is not given up."""
    waits = ("busy_ms", "hang_ms", "boot_timeout_ms", "cancel_grace_ms", "stop_grace_ms", "deadline_ms", "max_deadline_ms")
    return {**pool, **dict.fromkeys(waits, DAY_MS)}


def missing() -> list[str]:
    """What cannot be imported of what this needs."""
    return [name for name in ("uvicorn", "h11", "falcon", "jinja2", "hio", "lmdb") if importlib.util.find_spec(name) is None]


def alone(folder: Path) -> IO[str]:
    """The data folder's lock, held until the file is closed. Raises BlockingIOError when another server has it, OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise
    return lock


async def run(given: argparse.Namespace) -> int:
    """Serve until told to stop; returns the exit status."""
    import serve as static
    from keriwasm.server import listener
    from keriwasm.server.door import Door
    from keriwasm.server.host import Host
    from keriwasm.server.shell import served

    config = tomllib.loads((places.ROOT / "pyscript.toml").read_text())
    try:
        base = static.folder(given.base)
    except ValueError as error:
        print(f"keriwasm.server: --base: {error}", file=sys.stderr)
        return 2
    try:
        bound = listener.listening(given.host, given.port)
    except OSError as error:
        print(f"keriwasm.server: {static.why_not(error, given.host, given.port)}", file=sys.stderr)
        return 1
    address, port = bound.getsockname()[:2]
    loopback = static.named(address if ":" not in address else f"[{address}]", frozenset()) and address not in ("0.0.0.0", "::")
    if given.faults and not loopback:
        print("keriwasm.server: --faults is for a loopback address only", file=sys.stderr)
        return 2
    if given.wallet:
        try:
            lock = alone(given.data)
        except BlockingIOError:
            print(f"keriwasm.server: another server keeps its wallet in {given.data}: stop it, or give another --data", file=sys.stderr)
            return 1
        except OSError as error:
            print(f"keriwasm.server: --data: {given.data} cannot be used: {error.strerror or error}", file=sys.stderr)
            return 1
    withheld = {name: why for name, why in WITHHELD.items() if not (given.wallet and name in WALLET)}
    if not loopback:
        withheld["load"] = "A run of the load lab takes all of this machine, from everybody else here."
    if ctypes.util.find_library("oqs") is None:
        withheld["pq"] = "liboqs is not installed on this server. Whoever runs it may build it (0.15 or 0.16) as a shared library."
    slices = config["slices"].keys() - withheld.keys()
    data = str(given.data) if given.wallet else ""
    settings = {"base": base, "faults": given.faults, "form": secrets.token_hex(16), "data": data, "keeps": WALLET[0]}
    if given.debug:
        config["pool"] = patient(config["pool"])
    host = Host(config, settings, {"KERIWASM_SERVED": "1", **({"KERIWASM_HOME": f"{data}/live"} if data else {})}, given.debug)
    shell = served((places.ROOT / "index.html").read_text(), slices)
    door = Door(host, base, frozenset(name.lower().removesuffix(".") for name in (given.host, address, *given.name) if name))
    host.start(
        workers=given.workers, cores=os.cpu_count() or 2, faults=given.faults, base=base, shell=shell, withheld=withheld,
        fixed=not loopback,
    )  # fmt: skip
    shown = "localhost" if address in ("0.0.0.0", "::") else f"[{address}]" if ":" in address else address
    if given.wallet:
        print(f"keriwasm.server: --wallet: whoever reaches {shown}:{port} uses the one wallet in {given.data}; its keys are in this "
              "machine's memory while it is open", flush=True)  # fmt: skip
    else:
        print("keriwasm.server: wallet, ledger, credentials and backup are off: they are for one person (--wallet says why)", flush=True)
    if not loopback:
        print("keriwasm.server: this address is reached from other machines: put a proxy with https in front of it", flush=True)
    print(f"KeriWasm is served at http://{shown}:{port}{base}app/", flush=True)
    try:
        await listener.serve(door, bound, door.close)
    finally:
        host.stop()
        await host.processes.close()
        if given.wallet:
            lock.close()
    return 0


def main(arguments: list[str]) -> int:
    """Returns the exit status: 0, 1 when it cannot serve, 2 for a wrong command line."""
    if arguments[:1] == ["setup"]:
        return setup.main(arguments[1:])
    given = options(arguments)
    old = sys.version_info < LEAST
    if old or missing():
        why = f"Python {sys.version.split()[0]} is older than 3.12" if old else f"{', '.join(missing())} is not installed"
        print(f"keriwasm.server: {why}: run `python3 python/keriwasm/server/setup.py`, then `.server/keriwasm`", file=sys.stderr)
        return 1
    logging.basicConfig(level=logging.INFO if given.verbose else logging.WARNING, format="[keriwasm] %(message)s")
    if str(places.ROOT) not in sys.path:
        sys.path.append(str(places.ROOT))
    return asyncio.run(run(given))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
