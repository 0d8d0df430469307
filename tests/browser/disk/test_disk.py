"""worker.disk over real IndexedDB: what was settled survives a worker's death; one writer; followers; refusals."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from diskprobe import Probe


@pytest.fixture(scope="module")
def probe(app_url: str, browser: Any) -> Iterator[Probe]:
    context = browser.new_context()
    made = Probe(context, app_url)
    made.start("a", "b")
    yield made
    context.close()


def test_what_was_settled_is_there_for_the_next_worker(probe: Probe) -> None:
    assert probe.python("a", """
await run(disk.mount())
env = store()
dup = env.open_db(b"dup", dupsort=True)
with env.begin(write=True) as txn:
    for n in range(200):
        txn.put(b"%d" % n, bytes(range(256)))
        txn.put(b"key", b"%d" % n, db=dup)
await run(disk.settle())
with env.begin(write=True) as txn:
    txn.put(b"lost", b"never settled")
[disk.generation, disk.number, disk.dirty]
""") == [1, 1, True]  # fmt: skip
    probe.end("a")
    assert probe.python("b", """
await run(disk.mount())
env = store()
dup = env.open_db(b"dup")
with env.begin() as txn:
    seen = [txn.stat()["entries"], txn.stat(dup)["entries"], txn.get(b"7") == bytes(range(256)), txn.get(b"lost")]
[os.path.exists("/keriwasm/store/data.mdb"), disk.generation, *seen]
""") == [True, 2, 201, 200, True, None]  # fmt: skip


def test_a_follower_reads_and_hears_of_changes(probe: Probe) -> None:
    probe.start("follower")
    probe.python("follower", """
class Fake:
    generation = 0
    def __init__(self): self.disk = disk
    def fault(self, ex, about=None): raise ex
doist.extend([DiskDoer(Fake())])
await run(disk.follow())
""" + "disk.state")  # fmt: skip
    probe.python("b", """
with disk.batch():
    with env.begin(write=True) as txn: txn.put(b"heard", b"yes")
await run(disk.settle())
1
""")  # fmt: skip
    assert probe.python("follower", """
theirs = store(readonly=True)
for _ in range(500):
    with theirs.begin() as txn: heard = txn.get(b"heard")
    if heard: break
    await asyncio.sleep(0.02)
refused = ""
try: theirs.begin(write=True)
except lmdb.ReadonlyError as ex: refused = str(ex)
[heard.decode(), "read-only" in refused]
""") == ["yes", True]  # fmt: skip
    assert probe.python("b", """
from keriwasm.disk.checkpoints import compact
await run(compact(disk))
with env.begin(write=True) as txn: txn.put(b"heard", b"after")
await run(disk.settle())
[disk.head["snapshot"], disk.head["since"] > 0]
""") == [1, True]  # fmt: skip
    assert probe.python("follower", """
await run(disk.follow())
with theirs.begin() as txn: value = txn.get(b"heard")
value.decode()
""") == "after"  # fmt: skip


def test_the_older_of_two_writers_is_refused(probe: Probe) -> None:
    probe.start("newer")
    assert probe.python("newer", "await run(disk.mount())\n" + "disk.generation") == 3
    assert probe.python("b", """
with env.begin(write=True) as txn: txn.put(b"old", b"writer")
reason = ""
try: await run(disk.settle())
except DiskRefused as ex: reason = str(ex)
with env.begin() as txn: value = txn.get(b"old")
refused = ""
try: env.begin(write=True)
except lmdb.DiskError as ex: refused = str(ex)
["taken over" in reason, value, "taken over" in refused]
""") == [True, None, True]  # fmt: skip
    assert probe.python("newer", """
env = store()
with env.begin(write=True) as txn: txn.put(b"new", b"writer")
await run(disk.settle())
with env.begin() as txn: seen = [txn.get(b"old"), txn.get(b"heard").decode()]
seen
""") == [None, "after"]  # fmt: skip


def test_a_refused_transaction_is_said_and_undone(probe: Probe) -> None:
    """The browser's own abort, as a full disk causes it; then the disk takes writes again."""
    assert probe.python("newer", """
from keriwasm.browser import disk_store
settled = disk_store.settled
async def aborting(target, *events):
    target.abort()
    await settled(target, *events)
disk_store.settled = aborting
with env.begin(write=True) as txn: txn.put(b"big", b"x" * 100_000)
reason = ""
try: await run(disk.settle())
except DiskRefused as ex: reason = str(ex)
disk_store.settled = settled
with env.begin() as txn: value = txn.get(b"big")
trouble = disk.trouble
await run(disk.mount())
with env.begin(write=True) as txn: txn.put(b"big", b"y")
await run(disk.settle())
["did not save" in reason, value, trouble == reason, disk.trouble]
""") == [True, None, True, None]  # fmt: skip


@pytest.mark.long
def test_every_acknowledged_write_survives_fifty_kills_and_no_half_one_does(app_url: str) -> None:
    """Two browsers at a time, each killed 25 times with SIGKILL while it writes and compacts."""
    command = [sys.executable, str(Path(__file__).parents[2] / "kits/browser/diskkill.py"), app_url, "25"]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = [subprocess.Popen([*command, seed], **pipes) for seed in ("1", "2")]
    found = []
    for program in running:
        told, why = program.communicate(timeout=1500)
        if program.returncode:
            raise (TimeoutError if "TimeoutError: " in why else RuntimeError)(why[-4000:])
        found.append(json.loads(told))
    assert [one["wrong"] for one in found] == [[], []]
    assert sum(one["kills"] for one in found) == 50
    assert all(one["steps"] > 25 and one["compactions"] > 0 for one in found), found
