"""The pages and routes of backup: `/app/wallet/backup`, `/app/wallet/restore`, `/app/wallet/recovery-key`.

`GET /app/wallet/backup` asks for no secret and puts none into an address: the file is sealed by the wallet's own passcode
(see sealing.py), so that `POST /app/wallet/restore {file, passcode}` with that passcode restores it. A passphrase of the
backup's own goes by `POST /app/wallet/backup`. What a GET is answered depends on who asks: a browser that wants a page gets
the page with the form; `Accept: application/json` gets {file: base64url, name, made, …}; everybody else gets the file.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import falcon
from keriwasm.data.encoding import b64u
from keriwasm.web.deeds import deed
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.rendering import accepted, answer, wants_json

from slices.backup import making, records, recovery, sealing
from slices.backup.downloads import Downloads
from slices.backup.format import FILE_MOST, VERSION, BadFile, outline
from slices.backup.restore import restore
from slices.crypto import passwords
from slices.foreign import strangers
from slices.vault import passcode as passcodes
from slices.vault.consent import consent
from slices.vault.vault import Vault

__all__ = ["Backup", "Files", "RecoveryKey", "Reminder", "Restore"]

TITLE = "Backup · KeriWasm"
RESTORE_TITLE = "Restore · KeriWasm"
KIND = "application/octet-stream"


@contextmanager
def told(tier_field: str) -> Iterator[None]:
    """What the pure modules raise, as problems that name the field."""
    try:
        yield
    except BadFile as ex:
        raise FieldError("file", str(ex)) from ex
    except sealing.WrongSecret as ex:
        raise FieldError(ex.field, str(ex)) from ex
    except passwords.TooExpensive as ex:
        raise FieldError(tier_field, str(ex)) from ex


def filled(fields: Fields, name: str) -> str | None:
    """A text, None when it is absent or an untouched input."""
    return fields.text(name, None, max_bytes=passcodes.MOST * 4) or None


def send(rep: falcon.Response, name: str, content: bytes, kind: str = KIND) -> None:
    """A file to be saved."""
    rep.content_type = kind
    rep.data = content
    rep.set_header("Content-Disposition", f'attachment; filename="{name}"')
    rep.cache_control = ["no-store"]


def wants_file(req: falcon.Request) -> bool:
    """Whether neither a page nor JSON is asked for."""
    if req.get_header("HX-Request") or wants_json(req):
        return False
    return not any(kind == "text/html" and q > 0 for kind, q in accepted(req.get_header("Accept") or ""))


class Resource:
    """A resource of this slice."""

    def __init__(self, vault: Vault, downloads: Downloads, kem: recovery.Kem, app: str) -> None:
        self.vault = vault
        self.downloads = downloads
        self.kem = kem
        self.app = app

    def state(self) -> Generator[float, float, dict[str, Any]]:
        """Of the open wallet: {name, last: {made, bytes, by} | None, changed: [words], recovery: id | ""}."""
        record = records.read(self.vault.head)
        ledger = making.rooms(self.vault)["ledger"]
        now = yield from records.marks(lambda: self.vault.hby.habs, lambda: self.vault.rgy.reger, ledger)
        return {
            "name": self.vault.name,
            "last": {"made": record.made, "bytes": record.bytes, "by": record.by} if record.made else None,
            "changed": records.changes(record.marks, now),
            "identifiers": len(now.sns),
            "recovery": self.public(record).id if record.recovery else "",
        }

    @staticmethod
    def public(record: records.Record) -> recovery.Public:
        """The recovery key in use."""
        return recovery.read_public(record.recovery, "recovery")

    def give(self, req: falcon.Request, rep: falcon.Response, made: making.Made) -> None:
        """A backup as a file, as JSON, or as a fragment with a link to it."""
        if wants_file(req):
            send(rep, made.name, made.file)
            return
        data: dict[str, Any] = {
            "name": made.name,
            "made": made.made,
            "bytes": len(made.file),
            "by": made.by,
            "version": VERSION,
            "holds": made.holds,
        }
        if wants_json(req):
            data["file"] = b64u(made.file)
        else:
            data["token"] = self.downloads.offer(made.name, made.file)
        answer(req, rep, "fragments/backup/made.html", data)
        rep.cache_control = ["no-store"]


class Backup(Resource):
    """The page, and the file."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Generator[float, float, None]:
        """The page with the form, or the file sealed by the wallet's own passcode. 423 when it is locked, 409 without one."""
        yield from self.vault.ready()
        _ = self.vault.hby
        if wants_file(req) or wants_json(req):
            yield from self.made(req, rep, None, None, True)
            return
        tiers = [
            (each.name, f"{each.memory >> 20} MiB, about {passwords.estimate_ms(each.ops, each.memory) / 1000:.1f} s")
            for each in passwords.TIERS.values()
        ]
        page = {"tiers": tiers, "least": passcodes.LEAST, "token": self.vault.token}
        answer(req, rep, "pages/backup/index.html", {**(yield from self.state()), **page}, title=TITLE)

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Generator[float, float, None]:
        """{passphrase?, again?, tier?, recovery?}: sealed by that passphrase, or by the wallet's passcode when it is empty;
        besides for the recovery key when `recovery` is on."""
        yield from self.vault.ready()
        _ = self.vault.hby
        fields = Fields(req)
        passphrase = filled(fields, "passphrase")
        if passphrase is not None:
            passphrase = passcodes.read(fields, "passphrase", new=True)
            again = fields.text("again", None, max_bytes=passcodes.MOST)
            if again is not None and again != passphrase:
                raise FieldError("again", "is not the same passphrase: type it twice alike")
        tier = passwords.TIERS[fields.choice("tier", passwords.TIERS, default="moderate")]
        # A form sends no unticked box, a program sends no field: only the form's hidden mark tells them apart.
        ticked = fields.flag("recovery", default=not fields.flag("page"))
        yield from self.made(req, rep, passphrase, tier, ticked)

    def made(
        self, req: falcon.Request, rep: falcon.Response, passphrase: str | None, tier: passwords.Tier | None, sealed: bool
    ) -> Generator[float, float, None]:
        record = records.read(self.vault.head)
        public = self.public(record) if sealed and record.recovery else None
        self.vault.spoke()
        with told("tier"):
            made = yield from making.make(
                self.vault, self.app, passphrase=passphrase, tier=tier, public=public, kem=self.kem
            )
        self.give(req, rep, made)


