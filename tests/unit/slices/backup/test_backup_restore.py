"""Backups of a real wallet: what comes back, what is refused, and that a refusal changes nothing."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgpack
import pytest
from backupkit import PASSCODE, FakeDisk, FakeKem, credentials, do, issued, place, quick, unsynced, vault  # noqa: F401 (fixtures)
from keriwasm.data.encoding import b64u
from keriwasm.web.form.fields import unb64u
from poolkit import alone
from slicekit import Page, problem, upload
from slices.backup import checking, format, making, reading, recovery, restore, sealing
from slices.backup.dump import Dump, read_stores
from slices.backup.sealing import Secret
from slices.credentials import issuing
from slices.crypto import passwords
from slices.ledger import book
from walletkit import habs
from workerkit import Kit, run, running

KEM = FakeKem()
CHEAP = passwords.Tier("cheap", 1, 8 << 10)


@pytest.fixture(autouse=True)
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the ledger lies in this test: one store with one record."""
    import lmdb

    head = tmp_path / "ledger"
    monkeypatch.setattr(book, "HEAD", head)
    (head / "contacts").mkdir(parents=True)
    with lmdb.open(str(head / "contacts"), max_dbs=2) as env:
        names = env.open_db(b"names.", dupsort=True)
        with env.begin(write=True) as txn:
            txn.put(b"who", b"Alice", db=names)
            txn.put(b"who", b"<script>", db=names)
            txn.put(b"__version__", b"1")
    return head


def state(vault: Any) -> dict[str, Any]:  # noqa: F811
    """What must be the same again."""
    hby = vault.hby
    return {
        "kels": {hab.pre: [bytes(each) for each in hby.db.clonePreIter(pre=hab.pre.encode())] for hab in habs(hby)},
        "aliases": {hab.pre: hab.name for hab in habs(hby)},
        "credentials": [(each["said"], each["state"], each["attributes"]) for each in credentials(vault)],
        "keys": {pub: signer.qb64 for (pub,), signer in hby.ks.pris.getItemIter(decrypter=hby.mgr.decrypter)},
    }


def everything(vault: Any) -> list[Any]:  # noqa: F811
    """All that is stored."""
    return read_stores(making.rooms(vault))


def made(vault: Any, **how: Any) -> making.Made:  # noqa: F811
    return do(making.make(vault, "0.1.0", kem=KEM, **how))


def restored(vault: Any, file: bytes, secret: Secret, **how: Any) -> dict[str, Any]:  # noqa: F811
    return do(restore.restore(vault, file, secret, kem=KEM, **how))


def test_the_whole_wallet_comes_back(vault: Any, ledger: Path) -> None:  # noqa: F811
    import lmdb

    creder = issued(vault)
    with vault.change():
        issuing.revoke(vault, creder)
    issued(vault, hours=13)
    before = state(vault)
    assert [each[1] for each in before["credentials"]] == ["issued", "revoked"]
    backup = made(vault)
    assert backup.by == ["passcode"] and len(backup.holds["identifiers"]) == 3 and backup.holds["credentials"] == 2
    vault.destroy()
    (ledger / "contacts" / "data.mdb").unlink()
    told = restored(vault, backup.file, Secret(passcode=PASSCODE))
    assert told["restored"] and told["name"] == "Mine" and vault.locked and vault.exists
    do(vault.unlock(PASSCODE))
    assert state(vault) == before
    with lmdb.open(str(ledger / "contacts"), max_dbs=2) as env, env.begin() as txn:
        names = env.open_db(b"names.", txn=txn, create=False)
        assert names.flags(txn)["dupsort"] and len(list(txn.cursor(names))) == 2 and txn.get(b"__version__") == b"1"
    with vault.change() as hby:  # and it goes on living
        for hab in habs(hby):
            if hab.kever.transferable:
                hab.rotate()
        issuing.revoke(vault, vault.rgy.reger.creds.get(keys=before["credentials"][0][0]))
    assert vault.worker.disk.undone == 0


def test_over_another_wallet_only_by_its_name(vault: Any) -> None:  # noqa: F811
    backup = made(vault)
    with vault.change() as hby:
        hby.habByName("first").rotate()
    now = everything(vault)
    for typed in ("", "mine", "Mine "):
        with pytest.raises(restore.Occupied):
            restored(vault, backup.file, Secret(passcode=PASSCODE), replace=typed)
        assert everything(vault) == now and not vault.locked
    restored(vault, backup.file, Secret(passcode=PASSCODE), replace="Mine")
    do(vault.unlock(PASSCODE))
    assert vault.hby.habByName("first").kever.sner.num == 2


