"""Where the time of an import into the ledger goes: the worker's part of it, in one interpreter, without ports and IndexedDB.

args: {streams: [text]}, each of events that were never seen. Returns {stages: [{stage: microseconds an event}] of all but the first
and the last, parts: {whose code: percent} of the last, by cProfile, which makes what is called often dearer than it is}.
"""

import cProfile
import pstats
from contextlib import contextmanager
from pathlib import Path

from kel_program import busy
from keriwasm.imports import native

OWNERS = {"keri": "keripy", "lmdb": "our lmdb", "slices": "the ledger's own checks", "keriwasm": "our disk records and adapters"}


class Disk:
    """As much of a worker's disk as a book needs: what is committed is taken, as IndexedDB's record would."""

    undone, trouble = 0, None

    def mount(self):
        return
        yield

    settle = mount

    @contextmanager
    def batch(self):
        yield

    unkept = batch


class Pool:
    def size(self):
        return 1


class Worker:
    def __init__(self):
        self.disk, self.pool = Disk(), Pool()


def ended(generator):
    """What a generator returns."""
    while True:
        try:
            next(generator)
        except StopIteration as stop:
            return stop.value


class Import:
    """One import after the other into one book, each stage on its own clock."""

    def __init__(self):
        import lmdb
        from slices.ledger import book as module

        self.pending, self.spent = [], {}
        lmdb.stores.stores.adopt = self.adopt
        module.HEAD = Path("/bench-ledger")
        self.book = module.Book(Worker())
        ended(self.book.ready())
        self.pending.clear()

    def adopt(self, store):
        if not store.data.startswith("/tmp/"):
            store.sink = lambda store, ops: self.pending.extend((store.id, op) for op in ops)

    def stage(self, name, work, *args):
        began = busy()
        made = work(*args)
        self.spent[name] = self.spent.get(name, 0.0) + busy() - began
        return made

    def carried(self, value):
        """To another worker: as bytes, and out of them."""
        import msgpack

        return self.stage("packing for the port", lambda: msgpack.unpackb(msgpack.packb(value), strict_map_key=False))

    def run(self, stream):
        """Import a stream; {stage: microseconds an event}."""
        from keriwasm.disk import records
        from slices.foreign import cutting
        from slices.ledger.checks import checking

        def cut(data):
            return self.carried(self.stage("cutting the stream", ended, cutting.cut(data)))
            yield

        def verify(payloads):
            return [(self.carried(self.stage("verifying", ended, checking.check(self.carried(each)))), "") for each in payloads]
            yield

        def merge(*args):
            self.stage("merging what was accepted", ended, Import.merge(self.book, *args))
            return
            yield

        self.spent.clear()
        self.book._merge = merge
        began = busy()
        told = ended(self.book._import([("", stream)], cut, verify))
        self.stage("record for the disk", records.encode, 1, self.pending)
        self.pending.clear()
        whole = busy() - began
        assert not told["rejected"] and not told["escrowed"], told
        self.spent["planning, known, telling"] = whole - sum(self.spent.values())
        return {name: 1e6 * seconds / len(told["accepted"]) for name, seconds in {**self.spent, "whole": whole}.items()}

    @staticmethod
    def merge(book, *args):
        return type(book)._merge(book, *args)


def owner(file, name, caller=None):
    """Whose a function is; what is built in belongs to its caller."""
    if "site-packages/pysodium/" in file or (file.startswith("~") and "blake3" in name):
        return "signatures and digests"
    if file.startswith(("~", "<")):
        return owner(*caller) if caller else "the interpreter's library"
    for mark in ("site-packages/", "/app/"):
        if mark in file:
            return OWNERS.get(file.partition(mark)[2].partition("/")[0], "other packages")
    return "the interpreter's library"


def main(args):
    native.keri()
    work = Import()
    stages = [work.run(stream.encode()) for stream in args["streams"][:-1]]
    profiler = cProfile.Profile()
    profiler.runcall(work.run, args["streams"][-1].encode())
    stats, parts = pstats.Stats(profiler), {}
    for (file, _, name), (_, _, own, _, callers) in stats.stats.items():
        if file.startswith(("~", "<")) and callers:
            for (place, _, who), (_, _, spent, _) in callers.items():
                whose = owner(file, name, (place, who))
                parts[whose] = parts.get(whose, 0) + 100 * spent / stats.total_tt
        else:
            whose = owner(file, name)
            parts[whose] = parts.get(whose, 0) + 100 * own / stats.total_tt
    return {"stages": stages[1:], "parts": parts}