class Reminder(Resource):
    """GET: whether the wallet changed since its last backup, as a fragment for other pages; nothing to say is empty."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Generator[float, float, None]:
        """{locked, name, last, changed, recovery}; of a locked wallet {locked: true} only."""
        yield from self.vault.ready()
        open = self.vault.exists and not self.vault.locked
        data = {"locked": False, **(yield from self.state())} if open else {"locked": True}
        answer(req, rep, "fragments/backup/reminder.html", data)


class Files(Resource):
    """GET /app/wallet/backup/files/{token}: what a form has made."""

    def on_get(self, req: falcon.Request, rep: falcon.Response, token: str) -> None:
        """404 after a quarter of an hour, after the worker was replaced, and for a secret that was taken or locked away."""
        file = self.downloads.take(token)
        if file is None:
            raise falcon.HTTPNotFound(
                title="This file is not here any more",
                description="It was downloaded already, the wallet was locked, or it was made too long ago. Make it anew.",
            )
        send(rep, *file)


class RecoveryKey(Resource):
    """POST: make a recovery key for this wallet's backups; POST …/forget: seal for it no more."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Generator[float, float, None]:
        """{public?, passcode?} -> {secret, public, id}. With `public` that one is used, made elsewhere, and there is no secret
        here; it opens every backup from now on, so the passcode is asked for."""
        yield from self.vault.ready()
        _ = self.vault.hby
        fields = Fields(req)
        given = filled(fields, "public")
        secret = ""
        if given is not None:
            public = recovery.read_public(given, "public")
            yield from consent(self.vault, fields)
            _ = self.vault.hby  # it may have been locked meanwhile
        else:
            seed = recovery.new_seed()
            public, secret = recovery.public_of(seed, self.kem), recovery.show_seed(seed)
        shown = recovery.show_public(public)
        record = records.read(self.vault.head)
        record.recovery = shown
        with self.vault.change():
            records.write(self.vault.head, record)
        data: dict[str, Any] = {"secret": secret, "public": shown, "id": public.id}
        if secret and not wants_json(req):
            note = f"Recovery key {public.id} of a KeriWasm wallet. Keep it offline: it opens every backup sealed for it.\n\n"
            data["token"] = self.downloads.offer(
                f"keriwasm-recovery-{public.id}.txt", f"{note}{secret}\n".encode(), "text/plain; charset=utf-8", secret=True
            )
        answer(req, rep, "fragments/backup/recovery-made.html", data)
        rep.cache_control = ["no-store"]

    @deed
    def on_post_forget(self, req: falcon.Request, rep: falcon.Response) -> Generator[float, float, None]:
        """{} -> {recovery: ""}. Backups made before stay open to it."""
        yield from self.vault.ready()
        _ = self.vault.hby
        record = records.read(self.vault.head)
        record.recovery = ""
        with self.vault.change():
            records.write(self.vault.head, record)
        answer(req, rep, "fragments/backup/recovery-forgotten.html", {"recovery": ""})