def test_a_check_changes_nothing(vault: Any) -> None:  # noqa: F811
    backup = made(vault)
    now = everything(vault)
    told = restored(vault, backup.file, Secret(passcode=PASSCODE), check=True)
    assert not told["restored"] and [each["alias"] for each in told["identifiers"]].count("first") == 1
    assert everything(vault) == now and not vault.locked


def test_the_recovery_key_and_a_new_passcode_when_the_old_one_is_lost(vault: Any) -> None:  # noqa: F811
    seed = recovery.new_seed()
    backup = made(vault, passphrase="a phrase of its own, long", tier=CHEAP, public=recovery.public_of(seed, KEM))
    assert backup.by == ["passphrase", "recovery"]
    before = state(vault)
    with pytest.raises(sealing.WrongSecret):
        restored(vault, backup.file, Secret(passcode=PASSCODE), replace="Mine")
    restored(vault, backup.file, Secret(seed=seed), replace="Mine", new="a wholly new passcode, long")
    with pytest.raises(Exception, match="422"):
        do(vault.unlock(PASSCODE))
    do(vault.unlock("a wholly new passcode, long"))
    assert state(vault) == before
    assert "passphrase" in restored(vault, backup.file, Secret(passcode="a phrase of its own, long"), check=True)["by"]


