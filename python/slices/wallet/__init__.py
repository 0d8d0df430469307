"""The wallet slice: KERI identifiers of this device, on one worker only. vault.py holds the keys."""

from __future__ import annotations

from typing import Any

import falcon
from keriwasm.disk.doers import MountDoer

from slices.vault.idle import IdleDoer
from slices.vault.vault import of
from slices.vault.wiping import WipeDoer
from slices.witnessing.collecting import CollectDoer

from . import acts, challenges, identifiers, receipts, session, sharing

__all__ = ["mount"]


def mount(app: falcon.App, worker: Any) -> None:
    """Add the slice's routes to a worker's application, and the Doers that mount the disk and lock an idle wallet."""
    vault = of(worker)
    worker.doist.doers.extend([MountDoer(worker.disk), IdleDoer(vault), WipeDoer(vault), CollectDoer(worker)])
    for path, resource in (
        ("/app/wallet", session.Wallet(vault)),
        ("/app/wallet/panel", session.Panel(vault)),
        ("/app/wallet/events", session.Events(vault)),
        ("/app/wallet/unlock", session.Unlock(vault)),
        ("/app/wallet/lock", session.Lock(vault)),
        ("/app/wallet/passcode", session.Passcode(vault)),
        ("/app/wallet/autolock", session.Autolock(vault)),
        ("/app/wallet/delete", session.Delete(vault)),
        ("/app/wallet/challenge", challenges.Challenge(vault)),
        ("/app/wallet/challenge/answer", challenges.Answer(vault)),
        ("/app/wallet/challenge/verify", challenges.Verify(vault)),
        ("/app/identifiers", identifiers.Identifiers(vault)),
        ("/app/identifiers/list", identifiers.Listed(vault)),
        ("/app/identifiers/names", identifiers.Names(vault)),
        ("/app/identifiers/making", identifiers.Making(vault)),
        ("/app/identifiers/{aid}", identifiers.Identifier(vault)),
        ("/app/identifiers/{aid}/events", identifiers.More(vault)),
        ("/app/identifiers/{aid}/events/{sn}", sharing.Event(vault)),
        ("/app/identifiers/{aid}/rename", identifiers.Rename(vault)),
        ("/app/identifiers/{aid}/rotate", acts.Rotate(vault)),
        ("/app/identifiers/{aid}/interact", acts.Interact(vault)),
        ("/app/identifiers/{aid}/receipts", receipts.Receipts(vault)),
        ("/app/identifiers/{aid}/codes", receipts.Codes(vault)),
        ("/app/identifiers/{aid}/sign", acts.Sign(vault)),
        ("/app/identifiers/{aid}/challenge", challenges.Respond(vault)),
        ("/app/identifiers/{aid}/kel", sharing.Kel(vault)),
        ("/app/identifiers/{aid}/share", sharing.Share(vault)),
    ):
        app.add_route(path, resource)