class Restore(Resource):
    """The page, and the deed."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Generator[float, float, None]:
        """{exists, name}: also when there is no wallet or a locked one."""
        yield from self.vault.mounted()
        data = {"exists": self.vault.exists, "name": self.vault.name, "locked": self.vault.locked}
        answer(req, rep, "pages/backup/restore.html", {**data, "least": passcodes.LEAST}, title=RESTORE_TITLE)

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Generator[float, float, None]:
        """{file, passcode | recovery, new_passcode?, again?, replace?, wallet_passcode?, check?} -> {name, identifiers,
        credentials, made, by, restored, …}. 409 over another wallet unless `replace` is its name, and 422 unless
        `wallet_passcode` is its passcode (or it is locked, and `without_passcode` is on); 422 for a file that is not wholly
        good."""
        fields = Fields(req)
        data = fields.binary("file", max_bytes=FILE_MOST)
        passcode, seed = filled(fields, "passcode"), filled(fields, "recovery")
        if passcode is None and seed is None:
            raise FieldError("passcode", "is missing: give the passcode or passphrase of the file, or a recovery key")
        if passcode is not None and seed is not None:
            raise FieldError("recovery", "is given besides the passcode: give one of them")
        new = filled(fields, "new_passcode")
        if new is not None:
            new = passcodes.read(fields, "new_passcode", new=True)
            again = fields.text("again", None, max_bytes=passcodes.MOST)
            if again is not None and again != new:
                raise FieldError("again", "is not the same passcode: type it twice alike")
        check = fields.flag("check")
        yield from self.vault.mounted()
        self.vault.spoke()
        replace = filled(fields, "replace") or ""
        if not check and self.vault.exists and replace == self.vault.name:
            yield from consent(self.vault, fields, "wallet_passcode", lost=True)
        with told("file"):
            head, _, body = outline(data)
            # Its header may be anybody's: the keys' worker reads it once another one has.
            yield from strangers.judged(self.vault.worker, "shell", {"head": head, "body": len(body)})
            done = yield from restore(
                self.vault,
                data,
                sealing.Secret(passcode, recovery.read_seed(seed, "recovery") if seed is not None else None),
                kem=self.kem,
                replace=replace,
                new=new,
                check=check,
            )
        answer(req, rep, "fragments/backup/restored.html", {**done, "renewed": new is not None and not check})
