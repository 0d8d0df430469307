"""The vault: what opens it, what closes it, what a failed change leaves, what a wrong passcode costs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import falcon
import pytest
from keriwasm.web.form.errors import FieldError
from slices.vault import vault as vault_module
from slices.vault.vault import epoch_ms, wait_after
from walletkit import PASSCODE, FakeDisk, Sharing, place, quick  # noqa: F401 (fixtures)

pytestmark = pytest.mark.usefixtures("quick")

OTHER = "quite another passcode, as long"


class Doist:
    """A clock that a test sets."""

    active: Any = None

    def __init__(self) -> None:
        self.tyme = 0.0
        self.woken: list[Any] = []

    def now(self) -> float:
        return self.tyme

    def wake(self, doer: Any) -> None:
        self.woken.append(doer)


class Bench(Sharing):
    """As much of a worker as a vault needs."""

    def __init__(self, place: Path, generation: int = 1) -> None:  # noqa: F811
        self.disk = FakeDisk(place)
        self.doist = Doist()
        self.generation = generation
        self.faults: list[BaseException] = []
        self.holders: set[object] = set()

    def fault(self, ex: BaseException, **about: Any) -> str:
        self.faults.append(ex)
        return f"w1.1-{len(self.faults)}"


def do(generator: Any) -> Any:
    """Run what a Doer would `yield from`."""
    while True:
        try:
            next(generator)
        except StopIteration as stop:
            return stop.value


@pytest.fixture
def vaults(place: Path) -> Iterator[Any]:  # noqa: F811
    """Makes vaults over one directory, as one worker after another has it; all are closed at the end."""
    from slices.vault.vault import Vault

    made: list[Any] = []

    def start(generation: int = 1) -> Any:
        for vault in made:
            vault._close()
            vault._store.close()
        made.append(Vault(Bench(place, generation)))
        return made[-1]

    yield start
    for vault in made:
        vault._close()
        vault._store.close()


@pytest.fixture
def vault(vaults: Any) -> Any:
    made = vaults()
    do(made.create("Mine", PASSCODE, "low"))
    return made


def test_without_a_wallet(vaults: Any) -> None:
    vault = vaults()
    do(vault.ready())
    assert (vault.exists, vault.locked, vault.name) == (False, True, None)
    for ask in (lambda: vault.hby, lambda: vault.rgy, lambda: vault.kevers, lambda: do(vault.unlock(PASSCODE))):
        with pytest.raises(falcon.HTTPConflict):
            ask()


def test_created_it_is_open_and_one_batch_on_disk(vault: Any) -> None:
    assert (vault.exists, vault.locked, vault.name) == (True, False, "Mine")
    assert vault.worker.disk.batches == 1
    assert vault.hby.mgr.algo == "randy"
    with vault.change() as hby:
        hab = hby.makeHab("first")
    assert hab.pre in vault.kevers and vault.kevers[hab.pre].sner.num == 0
    with pytest.raises(falcon.HTTPConflict):
        do(vault.create("Another", PASSCODE, "low"))


def test_locked_nothing_is_left_and_the_passcode_brings_it_back(vault: Any) -> None:
    with vault.change() as hby:
        hab = hby.makeHab("first", icount=2, ncount=2)
    before, registry = hab.kever.serder.said, vault.rgy
    assert registry.reger.opened
    vault.lock()
    assert vault.locked and not registry.reger.opened and not hby.db.opened and hby.mgr.seed == ""
    for ask in (lambda: vault.hby, lambda: vault.rgy, lambda: vault.kevers, lambda: vault.change().__enter__()):
        with pytest.raises(falcon.HTTPError) as caught:
            ask()
        assert caught.value.status_code == 423
    do(vault.unlock(PASSCODE))
    assert vault.kevers[hab.pre].serder.said == before
    with vault.change() as hby:
        hby.habs[hab.pre].rotate()
    assert vault.kevers[hab.pre].sner.num == 1
    assert vault.rgy.reger.opened


def test_a_failed_change_leaves_the_state_before(vault: Any) -> None:
    with vault.change() as hby:
        pre = hby.makeHab("first").pre
    with pytest.raises(ZeroDivisionError), vault.change() as hby:
        hby.habs[pre].rotate()
        assert hby.kevers[pre].sner.num == 1
        _ = 1 / 0
    assert vault.kevers[pre].sner.num == 0 and not vault.locked and vault.worker.disk.undone == 1
    with vault.change() as hby:
        hby.habs[pre].rotate()
    assert vault.kevers[pre].sner.num == 1


def test_a_disk_that_went_back_takes_the_wallet_along(vault: Any, place: Path) -> None:  # noqa: F811
    import shutil

    with vault.change() as hby:
        pre = hby.makeHab("first").pre
    saved = place.with_name("earlier")
    shutil.copytree(place, saved)
    with vault.change() as hby:
        hby.habs[pre].rotate()
    _replace(vault, place, saved)
    assert vault.kevers[pre].sner.num == 0
    with vault.change() as hby:
        hby.habs[pre].rotate()
    shutil.rmtree(saved)
    _replace(vault, place, saved)  # as if the wallet's creation had never reached the disk
    assert vault.locked and not vault.exists and "could not be saved" in vault.reason


def _replace(vault: Any, place: Path, earlier: Path) -> None:  # noqa: F811
    """What the disk does when a write was refused: all databases hold what they held before."""
    import shutil

    vault._hby.close()
    vault._store.close()
    shutil.rmtree(place)
    if earlier.exists():
        shutil.copytree(earlier, place)
    vault.worker.disk.undone += 1


def test_reopening_that_fails_locks(vault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "_open", lambda *args: 1 / 0)
    with pytest.raises(KeyError), vault.change():
        raise KeyError("the change's own")
    assert vault.locked and "could not be opened again" in vault.reason
    assert [type(ex) for ex in vault.worker.faults] == [ZeroDivisionError]


def test_wrong_passcodes_are_counted_and_wait_longer_each(vaults: Any, vault: Any, monkeypatch: Any) -> None:
    from slices.vault import vault as module

    now = [1_000_000]
    monkeypatch.setattr(module, "epoch_ms", lambda: now[0])
    vault.lock()
    waits = []
    for number in range(1, 8):
        with pytest.raises(FieldError) as caught:
            do(vault.unlock(OTHER))
        told = caught.value.extra
        assert (told["field"], told["failures"]) == ("passcode", number)
        waits.append(told["retry_after"])
        if told["retry_after"]:
            with pytest.raises(falcon.HTTPTooManyRequests) as early:
                do(vault.unlock(PASSCODE))  # not even the right one is looked at
            assert early.value.extra["retry_after"] == told["retry_after"]
            assert early.value.headers["Retry-After"] == str(told["retry_after"])
        now[0] += told["retry_after"] * 1000
    assert waits == [0, 0, 5, 10, 20, 40, 80]
    assert module.wait_after(50) == module.wait_after(5000) == 900

    later = vaults()  # another worker over the same disk: the count is still there
    do(later.mounted())
    assert later.facts.failures == 7
    do(later.unlock(PASSCODE))
    assert later.facts.failures == later.facts.until == 0


def test_a_try_is_counted_on_disk_before_it_is_made(vaults: Any, vault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from slices.vault import passcode

    vault.lock()
    settled = vault.worker.disk.settled

    def die(*args: Any) -> None:
        assert vault.worker.disk.settled == settled + 1
        raise KeyboardInterrupt  # the tab is closed in the middle of it

    monkeypatch.setattr(passcode, "stretch", die)
    with pytest.raises(KeyboardInterrupt):
        do(vault.unlock(OTHER))
    later = vaults()
    do(later.mounted())
    assert later.facts.failures == 1


@pytest.mark.parametrize("ahead_s", [60, 3600, 86400, 365 * 86400])
def test_a_clock_set_back_locks_out_for_no_longer_than_the_wait(vault: Any, monkeypatch: pytest.MonkeyPatch, ahead_s: int) -> None:
    """Page/43: the clock was ahead, three wrong tries, the clock is set right: the wait is that of three tries, and it ends."""
    true = epoch_ms()
    clock = [true + ahead_s * 1000]
    monkeypatch.setattr(vault_module, "epoch_ms", lambda: clock[0])
    vault.lock()
    for _ in range(4):
        clock[0] += 20_000
        with pytest.raises(FieldError):
            do(vault.unlock("no, not the passcode"))
    clock[0] = true
    with pytest.raises(falcon.HTTPTooManyRequests) as caught:
        do(vault.unlock(PASSCODE))
    wait = caught.value.extra["retry_after"]
    assert 0 < wait <= wait_after(4)
    clock[0] += round(wait * 1000) // 2
    with pytest.raises(falcon.HTTPTooManyRequests) as caught:  # it goes on, and does not begin anew at each try
        do(vault.unlock(PASSCODE))
    assert caught.value.extra["retry_after"] <= wait / 2 + 1
    clock[0] += round(wait * 1000) // 2 + 1000
    do(vault.unlock(PASSCODE))
    assert not vault.locked


def test_changing_the_passcode_encrypts_anew(vault: Any, vaults: Any) -> None:
    with vault.change() as hby:
        random = hby.makeHab("random").pre
        salty = hby.makeHab("salty", algo="salty", tier="low").pre
    stored = {keys: bytes(raw) for keys, raw in _secrets(vault)}
    salt = vault.facts.salt
    with pytest.raises(FieldError) as caught:
        do(vault.rekey(OTHER, OTHER, "low"))
    assert caught.value.field == "old" and not vault.locked
    do(vault.rekey(PASSCODE, OTHER, "med"))
    assert (vault.facts.tier, vault.facts.salt == salt) == ("med", False)
    again = {keys: bytes(raw) for keys, raw in _secrets(vault)}
    assert again.keys() == stored.keys() and not any(again[keys] == stored[keys] for keys in stored)
    later = vaults()
    do(later.mounted())
    with pytest.raises(FieldError):
        do(later.unlock(PASSCODE))
    do(later.unlock(OTHER))
    for pre in (random, salty):
        with later.change() as hby:
            hby.habs[pre].rotate()
        assert later.kevers[pre].sner.num == 1


def _secrets(vault: Any) -> Iterator[tuple[Any, bytes]]:
    """What the key store keeps encrypted: private keys and salts, as they lie there."""
    keeper = vault.hby.ks
    yield "salt", keeper.gbls.get("salt").encode()
    with keeper.env.begin() as txn:
        yield from txn.cursor(keeper.pris.sdb)
    for keys, params in keeper.prms.getItemIter():
        if params.salt:
            yield keys, params.salt.encode()


def test_the_root_salt_is_never_stored_in_plain(place: Path, vaults: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from keri.db import subing

    written: list[str] = []
    pin = subing.Suber.pin
    monkeypatch.setattr(
        subing.Suber, "pin", lambda self, keys, val: written.append(str(val)) or pin(self, keys=keys, val=val)
    )
    vault = vaults()
    do(vault.create("Mine", PASSCODE, "low"))
    salt = vault.hby.mgr.salt
    assert salt.startswith("0A") and len(salt) == 24 and any(each.startswith("1AAH") for each in written)
    assert salt not in written and salt.encode() not in (place / "keri/ks/wallet/data.mdb").read_bytes()


def test_idle_it_locks_itself_and_use_puts_it_off(vault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [time.time()]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    vault.autolock(600)
    vault.worker.doist.tyme += 599
    assert not vault.locked and vault.remaining() == pytest.approx(1)
    vault.touch()
    vault.worker.doist.tyme += 599
    assert not vault.locked
    clock[0] += 601  # the machine slept: the scheduler's clock stood still
    with pytest.raises(falcon.HTTPError) as caught:
        _ = vault.hby
    assert caught.value.status_code == 423 and "not used for 10 min" in caught.value.description
    do(vault.unlock(PASSCODE))
    vault.autolock(0)
    vault.worker.doist.tyme += 1e9
    assert not vault.locked and vault.remaining() is None


def test_what_is_quiet_is_no_use(vault: Any) -> None:
    """A page that another site has opened, or what a page asks for by itself, does not put the lock off."""
    vault.autolock(600)
    for quiet in (True, False):
        vault.worker.doist.active = SimpleNamespace(quiet=quiet)
        vault.worker.doist.tyme += 200
        assert vault.hby is not None
        assert vault.remaining() == pytest.approx(400 if quiet else 600)
        vault.worker.doist.active = None


@pytest.mark.parametrize(("generation", "words"), [(1, "loaded anew"), (2, "was replaced")])
def test_a_new_worker_says_why_it_is_locked(vault: Any, vaults: Any, generation: int, words: str) -> None:
    later = vaults(generation)  # the first one is gone without a lock
    do(later.mounted())
    assert later.locked and words in later.reason
    do(later.unlock(PASSCODE))
    assert later.reason == ""
    later.lock()
    last = vaults(generation)
    do(last.mounted())
    assert last.reason == "", "somebody locked it: there is nothing to explain"


def test_deleted_open_or_locked_nothing_is_left(vault: Any, place: Path) -> None:  # noqa: F811
    vault.lock()
    vault.destroy()
    assert not place.exists() and not vault.exists
    do(vault.create("Another", OTHER, "low"))
    assert vault.name == "Another" and not vault.hby.habs
    vault.destroy()
    assert not place.exists()


def test_watchers_are_woken_at_every_turn(vault: Any) -> None:
    vault.watchers.add("somebody")
    epoch = vault.epoch
    vault.lock()
    do(vault.unlock(PASSCODE))
    vault.destroy()
    assert vault.epoch == epoch + 3 and vault.worker.doist.woken == ["somebody"] * 3


def test_a_tier_that_does_not_fit_is_refused_before_it_is_tried(vaults: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from slices.crypto import passwords

    monkeypatch.setattr(passwords, "device_memory", lambda: 1 << 30)
    with pytest.raises(FieldError) as caught:
        do(vaults().create("Mine", PASSCODE, "high"))
    assert caught.value.field == "tier"


def test_the_seed_is_what_keripy_itself_would_derive() -> None:
    """In a process of its own, with the real cost: `Habery(bran=...)` of our 21 characters has the same aeid."""
    program = """
import base64, hashlib
from keri.app import habbing
from slices.vault import passcode
salt, word = bytes(range(16)), "Ünïcode passcode of 26 characters"
signer = passcode.stretch(word, salt, "low")
digest = hashlib.blake2b(word.encode(), digest_size=16, key=salt, person=b"keriwasm.bran").digest()
bran = base64.urlsafe_b64encode(digest).decode()[:21]
taken = {}
class Keeper:
    opened = True
class Stop(Exception): pass
def manager(**kwa):
    taken.update(kwa)
    raise Stop
habbing.keeping.Manager = manager
hby = habbing.Habery.__new__(habbing.Habery)
hby.ks = hby.db = Keeper()
try:
    hby.setup(bran=bran, tier="low")
except Stop:
    print(taken["aeid"] == signer.verfer.qb64, taken["seed"] == signer.qb64)
"""
    root = Path(__file__).resolve().parents[4] / "python"
    ran = subprocess.run(
        [sys.executable, "-c", f"import lmdb, sys; sys.path.insert(0, {str(root)!r})\n{program}"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.stdout == "True True\n", ran.stderr