def test_a_failure_while_it_is_put_in_place_undoes_all(vault: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    backup = made(vault)
    with vault.change() as hby:
        hby.habByName("first").rotate()
    vault.lock()
    now = everything(vault)
    monkeypatch.setattr(restore, "write_stores", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        restored(vault, backup.file, Secret(passcode=PASSCODE), replace="Mine")
    assert everything(vault) == now and vault.exists
    do(vault.unlock(PASSCODE))
    assert vault.hby.habByName("first").kever.sner.num == 3


# -- content that a knower of the key has tampered with ---------------------------------------------------------------


def resealed(backup: making.Made, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """The backup with other content, sealed as the first one was."""
    parts = format.split(backup.file)
    key = sealing.file_key(parts, Secret(passcode=PASSCODE), KEM)[0]
    raw = msgpack.unpackb(b"".join(sealing.open_body(parts, key)))
    change(raw)
    return sealing.seal(msgpack.packb(raw), key, list(parts.header.wraps), made=backup.made, app="")


def database(raw: dict[str, Any], path: str, name: bytes) -> list[list[bytes]]:
    (store,) = (each for each in raw["stores"] if each["path"] == path)
    return next(each["pairs"] for each in store["databases"] if each["name"] == name)


def read(content: bytes, size: int = 0) -> Dump:
    """Through the reader of a restore, in pieces as they come from a file."""
    pieces = (content[at : at + 1000] for at in range(0, len(content), 1000))
    return do(reading.read(pieces, size or len(content)))


def swap_keys(raw: dict[str, Any]) -> None:
    pairs = database(raw, "keri/ks/wallet", b"pris.")
    pairs[0][1], pairs[1][1] = pairs[1][1], pairs[0][1]


def drop_keys(raw: dict[str, Any]) -> None:
    database(raw, "keri/ks/wallet", b"pris.").clear()


def drop_signatures(raw: dict[str, Any]) -> None:
    database(raw, "keri/db/wallet", b"sigs.").clear()


def other_signature(raw: dict[str, Any]) -> None:
    pairs = database(raw, "keri/db/wallet", b"sigs.")
    pairs[0][1], pairs[1][1] = pairs[1][1], pairs[0][1]


def other_event(raw: dict[str, Any]) -> None:
    pairs = database(raw, "keri/db/wallet", b"evts.")
    pairs[0][1] = pairs[0][1].replace(b'"kt":"1"', b'"kt":"0"')


def shorter_log(raw: dict[str, Any]) -> None:
    database(raw, "keri/db/wallet", b"fels.").pop()


def older_state(raw: dict[str, Any]) -> None:
    pairs = database(raw, "keri/db/wallet", b"stts.")
    longest = max(pairs, key=lambda pair: json.loads(pair[1])["s"])
    held = json.loads(longest[1])
    longest[1] = json.dumps({**held, "s": f"{int(held['s'], 16) - 1:x}"}, separators=(",", ":")).encode()


def other_seed(raw: dict[str, Any]) -> None:
    raw["seed"] = "A" + b64u(bytes(33))[1:44]


def outside(raw: dict[str, Any]) -> None:
    raw["stores"][0]["path"] = "../../keriwasm"


def twice(raw: dict[str, Any]) -> None:
    raw["stores"].append(raw["stores"][0])


def empty_key(raw: dict[str, Any]) -> None:
    database(raw, "keri/db/wallet", b"stts.").append([b"", b"x"])


def unanchored_credential(raw: dict[str, Any]) -> None:
    database(raw, "keri/reg/wallet", b"ancs.").pop()


def other_credential(raw: dict[str, Any]) -> None:
    pairs = database(raw, "keri/reg/wallet", b"creds.")
    pairs[0][1] = pairs[0][1].replace(b"in depth", b"in breadt")


def nothing(raw: dict[str, Any]) -> None:
    raw["stores"] = []


TAMPERED = [swap_keys, drop_keys, drop_signatures, other_signature, other_event, shorter_log, older_state, other_seed, outside]
TAMPERED += [twice, empty_key, nothing, unanchored_credential, other_credential]


def test_what_does_not_verify_is_not_restored(vault: Any) -> None:  # noqa: F811
    creder = issued(vault)
    with vault.change():
        issuing.revoke(vault, creder)
    backup = made(vault)
    now = everything(vault)
    for change in TAMPERED:
        with pytest.raises(format.BadFile) as caught:
            restored(vault, resealed(backup, change), Secret(passcode=PASSCODE), replace="Mine")
        assert len(str(caught.value)) > 10, change
    assert everything(vault) == now and not vault.locked


def test_content_of_any_shape_is_refused(vault: Any) -> None:  # noqa: F811
    rnd = random.Random(5)
    good = Dump(1, "Mine", vault.hby.mgr.seed, everything(vault)).pack()
    assert read(good).pack() == good
    sound = {"format": 1, "made": 1, "name": "", "seed": "", "stores": []}
    store = {"room": "wallet", "path": "a", "databases": []}
    database = {"name": b"", "flags": [], "pairs": []}
    for value in (
        None, 1, [], {}, {"format": 2}, {**sound, "stores": [1]}, {**sound, "more": 1}, {**sound, "made": "1"}, {**sound, "made": [[]]},
        {**sound, "stores": [{**store, "room": "attic"}]}, {**sound, "stores": [{**store, "path": "../a"}]},
        {**sound, "stores": [store, store]}, {**sound, "stores": [store] * 65}, {**sound, "stores": {}},
        *({**sound, "stores": [{**store, "databases": [{**database, **wrong}]}]} for wrong in (
            {"name": "a"}, {"flags": ["odd"]}, {"flags": [[]]}, {"pairs": [[b"a"]]}, {"pairs": [[b"a", "b"]]}, {"pairs": [b"ab"]},
            {"pairs": [[[], []]]}, {"pairs": {}},
        )),
    ):  # fmt: skip
        with pytest.raises(format.BadFile):
            read(msgpack.packb(value))
    for _ in range(200):
        with pytest.raises(format.BadFile):
            read(good[: rnd.randrange(len(good))])
    for more in (b"\0", msgpack.packb(sound), bytes(70_000)):
        with pytest.raises(format.BadFile, match="more than"):
            read(good + more)


def test_delegation_replays(vault: Any) -> None:  # noqa: F811
    with vault.change() as hby:
        boss = hby.habByName("first")
        hab = hby.makeHab("delegate", delpre=boss.pre)
        boss.interact(data=[{"i": hab.pre, "s": "0", "d": hab.pre}])
        hby.kvy.processEscrows()
        assert hab.kever is not None
    told = made(vault).holds
    assert {each["alias"] for each in told["identifiers"]} == {"first", "second", "fixed", "delegate"}


# -- over HTTP ----------------------------------------------------------------------------------------------------------

SLICES: dict[str, Any] = {"backup": {}, "verifying": {}}


@asynccontextmanager
async def serving(place: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Kit, Any]]:  # noqa: F811
    from slices import backup
    from slices.vault import vault as module

    monkeypatch.setattr(backup, "MlKem768", FakeKem)
    async with running(slices=SLICES) as kit:
        kit.worker.disk = FakeDisk(place.parent)
        alone(kit)
        held = module.of(kit.worker)
        try:
            yield kit, held
        finally:
            held._close()
            held._store.close()


def living(held: Any) -> None:
    do(held.create("<b>Mine</b>", PASSCODE, "low"))
    with held.change() as hby:
        hby.makeHab("<script>alert(1)</script>")


@run
async def test_get_is_the_file_and_restores_by_the_passcode(quick: None, unsynced: None, place: Path, monkeypatch: Any) -> None:  # noqa: F811
    async with serving(place, monkeypatch) as (kit, held):
        problem(await kit.ask("GET", "/app/wallet/backup"), 409)
        living(held)
        got = await kit.ask("GET", "/app/wallet/backup", accept="*/*")
        assert got.status == 200 and got.headers["content-type"] == "application/octet-stream"
        assert got.headers["content-disposition"].startswith('attachment; filename="keriwasm-backup-')
        assert b"Mine" not in got.body and b"script" not in got.body
        as_json = (await kit.ask("GET", "/app/wallet/backup")).json
        assert as_json["by"] == ["passcode"] and format.split(unb64u(as_json["file"], "file")).header.made
        held.lock()
        problem(await kit.ask("GET", "/app/wallet/backup", accept="*/*, application/json;q=0.1"), 423)
        held.destroy()
        for file in (("a.kwb", got.body), as_json["file"]):
            fields = [("file", file), ("passcode", PASSCODE), ("replace", "<b>Mine</b>")]
            if held.exists:  # locked, as a restored one is
                problem(await upload(kit, "/app/wallet/restore", fields), 422, "wallet_passcode")
                problem(await upload(kit, "/app/wallet/restore", [*fields, ("wallet_passcode", "no")]), 422, "wallet_passcode")
                fields.append(("without_passcode", "1"))
            done = await upload(kit, "/app/wallet/restore", fields)
            assert done.status == 200, done.text
            assert done.json["name"] == "<b>Mine</b>" and done.json["restored"]
        again = await upload(kit, "/app/wallet/restore", [("file", ("a", got.body)), ("passcode", PASSCODE)])
        assert problem(again, 409)["wallet"] == "<b>Mine</b>"
        assert PASSCODE not in json.dumps(kit.host.posted, default=repr)


@run
async def test_each_wrong_field_is_named(quick: None, unsynced: None, place: Path, monkeypatch: Any) -> None:  # noqa: F811
    async with serving(place, monkeypatch) as (kit, held):
        living(held)
        good = (await kit.ask("GET", "/app/wallet/backup", accept="*/*")).body
        for fields, field in (
            ([("passcode", PASSCODE)], "file"),
            ([("file", ("a", good))], "passcode"),
            ([("file", ("a", good)), ("passcode", "x"), ("recovery", "y")], "recovery"),
            ([("file", ("a", good)), ("recovery", "y")], "recovery"),
            ([("file", ("a", good)), ("recovery", recovery.show_seed(bytes(32)))], "recovery"),
            ([("file", ("a", good)), ("passcode", "not this one at all")], "passcode"),
            ([("file", ("a", good[:-1])), ("passcode", PASSCODE)], "file"),
            ([("file", ("a", good)), ("passcode", PASSCODE), ("new_passcode", "short")], "new_passcode"),
            ([("file", ("a", good)), ("passcode", PASSCODE), ("new_passcode", PASSCODE), ("again", "x")], "again"),
        ):
            problem(await upload(kit, "/app/wallet/restore", [*fields, ("check", "1")]), 422, field)
        for body, field in (
            ({"passphrase": "short"}, "passphrase"),
            ({"passphrase": PASSCODE, "again": "x"}, "again"),
            ({"tier": "none"}, "tier"),
        ):
            problem(await kit.ask("POST", "/app/wallet/backup", json_body=body), 422, field)
        problem(await kit.ask("POST", "/app/wallet/recovery-key", json_body={"public": "KWRS1-x"}), 422, "public")
        public = (await kit.ask("POST", "/app/wallet/recovery-key", json_body={})).json["public"]
        await kit.ask("POST", "/app/wallet/recovery-key/forget", json_body={})
        for given in ({}, {"passcode": "not it"}):
            told = await kit.ask("POST", "/app/wallet/recovery-key", json_body={"public": public, **given})
            problem(told, 422, "passcode")
        assert (await kit.ask("GET", "/app/wallet/backup")).json["by"] == ["passcode"]
        told = await kit.ask("POST", "/app/wallet/recovery-key", json_body={"public": public, "passcode": PASSCODE})
        assert told.json["public"] == public and told.json["secret"] == ""


@run
async def test_pages_show_script_as_text_and_say_what_changed(quick: None, unsynced: None, place: Path, monkeypatch: Any) -> None:  # noqa: F811
    async with serving(place, monkeypatch) as (kit, held):
        empty = Page((await kit.ask("GET", "/app/wallet/restore", accept="text/html")).text)
        assert not empty.problems and not empty.all("input", name="replace")
        living(held)
        page = Page((await kit.ask("GET", "/app/wallet/backup", accept="text/html")).text)
        assert not page.problems and "never backed up" in page.text and "<b>Mine</b>" in page.text
        reminder = await kit.ask("GET", "/app/wallet/backup/reminder", accept="text/html")
        assert "never backed up" in reminder.text
        form = {"content-type": "application/x-www-form-urlencoded", "hx-request": "true"}
        body = b"page=1&passphrase=&again=&tier=interactive"
        made = await kit.ask("POST", "/app/wallet/backup", body=body, headers=form, accept="text/html")
        page = Page(made.text)
        assert not page.problems and "<script>alert(1)</script>" in page.text and "<script" not in made.text
        (link,) = (each["href"] for each in page.all("a") if "/files/" in each["href"])
        saved = await kit.ask("GET", f"/{link}", accept="text/html")
        assert saved.body.startswith(format.MAGIC) and saved.headers["cache-control"] == "no-store"
        assert (await kit.ask("GET", f"/{link}")).body == saved.body
        assert (await kit.ask("GET", "/app/wallet/backup/files/none")).status == 404
        assert (await kit.ask("GET", "/app/wallet/backup/reminder", accept="text/html")).text.strip() == ""
        with held.change() as hby:
            hby.makeHab("other")
            habs(hby)[0].rotate()
        told = (await kit.ask("GET", "/app/wallet/backup/reminder")).json
        assert told["changed"] == ["a new identifier", "a new event of an identifier"]
        page = Page((await kit.ask("GET", "/app/wallet/restore", accept="text/html")).text)
        assert not page.problems and page.all("input", name="replace") and "<b>Mine</b>" in page.text
        fields = [("file", ("<i>.kwb", saved.body)), ("passcode", PASSCODE), ("replace", "<b>Mine</b>")]
        assert page.all("input", name="wallet_passcode") and not page.all("input", name="without_passcode")
        problem(await upload(kit, "/app/wallet/restore", [*fields, ("without_passcode", "1")]), 422, "wallet_passcode")
        fields.append(("wallet_passcode", PASSCODE))
        done = await upload(kit, "/app/wallet/restore", fields, "text/html")
        page = Page(done.text)
        assert done.status == 200 and not page.problems and "is restored" in page.text and "<script" not in done.text


@run
async def test_the_recovery_key_is_shown_once_and_opens(quick: None, unsynced: None, place: Path, monkeypatch: Any) -> None:  # noqa: F811
    async with serving(place, monkeypatch) as (kit, held):
        living(held)
        shown = await kit.ask("POST", "/app/wallet/recovery-key", accept="text/html", headers={"hx-request": "true"})
        page = Page(shown.text)
        assert not page.problems and "KWRS1-" in page.text
        secret = next(word for word in page.text.split() if word.startswith("KWRS1-"))
        (link,) = (each["href"] for each in page.all("a") if "/files/" in each["href"])
        assert secret in (await kit.ask("GET", f"/{link}")).text
        assert (await kit.ask("GET", f"/{link}")).status == 404
        assert secret.encode() not in b"".join(
            value for store in everything(held) for _, _, pairs in store.databases for pair in pairs for value in pair
        )
        got = (await kit.ask("GET", "/app/wallet/backup")).json
        assert got["by"] == ["passcode", "recovery"]
        fields = [("file", got["file"]), ("recovery", secret), ("check", "1")]
        assert (await upload(kit, "/app/wallet/restore", fields)).json["by"] == "recovery"
        await kit.ask("POST", "/app/wallet/recovery-key/forget", json_body={})
        assert (await kit.ask("GET", "/app/wallet/backup")).json["by"] == ["passcode"]


def test_what_is_opened_for_verification_is_gone_afterwards(vault: Any, tmp_path: Path, monkeypatch: Any) -> None:  # noqa: F811
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    dump = Dump(1, "Mine", vault.hby.mgr.seed, everything(vault))
    with checking.opened(dump) as held:
        verification = checking.verify(held)
        next(verification)
        verification.close()  # as a cancelled request does
    assert not list((tmp_path / "temporary").glob("keriwasm*"))
