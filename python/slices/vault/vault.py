"""The vault: keripy's Habery of this worker, opened by a passcode, closed by a lock, changed in whole steps only.

    vault = vault.of(worker)
    yield from vault.ready()
    with vault.change() as hby:           # one IndexedDB transaction; an exception undoes all of it
        hby.habByPre(aid).rotate()

keripy's Habery, Hab, Keeper and Manager are used as they are. Two things are done around them, here:

* The seed is derived from the passcode by `passcode.stretch` and given to the Habery, instead of `bran`.
* A new Keeper gets its roots (aeid, salt) already encrypted before its Manager sees it. The Manager by itself would write
  the root salt in plain first and encrypt it in a second transaction, and a log of transactions might keep the first.

What is secret (the seed, decrypted keys) lives in this worker's memory while the wallet is open, and nowhere else.
Python cannot wipe memory: a lock drops every reference, and what is free is overwritten after it (wiping.py).
"""

from __future__ import annotations

import base64
import gc
import os
import shutil
import time
from collections import ChainMap
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from keriwasm.disk import places
from keriwasm.imports import native

from slices.vault import owned
from slices.vault import passcode as passcodes
from slices.vault.facts import Facts, FactStore
from slices.vault.trouble import Exists, Locked, NoWallet, TooSoon, WrongPasscode

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

    from slices.vault.stretching import Plan

HEAD = places.place("/keriwasm/wallet")
"""Below it lie all databases of the wallet: keri/db, keri/ks, keri/reg and facts."""

NAME = "wallet"
"""keripy's name of these databases. The name that the owner gives is no file name and stands in the facts."""

FREE_TRIES = 2
FIRST_WAIT = 5.0
LONGEST_WAIT = 15 * 60.0


def of(worker: Context) -> Vault:
    """The one vault of this worker."""
    return worker.shared(Vault)


def wait_after(failures: int) -> float:
    """Seconds to wait after so many wrong passcodes in a row: 0, 0, 5, 10, 20 … 15 minutes."""
    if failures <= FREE_TRIES:
        return 0.0
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures - FREE_TRIES - 1, 20))


