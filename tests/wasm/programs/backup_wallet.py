"""A wallet made, given credentials, backed up, deleted and restored in Pyodide: our lmdb, our libsodium, liboqs' ML-KEM."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import Any

from keriwasm.data.encoding import b64u
from keriwasm.imports import native
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import unb64u

native.keri()

from keri.core import eventing as _first  # noqa: E402, F401 (keripy's modules import each other in circles)
from slices.backup import format, making, recovery, restore, sealing  # noqa: E402
from slices.backup.recovery import MlKem768  # noqa: E402
from slices.credentials import issuing, presenting, schemas, view  # noqa: E402
from slices.credentials.kept import shelf  # noqa: E402
from slices.crypto import passwords  # noqa: E402
from slices.vault.vault import Vault  # noqa: E402

PASSCODE = "a passcode of enough characters"
PHRASE = "a phrase of its own, and long"
CHEAP = passwords.Tier("cheap", 1, 8 << 10)


class Disk:
    """No IndexedDB here: this program is about what is in the file."""

    trouble = None
    undone = 0

    def mount(self, progress: Any = None) -> Any:
        yield

    def settle(self) -> Any:
        yield

    @contextmanager
    def unkept(self) -> Any:
        yield

    leftover = ""

    def forget(self) -> None:
        """Nothing is kept here."""

    @contextmanager
    def batch(self) -> Any:
        yield


class Doist:
    active = None

    def now(self) -> float:
        return time.monotonic()

    def wake(self, doer: Any) -> None:
        """Nobody waits."""


class Worker:
    generation = 1

    def __init__(self) -> None:
        self.disk = Disk()
        self.doist = Doist()
        self.holders: set[object] = set()
        self.made: dict[Any, Any] = {}

    def fault(self, ex: BaseException, **about: Any) -> str:
        raise ex

    def shared(self, make: Any) -> Any:
        if make not in self.made:
            self.made[make] = make(self)
        return self.made[make]


def do(generator: Any) -> Any:
    while True:
        try:
            next(generator)
        except StopIteration as stop:
            return stop.value


def state(vault: Vault) -> dict[str, Any]:
    hby = vault.hby
    while not hby.habs.whole:
        hby.habs.gather()
    return {
        "kels": {aid: b64u(b"".join(hby.db.clonePreIter(pre=aid.encode()))) for _, aid in hby.habs.order},
        "keys": sorted(key for (key,), _ in hby.ks.pris.getItemIter(decrypter=hby.mgr.decrypter)),
        "credentials": [(each["said"], each["state"]) for each in do(view.credentials(vault, do(shelf.of(vault).read()).order))],
    }


def main(args: dict[str, Any]) -> dict[str, Any]:
    """Open the native side's file by its recovery key; make one for it; gives both."""
    kem = MlKem768()
    seed = unb64u(args["seed"], "seed")
    parts = format.split(unb64u(args["file"], "file"))
    key, by = sealing.file_key(parts, sealing.Secret(seed=seed), kem)
    told: dict[str, Any] = {"content": b64u(b"".join(sealing.open_body(parts, key))), "by": by}
    told["public"] = recovery.show_public(recovery.public_of(seed, kem))

    vault = Vault(Worker())
    do(vault.create("Mine", PASSCODE, "low"))
    schemer = schemas.load(dict(schemas.SAMPLES["course"]), saidify=False)
    with vault.change() as hby:
        hby.db.schema.pin(schemer.said, schemer)
        first, second = hby.makeHab("first"), hby.makeHab("second")
        first.rotate()
    for round in range(2):
        with vault.change():
            registry = next(iter(vault.rgy.regs.values()), None) or issuing.make_registry(vault, first, "Courses")
            given = {"course": f"Course {round}", "grade": "passed"}
            creder = issuing.issue(vault, registry, schemer.sed, second.pre, given)
    with vault.change():
        issuing.revoke(vault, creder)
    (report,) = presenting.check(vault, presenting.export(vault, creder))["results"]
    told["report"] = {"state": report["state"], "authentic": report["authentic"]}
    try:
        presenting.check(vault, presenting.export(vault, creder)[:-40])
    except FieldError as ex:
        told["cut"] = ex.reason

    before = state(vault)
    started = time.perf_counter()
    public = recovery.public_of(seed, kem)
    made = do(making.make(vault, "0.1.0", passphrase=PHRASE, tier=CHEAP, public=public, kem=kem))
    told["made_ms"] = (time.perf_counter() - started) * 1000
    own = do(making.make(vault, "0.1.0", kem=kem))
    told["same"] = []
    for file, secret, new in (
        (made.file, sealing.Secret(passcode=PHRASE), None),
        (own.file, sealing.Secret(passcode=PASSCODE), None),
        (made.file, sealing.Secret(seed=seed), "another passcode, as long as it"),
    ):
        vault.destroy()
        started = time.perf_counter()
        do(restore.restore(vault, file, secret, kem=kem, new=new))
        told["restored_ms"] = (time.perf_counter() - started) * 1000
        do(vault.unlock(new or PASSCODE))
        told["same"].append(state(vault) == before)
    try:
        do(restore.restore(vault, made.file, sealing.Secret(seed=recovery.new_seed()), kem=kem, check=True))
    except sealing.WrongSecret as ex:
        told["other_key"] = ex.field
    told["file"] = b64u(made.file)
    told["holds"] = made.holds
    return told
