"""The disk over a backing in memory: what is settled comes back, what breaks off is wholly there or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from diskkit import Crashed, Machine, MemoryDisk
from keriwasm.disk import checkpoints
from keriwasm.disk import disk as disks
from keriwasm.disk.errors import DiskRefused


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(disks, "TEMPORARY", str(tmp_path / "tmp") + "/")
    return Machine(tmp_path / "kept", MemoryDisk()).reboot()


def put(env: Any, key: bytes, value: bytes, db: str = "") -> None:
    handle = env.open_db(db.encode()) if db else None
    with env.begin(write=True, db=handle) as txn:
        txn.put(key, value)


def contents(env: Any, db: str = "") -> list:
    handle = env.open_db(db.encode()) if db else None
    with env.begin(db=handle) as txn:
        return [item for item in txn.cursor() if item[0] != b"named"]


def test_what_is_settled_comes_back(machine: Machine) -> None:
    env = machine.mount().open()
    dup = env.open_db(b"dup", dupsort=True)
    with env.begin(write=True) as txn:
        for n in range(300):
            txn.put(b"%04d" % n, b"v" * n)
            txn.put(b"key", b"%04d" % n, db=dup)
        txn.delete(b"0007")
        txn.delete(b"key", b"0009", db=dup)
    machine.settle()
    assert machine.backing.transactions == 2  # the claim and one record for all of it
    machine = machine.reboot().mount()
    assert (machine.folder / "store" / "data.mdb").exists()
    env = machine.open()
    dup = env.open_db(b"dup")
    assert dup.flags()["dupsort"]
    with env.begin() as txn:
        assert txn.get(b"0007") is None and txn.get(b"0299") == b"v" * 299
        assert txn.stat(dup)["entries"] == 299


def test_nothing_is_written_before_it_must_and_several_commits_go_together(machine: Machine) -> None:
    env = machine.mount().open()
    for n in range(10):
        put(env, b"%d" % n, b"x")
    assert machine.disk.dirty
    machine.settle()
    assert machine.backing.transactions == 2 and not machine.disk.dirty
    machine.settle()
    assert machine.backing.transactions == 2


def test_stores_below_tmp_are_never_kept(machine: Machine, tmp_path: Path) -> None:
    machine.mount()
    (tmp_path / "tmp").mkdir()
    env = machine.lmdb.open(str(tmp_path / "tmp" / "store"))
    put(env, b"k", b"v")
    assert not machine.disk.dirty


def test_a_batch_is_one_record_over_several_environments(machine: Machine) -> None:
    one, two = machine.mount().open("one"), machine.open("two")
    machine.settle()
    with machine.disk.batch():
        put(one, b"k", b"1")
        put(two, b"k", b"2")
        put(one, b"l", b"3")
    machine.settle()
    assert len(machine.backing.log) == 2
    machine = machine.reboot().mount()
    assert contents(machine.open("one")) == [(b"k", b"1"), (b"l", b"3")]
    assert contents(machine.open("two")) == [(b"k", b"2")]


def test_a_batch_that_raises_leaves_no_trace(machine: Machine) -> None:
    one, two = machine.mount().open("one"), machine.open("two")
    put(one, b"k", b"before")
    machine.settle()
    written = machine.backing.transactions
    with pytest.raises(RuntimeError), machine.disk.batch():
        put(one, b"k", b"after")
        put(two, b"k", b"new", "named")
        machine.open("three")
        shutil.rmtree(machine.folder / "two")
        raise RuntimeError
    assert contents(one) == [(b"k", b"before")] and contents(two) == []
    assert not machine.disk.dirty
    assert (machine.folder / "two" / "data.mdb").exists() and not (machine.folder / "three" / "data.mdb").exists()
    machine.settle()
    assert machine.backing.transactions == written
    assert contents(machine.reboot().mount().open("one")) == [(b"k", b"before")]


def test_directories_live_and_die_and_move(machine: Machine) -> None:
    machine.mount()
    for name in ("stays", "goes", "moves"):
        put(machine.open(name), b"k", name.encode())
    machine.settle()
    shutil.rmtree(machine.folder / "goes")
    shutil.move(machine.folder / "moves", machine.folder / "moved")
    assert machine.disk.dirty
    machine.settle()
    machine = machine.reboot().mount()
    assert sorted(path.name for path in machine.folder.iterdir()) == ["moved", "stays"]
    assert contents(machine.open("moved")) == [(b"k", b"moves")]
    assert contents(machine.open("goes")) == []


def test_a_database_that_is_cleared_and_made_again_is_empty(machine: Machine) -> None:
    env = machine.mount().open()
    put(env, b"k", b"old")
    env.close()
    shutil.rmtree(machine.folder / "store")
    put(machine.open(), b"l", b"new")
    machine.settle()
    assert contents(machine.reboot().mount().open()) == [(b"l", b"new")]


def test_a_copied_directory_is_a_store_of_its_own(machine: Machine) -> None:
    put(machine.mount().open("one"), b"k", b"v")
    shutil.copytree(machine.folder / "one", machine.folder / "two")
    put(machine.open("two"), b"k", b"other")
    machine.settle()
    machine = machine.reboot().mount()
    assert contents(machine.open("one")) == [(b"k", b"v")] and contents(machine.open("two")) == [(b"k", b"other")]


def test_the_older_writer_is_fenced_off(machine: Machine) -> None:
    env = machine.mount().open()
    put(env, b"k", b"first")
    machine.settle()
    machine.backing.generation += 1  # another worker mounts
    put(env, b"k", b"second")
    with pytest.raises(DiskRefused, match="taken over"):
        machine.settle()
    assert contents(env) == [(b"k", b"first")]
    with pytest.raises(machine.lmdb.DiskError, match="taken over"):
        put(env, b"k", b"third")
    machine.run(machine.disk.mount())
    assert "taken over" in str(machine.disk.trouble)


def test_a_full_disk_is_said_and_nothing_is_pretended(machine: Machine) -> None:
    env = machine.mount().open()
    put(env, b"k", b"kept")
    machine.settle()
    machine.backing.fail = OSError("IndexedDB refused: QuotaExceededError: no room")
    put(env, b"k", b"lost")
    undone = machine.disk.undone
    with pytest.raises(DiskRefused, match="storage is full") as refused:
        machine.settle()
    assert refused.value.status.startswith("507")
    assert contents(env) == [(b"k", b"kept")] and machine.disk.undone == undone + 1
    with pytest.raises(machine.lmdb.DiskError), machine.disk.batch():
        pass
    machine.run(machine.disk.mount())
    assert machine.disk.trouble
    machine.backing.fail = None
    machine.run(machine.disk.mount())
    assert machine.disk.trouble is None
    put(env, b"k", b"again")
    machine.settle()
    assert contents(machine.reboot().mount().open()) == [(b"k", b"again")]


def test_a_full_disk_can_be_opened_and_read_but_keeps_nothing(machine: Machine) -> None:
    env = machine.mount().open()
    put(env, b"k", b"kept")
    machine.settle()
    machine.backing.fail = OSError("IndexedDB refused: QuotaExceededError: no room")
    put(env, b"k", b"lost")
    with pytest.raises(DiskRefused):
        machine.settle()
    env = machine.open()
    with machine.disk.unkept():  # as keripy does when it opens a database
        put(env, b"version", b"1")
        assert contents(env) == [(b"k", b"kept"), (b"version", b"1")]
    assert contents(env) == [(b"k", b"kept")] and not machine.disk.dirty
    with pytest.raises(machine.lmdb.DiskError):
        put(env, b"k", b"no")
    with pytest.raises(machine.lmdb.DiskError), machine.disk.unkept():
        put(machine.open("new"), b"k", b"a store that is new has no place to go back to")
    machine.backing.fail = None
    machine.run(machine.disk.mount())
    with machine.disk.unkept():
        put(env, b"k", b"again")
    machine.settle()
    assert contents(machine.reboot().mount().open()) == [(b"k", b"again")]


def test_without_indexeddb_nothing_is_pretended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disks, "TEMPORARY", str(tmp_path / "tmp") + "/")
    machine = Machine(tmp_path / "kept", None).reboot()
    with pytest.raises(DiskRefused, match="no IndexedDB"):
        machine.mount()


@pytest.mark.parametrize("how", ["flipped", "cut", "missing", "swapped"])
def test_damage_is_found_and_named(machine: Machine, how: str) -> None:
    env = machine.mount().open()
    for n in range(4):
        put(env, b"%d" % n, b"value")
        machine.settle()
    log = machine.backing.log
    if how == "flipped":
        log[3] = log[3][:-1] + bytes([log[3][-1] ^ 1])
    elif how == "cut":
        log[3] = log[3][:-1]
    elif how == "swapped":
        log[3] = log[2]
    else:
        del log[3]
    before = dict(log)
    machine = machine.reboot()
    with pytest.raises(DiskRefused, match=r"record (of the log )?3"):
        machine.mount()
    assert log == before and not list(machine.folder.glob("*"))


def test_compaction_bounds_growth_and_loses_nothing(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "PART", 2000)
    env = machine.mount().open()
    for n in range(100):
        put(env, b"same", b"%d" % n * 100)
        put(env, b"%d" % n, b"v", "named")
        machine.settle()
    machine.run(checkpoints.compact(machine.disk))
    assert not machine.backing.log and machine.disk.log_bytes == 0
    assert sum(map(len, machine.backing.parts.values())) < 10_000 and len(machine.backing.parts) > 1
    put(env, b"after", b"x")
    machine.settle()
    seen = contents(env), contents(env, "named")
    for _ in range(2):
        machine = machine.reboot().mount()
        env = machine.open()
        assert (contents(env), contents(env, "named")) == seen
        machine.run(checkpoints.compact(machine.disk))


def test_a_follower_sees_whole_states_and_writes_nothing(machine: Machine) -> None:
    env = machine.mount().open()
    put(env, b"k", b"1", "named")
    machine.settle()
    other = Machine(machine.folder.parent / "elsewhere", machine.backing, "lmdb_of_follower")
    other.run(other.disk.follow())
    theirs = other.lmdb.open(str(machine.folder / "store"), readonly=True, max_dbs=8)
    assert contents(theirs, "named") == [(b"k", b"1")]
    with pytest.raises(other.lmdb.ReadonlyError):
        put(other.lmdb.open(str(machine.folder / "store"), max_dbs=8), b"k", b"no")
    reader = theirs.begin(db=theirs.open_db(b"named"))
    put(env, b"k", b"2", "named")
    put(machine.open("later"), b"k", b"3")
    machine.settle()
    other.run(other.disk.follow())
    assert contents(theirs, "named") == [(b"k", b"2")] and reader.get(b"k") == b"1"
    assert contents(other.lmdb.open(str(machine.folder / "later"), readonly=True)) == [(b"k", b"3")]
    put(env, b"k", b"4", "named")
    machine.settle()
    machine.run(checkpoints.compact(machine.disk))
    other.run(other.disk.follow())
    assert contents(theirs, "named") == [(b"k", b"4")]
    other.lmdb.stores.stores.by_id.clear()


# -- what must not stay -----------------------------------------------------------------------------------------------


def everywhere(backing: MemoryDisk) -> bytes:
    """All that the disk holds."""
    return b"".join([*backing.log.values(), *backing.parts.values()])


def test_what_is_forgotten_is_nowhere_when_settle_returns(machine: Machine) -> None:
    env = machine.mount().open()
    put(env, b"key", b"old secret")
    put(env, b"other", b"public")
    machine.settle()
    with machine.disk.batch():
        put(env, b"key", b"new secret")
        machine.disk.forget()
    assert machine.disk.dirty and b"old secret" in everywhere(machine.backing)
    machine.settle()
    held = everywhere(machine.backing)
    assert b"old secret" not in held and b"new secret" in held and b"public" in held
    assert not machine.disk.dirty and not machine.disk.owed and machine.backing.forget == 0
    transactions = machine.backing.transactions
    machine.settle()
    put(env, b"key", b"newer")
    machine.settle()
    assert machine.backing.transactions == transactions + 1, "an ordinary change compacts nothing"
    assert contents(machine.reboot().mount().open()) == [(b"key", b"newer"), (b"other", b"public")]


def test_a_deleted_directory_is_nowhere(machine: Machine) -> None:
    env = machine.mount().open()
    put(env, b"key", b"old secret")
    machine.settle()
    env.close()
    with machine.disk.batch():
        for path in (machine.folder / "store").iterdir():
            path.unlink()
        machine.disk.forget()
    machine.settle()
    assert b"old secret" not in everywhere(machine.backing)
    assert contents(machine.reboot().mount().open()) == []


def test_a_change_that_is_undone_forgets_nothing(machine: Machine) -> None:
    env = machine.mount().open()
    put(env, b"key", b"old secret")
    machine.settle()
    with pytest.raises(ZeroDivisionError), machine.disk.batch():
        put(env, b"key", b"new secret")
        machine.disk.forget()
        raise ZeroDivisionError
    put(env, b"other", b"x")
    transactions = machine.backing.transactions
    machine.settle()
    assert machine.backing.transactions == transactions + 1 and contents(env)[0] == (b"key", b"old secret")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(7))
def test_killed_between_the_change_and_its_end(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
) -> None:
    """Either the old state, or the new one without any trace of the old before anything is used."""
    monkeypatch.setattr(checkpoints, "PART", 400)
    env = machine.mount().open()
    for n in range(12):
        put(env, b"%d" % n, b"public" * 10)
    put(env, b"key", b"old secret")
    machine.settle()
    with machine.disk.batch():
        put(env, b"key", b"new secret")
        machine.disk.forget()
    machine.backing.crash_at, machine.backing.after = machine.backing.transactions + at, after
    try:
        machine.settle()
        died = False
    except Crashed:
        died = True
    machine.backing.crash_at = None
    machine = machine.reboot().mount()
    key = dict(contents(machine.open()))[b"key"]
    held = everywhere(machine.backing)
    assert (b"old secret" in held) == (key == b"old secret") and (b"new secret" in held) == (key == b"new secret")
    assert key == b"new secret" if at or after else key == b"old secret"
    assert died == (at < 5)  # the record, three parts, and the switch


def test_a_full_disk_keeps_what_was_to_go_and_says_so_until_it_is_gone(machine: Machine) -> None:
    env = machine.mount().open()
    put(env, b"key", b"old secret")
    machine.settle()
    full, part = True, machine.backing.part

    async def refusing(*args: Any) -> None:
        if full:
            raise OSError("QuotaExceededError: full")
        await part(*args)

    machine.backing.part = refusing  # type: ignore[method-assign]
    with machine.disk.batch():
        put(env, b"key", b"new secret")
        machine.disk.forget()
    machine.settle()
    assert "full" in machine.disk.leftover and machine.disk.owed and not machine.disk.trouble and not machine.disk.dirty
    assert contents(env) == [(b"key", b"new secret")] and b"old secret" in everywhere(machine.backing)
    full = False
    machine.run(checkpoints.compact(machine.disk))
    assert not machine.disk.leftover and not machine.disk.owed and b"old secret" not in everywhere(machine.backing)


def test_what_an_earlier_version_left_goes_at_the_first_start(machine: Machine) -> None:
    """It changed passcodes without compacting, and set no mark."""
    env = machine.mount().open()
    put(env, b"key", b"old secret")
    machine.settle()
    put(env, b"key", b"new secret")
    machine.settle()
    machine.backing.forget = None
    machine = machine.reboot().mount()
    held = everywhere(machine.backing)
    assert b"old secret" not in held and b"new secret" in held and machine.backing.forget == 0


def test_a_compaction_under_way_is_waited_for_and_does_not_count(machine: Machine) -> None:
    """One that began before the change has the old state in it."""
    env = machine.mount().open()
    put(env, b"key", b"old secret")
    machine.settle()

    def both() -> Any:
        slow = checkpoints.compact(machine.disk)
        next(slow)
        with machine.disk.batch():
            put(env, b"key", b"new secret")
            machine.disk.forget()
        settling = machine.disk.settle()
        yield from slow
        yield from settling

    machine.run(both())
    assert b"old secret" not in everywhere(machine.backing) and not machine.disk.owed


def test_a_follower_that_becomes_the_writer_may_write(machine: Machine) -> None:
    put(machine.mount().open(), b"k", b"1")
    machine.settle()
    machine = machine.reboot()
    machine.run(machine.disk.follow())
    machine.mount()
    put(machine.open(), b"k", b"2")
    machine.settle()
    assert contents(machine.reboot().mount().open()) == [(b"k", b"2")]