class Vault:
    """One wallet in one worker.

    Attributes:
        reason (str): why the wallet is locked, when nobody asked for it; "" otherwise
        epoch (int): grows with every create, unlock, lock, delete
        making: the keys that are being derived now, if any
        watchers: Doers that are woken when `epoch` grows; wipers: those that overwrite free memory, see `spoke`
        listeners: called after each change
        loses (str): what a replacement of its worker would lose while it holds it, for people
    """

    loses = "open wallet"

    def __init__(self, worker: Context) -> None:
        self.worker = worker
        self.reason = ""
        self.epoch = 0
        self.watchers: set[Any] = set()
        self.listeners: set[Callable[[], None]] = set()
        self.wipers: set[Any] = set()
        self.head = HEAD
        self._store = FactStore(self.head)
        self._facts: Facts | None = None
        self._mounted = False
        self._hby: Any = None
        self._rgy: Any = None
        self._used = (0.0, 0.0)
        self._undone = 0
        self.making: Plan | None = None

    # -- what everybody may ask -------------------------------------------------------------------------------------

    def mounted(self) -> Generator[float, float, None]:
        """Wait until the facts are known: enough for whatever a locked wallet shows. Raises what the disk raises.

        After trouble with the disk each call asks it again whether it takes writes."""
        if not self._mounted or self.worker.disk.trouble is not None:
            yield from self.worker.disk.mount()
            if not self._mounted:
                self._mounted = True
                self._undone = self.worker.disk.undone
                self._facts = self._store.read()
                self._after_a_start()

    def ready(self) -> Generator[float, float, None]:
        """Wait until the disk is mounted and keripy is there: every handler that touches keys begins with it."""
        yield from self.mounted()
        yield  # a first import of keripy takes a second or two: in steps, so that the worker is not taken for hung
        yield from native.keri_steps()

    @property
    def exists(self) -> bool:
        return self._facts is not None

    @property
    def locked(self) -> bool:
        """True also when there is no wallet."""
        self.enforce()
        return self._hby is None

    @property
    def name(self) -> str | None:
        return None if self._facts is None else self._facts.name

    @property
    def facts(self) -> Facts:
        """Raises NoWallet."""
        if self._facts is None:
            raise NoWallet()
        return self._facts

    @property
    def hby(self) -> Any:
        """The open wallet's Habery; asking for it counts as use, but for requests that are quiet. Raises Locked (423) or NoWallet (409)."""
        facts = self.facts
        self.enforce()
        if self._hby is None:
            raise Locked(facts.name, self.reason)
        if not getattr(self.worker.doist.active, "quiet", False):
            self.touch()
        return self._hby

    def own(self) -> Generator[float, float, owned.Owned]:
        """The open wallet's identifiers, all of them known by alias: read in steps, the first time. Raises as `hby`."""
        while not (own := self.hby.habs).whole:
            own.gather()
            yield
        return own

    @property
    def rgy(self) -> Any:
        """The open wallet's Regery (credential registries), opened at its first use. Raises as `hby`."""
        hby = self.hby
        if self._rgy is None:
            from keri.vdr import credentialing, viring

            with self.worker.disk.unkept():
                reger = viring.Reger(name=NAME, db=hby.db, headDirPath=str(self.head), reopen=True)
                self._rgy = credentialing.Regery(hby=hby, name=NAME, reger=reger)
        return self._rgy

    @property
    def kevers(self) -> Mapping[str, Any]:
        """AID -> Kever of all that the open wallet knows: its own identifiers and what its database has verified."""
        return ChainMap(self.hby.kevers)

    @property
    def token(self) -> str:
        """Changes whenever the wallet is created, opened, closed, deleted, or its worker replaced."""
        return f"{self.worker.id}.{self.worker.generation}.{self.epoch}"

    # -- changes ----------------------------------------------------------------------------------------------------

    @contextmanager
    def change(self) -> Iterator[Any]:
        """A synchronous section that changes the open wallet; gives the Habery.

        All that is committed inside becomes one IndexedDB transaction. When the block raises, nothing of it is kept, and
        keripy's objects are made anew from the state before: whoever holds Habs or Kevers must look them up again.
        """
        hby = self.hby
        try:
            with self.worker.disk.batch():
                yield hby
        except BaseException:
            self._reopen()
            raise
        for listener in self.listeners:
            listener()

    def touch(self) -> None:
        """The wallet is in use: the time until it locks itself begins anew."""
        self._used = (self.worker.doist.now(), time.time())

    def create(self, name: str, passcode: str, tier: str) -> Generator[float, float, None]:
        """Make a wallet and leave it open. Raises Exists, or FieldError for a tier that this worker cannot give."""
        yield from self.ready()
        if self.exists:
            raise Exists(self.facts.name)
        passcodes.check_tier(tier)
        salt = os.urandom(16)
        signer = passcodes.stretch(passcode, salt, tier)
        now = epoch_ms()
        facts = Facts(name, tier, base64.b64encode(salt).decode(), created=now, opened=now)
        try:
            with self.worker.disk.batch():
                self._remove()
                self._store.write(facts)
                self._open(signer.qb64, signer.verfer.qb64, keeper=self._new_keeper(signer))
        except BaseException:
            self._close()
            self._store.close()
            raise
        self._facts = facts
        self._changed()

    def unlock(self, passcode: str) -> Generator[float, float, None]:
        """Open the wallet. Raises NoWallet, WrongPasscode, TooSoon."""
        yield from self.ready()
        signer = yield from self._tried("passcode", passcode)
        if self._hby is None:
            self._open(signer.qb64, signer.verfer.qb64)
        self.facts.opened = epoch_ms()
        self._store.write(self.facts)
        self._changed()

    def lock(self, reason: str = "") -> None:
        """Close the wallet and forget its keys. Does nothing when it is locked already."""
        if self._hby is None:
            return
        self._close()
        # A disk that takes no writes must not keep the keys in memory: then a reload says that the page was loaded anew.
        if self._facts is not None and self.worker.disk.trouble is None:
            self._facts.opened = 0
            self._store.write(self._facts)
        self._changed(reason)

    def rekey(self, old: str, new: str, tier: str) -> Generator[float, float, None]:
        """Encrypt the key store anew for another passcode or tier. Raises Locked, NoWallet, WrongPasscode, TooSoon."""
        yield from self.ready()
        _ = self.hby
        passcodes.check_tier(tier)
        yield from self._tried("old", old)
        salt = os.urandom(16)
        signer = passcodes.stretch(new, salt, tier)
        facts = Facts(**{**vars(self.facts), "tier": tier, "salt": base64.b64encode(salt).decode()})
        with self.change() as hby:
            hby.mgr.updateAeid(signer.verfer.qb64, signer.qb64)
            self._store.write(facts)
            self.worker.disk.forget()
        self._facts = facts
        yield from self.worker.disk.settle()  # nothing that the old passcode opens is left when this is answered

    def prove(self, field: str, passcode: str) -> Generator[float, float, None]:
        """Return if this is the passcode. Raises NoWallet, WrongPasscode, TooSoon."""
        yield from self.ready()
        yield from self._tried(field, passcode)

    def autolock(self, seconds: int) -> None:
        """Set the time without use after which the wallet locks itself; 0 is never. Raises NoWallet."""
        self.facts.autolock = seconds
        self._store.write(self.facts)
        self.touch()
        self._changed(self.reason)

    def destroy(self) -> None:
        """Delete the wallet with all its keys and logs, open or locked. Raises NoWallet.

        The answer waits until nothing of it is on the disk any more (Disk.settle)."""
        _ = self.facts
        self._close()
        with self.worker.disk.batch():
            self._remove()
            self.worker.disk.forget()
        self._facts = None
        self._changed()

    def reset(self) -> None:
        """Forget what is in memory, then read the facts anew: for whoever replaces the databases (a restored backup)."""
        self._close()
        self._store.close()
        self._facts = self._store.read()
        self._changed()

    def spoke(self) -> None:
        """Secrets came through memory, or went: who overwrites what is free is woken."""
        for doer in self.wipers:
            self.worker.doist.wake(doer)

    # -- idle time --------------------------------------------------------------------------------------------------

    def remaining(self) -> float | None:
        """Seconds until the wallet locks itself; None when it is locked or never does."""
        if self._hby is None or self._facts is None or not self._facts.autolock:
            return None
        # The scheduler's clock may stand still while the machine sleeps, the system's may be set back: the later counts.
        idle = max(self.worker.doist.now() - self._used[0], time.time() - self._used[1])
        return self._facts.autolock - idle

    def enforce(self) -> None:
        """Lock a wallet whose time is over, also when no timer has rung: nothing is answered from it any more. And when
        the disk had to go back to an earlier state, make keripy's objects anew from that."""
        if self._mounted and self.worker.disk.undone != self._undone:
            self._go_back()
        remaining = self.remaining()
        if remaining is not None and remaining <= 0:
            minutes = self.facts.autolock // 60
            self.lock(
                f"it was not used for {minutes} min." if minutes else f"it was not used for {self.facts.autolock} s."
            )

    # -- private ----------------------------------------------------------------------------------------------------

    def _tried(self, field: str, passcode: str) -> Generator[float, float, Any]:
        """The Signer of a passcode that is right. A try is counted, on disk, before it is made: closing the page while
        it runs does not undo the count."""
        facts = self.facts
        due = round(wait_after(facts.failures) * 1000)
        if facts.until - epoch_ms() > due:  # the clock was ahead when that was written, and was set right since
            facts.until = epoch_ms() + due  # written, or it would be as far away at the next try
            self._store.write(facts)
        wait = (facts.until - epoch_ms()) / 1000
        if wait > 0:
            raise TooSoon(field, facts.failures, wait)
        facts.failures += 1
        facts.until = epoch_ms() + round(wait_after(facts.failures) * 1000)
        self._store.write(facts)
        self.spoke()
        yield from self.worker.disk.settle()
        passcodes.check_tier(facts.tier)
        signer = passcodes.stretch(passcode, facts.salt_bytes, facts.tier)
        if signer.verfer.qb64 != self._aeid():
            wait = wait_after(facts.failures)
            facts.until = epoch_ms() + round(wait * 1000)
            self._store.write(facts)
            raise WrongPasscode(field, facts.failures, wait)
        facts.failures = facts.until = 0
        self._store.write(facts)
        return signer

    def _aeid(self) -> str:
        """The public key that the key store is encrypted for."""
        if self._hby is not None:
            return self._hby.mgr.aeid
        keeper = self._keeper()
        try:
            return keeper.gbls.get("aeid")
        finally:
            keeper.close()

    def _keeper(self) -> Any:
        from keri.app import keeping

        return keeping.Keeper(name=NAME, headDirPath=str(self.head), reopen=True)

    def _new_keeper(self, signer: Any) -> Any:
        """A Keeper with the roots that keripy's Manager would give it, none of them ever in plain on the disk."""
        from keri import core
        from keri.app import keeping

        keeper = self._keeper()
        encrypter = core.Encrypter(verkey=signer.verfer.qb64)
        salt = encrypter.encrypt(ser=core.Salter().qb64, code=core.MtrDex.X25519_Cipher_Salt)
        # Random keys by default: stretching a random salt anew for every key would add nothing but time.
        roots = {"aeid": signer.verfer.qb64, "algo": keeping.Algos.randy, "salt": salt.qb64, "tier": core.Tiers.low}
        for name, value in {**roots, "pidx": "0"}.items():
            keeper.gbls.pin(name, value)
        return keeper

    def _open(self, seed: str, aeid: str, keeper: Any = None) -> None:
        from keri.app import configing

        # The configuration file is keripy's way to preload a database with addresses: here it is empty and of no life.
        cf = configing.Configer(name=NAME, temp=True, reopen=True)
        self._hby = owned.habery(name=NAME, ks=keeper, cf=cf, headDirPath=str(self.head), seed=seed, aeid=aeid)
        self.touch()

    def _go_back(self) -> None:
        """The disk is in an earlier state: so are the facts, and the wallet, if it was there then."""
        self._undone = self.worker.disk.undone
        self._store.close()
        self._facts = self._store.read()
        if self._hby is None:
            return
        if self._facts is None:
            self._close()
            self._changed("its last change could not be saved.")
            return
        self._reopen()

    def _reopen(self) -> None:
        """keripy's objects anew from what is stored. When that fails the wallet is locked, never half open."""
        seed = self._hby.mgr.seed
        self._close()
        self._store.close()
        self._undone = self.worker.disk.undone
        try:
            with self.worker.disk.unkept():
                self._open(seed, self._aeid())
        except Exception as ex:
            number = self.worker.fault(ex, about={"type": "wallet:reopen"})
            self._close()
            self._changed(f"it could not be opened again after a failed change (fault {number}).")

    def _close(self) -> None:
        hby, rgy, self._hby, self._rgy = self._hby, self._rgy, None, None
        if rgy is not None:
            rgy.close()
        if hby is not None:
            hby.close()
            hby.mgr._seed = ""
            hby.mgr.decrypter = None
        gc.collect()

    def _remove(self) -> None:
        """Delete the wallet's directory; nothing in it may be open."""
        self._store.close()
        if self.head.exists():
            shutil.rmtree(self.head)

    def _after_a_start(self) -> None:
        """Say why a wallet that was open is locked: this worker is not the one that had opened it."""
        if self._facts is None or not self._facts.opened:
            return
        if self.worker.generation > 1:
            self.reason = "the worker that held its keys was replaced, for it had crashed, hung, grown too large, or was resized away."
        else:
            self.reason = "the page was loaded anew, and keys are kept in memory only."

    def _changed(self, reason: str = "") -> None:
        self.reason = reason
        if self._hby is None:
            self.worker.holders.discard(self)
        else:
            self.worker.holders.add(self)  # a replacement of this worker would lock it
        self.epoch += 1
        for doer in list(self.watchers):
            self.worker.doist.wake(doer)
        self.spoke()


def epoch_ms() -> int:
    """Now, in milliseconds."""
    return round(time.time() * 1000)
