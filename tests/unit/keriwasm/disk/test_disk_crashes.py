"""A crash at any transaction of any workload: every settled state comes back, and no state that never was."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from diskkit import Crashed, Machine, MemoryDisk
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from keriwasm.disk import checkpoints
from keriwasm.disk import disk as disks

keys = st.sampled_from([b"a", b"b", b"c", b"d"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(["one", "two"]), keys, st.binary(max_size=30)),
        st.tuples(st.just("delete"), st.sampled_from(["one", "two"]), keys),
        st.tuples(st.just("both"), keys, st.binary(max_size=30)),
        st.tuples(st.just("raise"), keys, st.binary(max_size=30)),
        st.tuples(st.just("settle")),
        st.tuples(st.just("settle")),
        st.tuples(st.just("compact")),
        st.tuples(st.just("clear"), st.sampled_from(["one", "two"])),
    ),
    min_size=1,
    max_size=25,
)


class Workload:
    """Plays steps on a machine and keeps every state that memory was in between whole changes."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.envs = {name: machine.open(name) for name in ("one", "two")}
        self.states: list[dict[str, dict[bytes, bytes]]] = [{"one": {}, "two": {}}]
        self.settled = 0  # index into states: what must survive

    def play(self, step: tuple[Any, ...]) -> None:
        now = {name: dict(content) for name, content in self.states[-1].items()}
        match step:
            case "put", name, key, value:
                self.put(name, key, value)
                now[name][key] = value
            case "delete", name, key:
                with self.envs[name].begin(write=True) as txn:
                    txn.delete(key)
                now[name].pop(key, None)
            case "both", key, value:
                with self.machine.disk.batch():
                    for name in self.envs:
                        self.put(name, key, value)
                        now[name][key] = value
            case "raise", key, value:
                try:
                    with self.machine.disk.batch():
                        for name in self.envs:
                            self.put(name, key, value)
                        raise ZeroDivisionError
                except ZeroDivisionError:
                    pass
            case ("settle",):
                self.machine.settle()
                self.settled = len(self.states) - 1
            case ("compact",):
                self.machine.run(checkpoints.compact(self.machine.disk))
            case "clear", name:
                self.envs[name].close()
                for path in (self.machine.folder / name).iterdir():
                    path.unlink()
                self.machine.disk.look()
                self.envs[name] = self.machine.open(name)
                now[name] = {}
        self.states.append(now)

    def put(self, name: str, key: bytes, value: bytes) -> None:
        with self.envs[name].begin(write=True) as txn:
            txn.put(key, value)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps, st.integers(0, 30), st.booleans())
@example(  # a checkpoint while a deleted directory and the batch before it are in memory only
    [("put", "one", b"a", b""), ("settle",), ("both", b"a", b""), ("clear", "one"), ("compact",)], 3, False
)
def test_a_crash_anywhere(sequence: list[tuple], crash_at: int, after: bool) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "PART", 60)
        patch.setattr(disks, "TEMPORARY", "/nowhere/")
        machine = Machine(Path(folder) / "kept", MemoryDisk(), "lmdb_that_crashes").reboot().mount()
        work = Workload(machine)
        machine.backing.crash_at, machine.backing.after = 1 + crash_at, after
        try:
            for step in sequence:
                work.play(step)
        except Crashed:
            pass
        machine.backing.crash_at = None
        machine = machine.reboot().mount()
        found = {}
        for name in ("one", "two"):
            with machine.open(name).begin() as txn:
                found[name] = dict(txn.cursor())
        assert found in work.states[work.settled :]
        machine.reboot()
