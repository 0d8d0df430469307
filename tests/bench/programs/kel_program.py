"""Parses a foreign key event log again and again, each time as a stranger; with a profile of one more time."""

import cProfile
import pstats
import sys
import time


def sample(events):
    """A log of so many events: a rotation after every nine interactions, each anchoring a seal."""
    from keri import core
    from keri.app import habbing

    with habbing.openHby(name="foreign", temp=True, salt=core.Salter(raw=b"0123456789abcdef").qb64) as hby:
        hab = hby.makeHab(name="foreign")
        for number in range(1, events):
            if number % 10 == 0:
                hab.rotate()
            else:
                hab.interact(data=[{"i": hab.pre, "s": f"{number:x}", "d": hab.pre}])
        return bytes(hab.replay())


def busy():
    """Seconds of processor time so far: what other processes take of a crowded machine does not count."""
    if sys.platform != "emscripten":
        return time.process_time()
    from js import process  # Node's; Pyodide's own clock shows only how time goes by

    return process.cpuUsage().user / 1e6


def parse(log):
    """Seconds (of the clock, of the processor) that somebody else's Kevery takes, and how many events it then knows."""
    from keri.core import parsing
    from keri.core.eventing import Kevery
    from keri.db import basing

    with basing.openDB(name="bench") as db:
        kevery = Kevery(db=db, lax=False, local=False)
        start, before = time.perf_counter(), busy()
        parsing.Parser(framed=True, kvy=kevery).parse(ims=bytearray(log))
        seconds = time.perf_counter() - start, busy() - before
        return seconds, sum(kever.sn + 1 for kever in kevery.kevers.values())


def owner(file):
    """Whose code a file is, for the profile: a package's name, Python's library, or what is built in."""
    if file.startswith(("~", "<")):
        return "built in (C)"
    for mark in ("site-packages/", "/app/"):
        if mark in file:
            return file.partition(mark)[2].partition("/")[0]
    return "Python's library"


def main(args):
    """``args``: events, rounds, profile (rows, 0 for none). Gives rates (events a second by the clock, by the processor), profile."""
    from keriwasm.imports import native

    native.keri()
    log = sample(args["events"])
    rates = []
    for _ in range(args["rounds"]):
        seconds, known = parse(log)
        assert known == args["events"]
        rates.append([known / each for each in seconds])
    rows, parts = [], {}
    if args["profile"]:
        profiler = cProfile.Profile()
        profiler.runcall(parse, log)
        stats = pstats.Stats(profiler)
        total = stats.total_tt
        for (file, _, _), (_, _, own, _, _) in stats.stats.items():
            parts[owner(file)] = parts.get(owner(file), 0) + 100 * own / total
        for (file, line, name), (_, calls, own, whole, _) in sorted(stats.stats.items(), key=lambda item: -item[1][2]):
            place = "/".join(file.split("/")[-2:])
            rows.append([round(100 * own / total, 1), round(100 * whole / total, 1), calls, f"{place}:{line} {name}"])
        rows = rows[: args["profile"]]
    return {"rates": rates, "bytes": len(log), "profile": rows, "parts": parts}
