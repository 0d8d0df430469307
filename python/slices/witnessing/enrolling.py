"""The secret of a witness's one-time codes, got as `kli witness authenticate` gets it.

    secret = yield from secret_of(vault, aid, witness)        # base32, for any authenticator app

The witness is posted the identifier's log (and its delegator's) at `/aids`. It answers a secret that is sealed for the identifier's key
(X25519, libsodium's sealed box), so that nobody else can read it, and wants a code made of it (RFC 6238: SHA-1, six digits, 30 seconds)
with each event that it is to receipt. keripy's library has no function for this, only that command, which prints the secret once and
keeps nothing. Here it is the same, for a reason: a code is to show that whoever uses the keys has something else too. A wallet that
kept the secret beside the keys, and in every backup of them, would make codes that show nothing.

keripy opens the box with each of an identifier's keys in turn and fails at the first that does not fit; here each is tried.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any
from urllib.parse import quote

from keriwasm.data import guarding
from keriwasm.web.form.errors import FieldError
from keriwasm.web.hio_client import Outgoing, Purpose
from keriwasm.web.outside import Answer, unanswered

from slices.kels import timeline

from . import places

__all__ = ["otpauth", "secret_of"]

DEADLINE = 15.0
ANSWER_MOST = 64 << 10
LOOK = 0.25
SECRET = re.compile(r"[A-Z2-7]{16,128}")
FIELD = "witness"


def secret_of(vault: Any, aid: str, witness: str) -> Generator[float, float, str]:
    """Ask a witness for it. Raises FieldError, naming the witness and what is wrong; Locked when the wallet is locked meanwhile."""
    name = places.named(vault.worker, witness)
    hab = vault.hby.habs[aid]
    if not (urls := places.urls(vault.worker, hab.db, witness)):
        raise FieldError(FIELD, f"{name}: no web address of it is known. Resolve its OOBI in the ledger first")
    delegator = hab.kever.delpre
    form = {"kel": _text((yield from timeline.messages(lambda: vault.hby.habs[aid].db, aid)))}
    if delegator:
        form["delkel"] = _text((yield from timeline.messages(lambda: vault.hby.habs[aid].db, delegator)))
    heard: list[Answer] = []
    reason = f"to get the secret of one-time codes for {hab.name} from {name}"
    purpose = Purpose("wallet", reason, DEADLINE, ANSWER_MOST, heard=lambda request, answer: heard.append(answer))
    yield from vault.worker.shared(Outgoing).within(purpose, _posted(urls, witness, form))
    (answer,) = heard
    if answer.problem:
        raise unanswered(FIELD, f"{name} has given no secret", answer, again=f"app/identifiers/{aid}")
    if answer.status in (404, 405):
        raise FieldError(FIELD, f"{name} gives out no secret ({answer.status}): ask whoever runs it whether it wants codes", 502)
    if answer.status != 200:
        raise FieldError(FIELD, f"{name} gave no secret, it answered with status {answer.status}: {_said(answer)}", 502)
    return _opened(vault.hby.habs[aid], name, answer.body)


def otpauth(name: str, alias: str, secret: str) -> str:
    """As authenticator apps scan it: the witness is the issuer, the identifier's alias the account."""
    return f"otpauth://totp/{quote(name, safe='')}:{quote(alias, safe='')}?secret={secret}&issuer={quote(name, safe='')}"


# -- private ----------------------------------------------------------------------------------------------------------


def _text(messages: list[bytes]) -> str:
    """A log as the field of a form. Raises FieldError."""
    try:
        return b"".join(messages).decode()
    except UnicodeDecodeError as ex:
        raise FieldError(FIELD, "cannot be sent this log: it has events that are not text") from ex


def _posted(urls: dict[str, str], witness: str, form: dict[str, str]) -> Generator[float, float, None]:
    """As keripy's command posts it, by keripy's own client for a witness; until it is answered."""
    from hio.help import Hict, Mict
    from keri.app import agenting

    class Hab:
        """What `httpClient` asks of one."""

        @staticmethod
        def fetchUrls(eid: str, scheme: str = "") -> Any:
            return Mict([each for each in urls.items() if scheme in ("", each[0])])

    client, _ = agenting.httpClient(Hab, witness)
    headers = Hict([("Content-Type", "multipart/form-data"), ("CESR-DESTINATION", witness)])
    client.request(method="POST", path=f"{client.requester.path.rstrip('/')}/aids", headers=headers, fargs=form)
    try:
        while not client.responses:
            yield LOOK
    finally:
        client.close()


def _said(answer: Answer) -> str:
    """What a person may make something of."""
    return " ".join(answer.body[:300].decode("utf-8", "replace").split()) or "it says nothing more"


def _opened(hab: Any, name: str, body: bytes) -> str:
    """The secret in an answer. Raises FieldError."""
    from keri.core import coring

    try:
        told = guarding.json_value(body)["totp"]
        sealed = coring.Matter(qb64=told).raw
    except Exception as ex:  # a stranger's bytes: whatever keripy and the guard raise about them
        raise FieldError(FIELD, f"{name} answered with something that holds no sealed secret", 502) from ex
    for verfer in hab.kever.verfers:
        try:
            secret = coring.Matter(qb64=hab.decrypt(ser=sealed, verfers=[verfer])).raw.decode()
        except Exception:  # not for this key: libsodium says no more than that
            continue
        if SECRET.fullmatch(secret):
            return secret
        raise FieldError(FIELD, f"{name} has sealed something that is no secret of one-time codes", 502)
    raise FieldError(FIELD, f"{name} has sealed its secret for another key than this identifier has now", 502)
