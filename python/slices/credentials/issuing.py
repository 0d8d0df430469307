"""Registries, issuance and revocation: what changes the wallet. Each function is called inside of `vault.change()`.

keripy does the work: Regery and Registry make the transaction events, the identifier's Hab anchors each in its key event log,
Tevery and Verifier accept them. keripy's own Registrar and Credentialer do the same in Doers that wait for witnesses and for
the other members of a group; a local wallet has neither, so nothing needs waiting for.
"""

from __future__ import annotations

import base64
from typing import Any

import falcon

from slices.credentials import lookup, schemas
from slices.vault.vault import Vault

__all__ = ["NAME_MOST", "Refused", "issue", "make_registry", "name_of", "named", "revoke", "verifier"]

NAME_MOST = 380
"""Bytes of a registry's name: in base64 it is a key of lmdb, which has at most 511."""


class Refused(falcon.HTTPConflict):
    """409: the wallet's state does not allow it."""

    def __init__(self, title: str, description: str) -> None:
        super().__init__(title=title, description=description)


def named(label: str) -> str:
    """keripy's name of a registry: its names are parts of keys, in which a dot means something."""
    return base64.urlsafe_b64encode(label.encode()).decode().rstrip("=")


def name_of(key: str) -> str:
    """The name that a person gave."""
    try:
        return base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)).decode()
    except ValueError:
        return key  # made by keripy itself elsewhere


def verifier(vault: Vault) -> Any:
    """keripy's Verifier over the wallet's databases."""
    from keri.vdr import verifying

    return verifying.Verifier(hby=vault.hby, reger=vault.rgy.reger)


def _anchor(vault: Vault, registry: Any, pre: str, sn: int, said: str) -> None:
    """Seal a transaction event in the issuer's key event log and let it be accepted for that."""
    from keri.core import coring

    hab, rgy = registry.hab, vault.rgy
    seal = {"i": pre, "s": f"{sn:x}", "d": said}
    if hab.kever.estOnly:
        hab.rotate(data=[seal])
    else:
        hab.interact(data=[seal])
    seqner = coring.Seqner(sn=hab.kever.sner.num)
    registry.anchorMsg(pre=pre, regd=said, seqner=seqner, saider=coring.Saider(qb64=hab.kever.serder.said))
    rgy.processEscrows()


def make_registry(vault: Vault, hab: Any, label: str) -> Any:
    """keripy's Registry, without backers, anchored by a new event of the identifier. Raises Refused."""
    if not hab.kever.transferable:
        raise Refused("This identifier cannot issue", f"{hab.name} is not transferable: its log takes no more events.")
    if vault.rgy.reger.regs.get(keys=named(label)) is not None:
        raise Refused("There is such a registry", f"A registry is named {label} already: choose another name.")
    registry = vault.rgy.makeRegistry(named(label), hab.pre, noBackers=True, estOnly=False)
    _anchor(vault, registry, registry.regk, 0, registry.regd)
    if registry.regk not in vault.rgy.reger.tevers:
        raise RuntimeError("keripy did not accept the registry's inception")
    return registry


def draft(registry: Any, sed: dict[str, Any], holder: str | None, data: dict[str, Any], rules: Any = None) -> Any:
    """The credential (keripy's SerderACDC) as it would be issued. Whether it fits its schema is not judged here."""
    from keri.vc import proving

    return proving.credential(
        schema=sed["$id"], issuer=registry.hab.pre, data=data, recipient=holder, status=registry.regk, rules=rules
    )


def issue(
    vault: Vault, registry: Any, sed: dict[str, Any], holder: str | None, data: dict[str, Any], rules: Any = None
) -> Any:
    """The issued credential, its schema judged here. Raises FieldError for attributes that do not fit it."""
    creder = draft(registry, sed, holder, data, rules)
    schemas.judge(sed, creder.sad)
    return carry_out(vault, registry, creder)


def carry_out(vault: Vault, registry: Any, creder: Any) -> Any:
    """Issue what was drafted and found to fit; keripy runs the schema once more over the same content."""
    from keri.core import coring

    if vault.rgy.reger.creds.get(keys=creder.said) is not None:
        raise Refused("This credential exists", "The very same one was issued already.")
    event = registry.issue(said=creder.said, dt=creder.attrib["dt"])
    _anchor(vault, registry, event.pre, 0, event.said)
    verifier(vault).processCredential(
        creder, coring.Prefixer(qb64=event.pre), coring.Seqner(sn=0), coring.Saider(qb64=event.said)
    )
    if vault.rgy.reger.saved.get(keys=creder.said) is None:
        raise RuntimeError("keripy did not save the credential")
    return creder


def revoke(vault: Vault, creder: Any) -> None:
    """Raises Refused when it is not this wallet's to revoke, or revoked already."""
    registry = vault.rgy.regs.get(creder.regi)
    if registry is None:
        raise Refused("This credential is not yours to revoke", "Only its issuer can, and that identifier is not in this wallet.")
    state = lookup.state(vault.rgy.reger, creder)
    if state is not None and state.et in ("rev", "brv"):
        raise Refused("It is revoked already", f"It was revoked on {state.dt[:10]}.")
    lookup.cleanse(vault.rgy.reger, creder.regi, creder.said)
    event = registry.revoke(said=creder.said)
    _anchor(vault, registry, event.pre, 1, event.said)
    if lookup.state(vault.rgy.reger, creder).et not in ("rev", "brv"):
        raise RuntimeError("keripy did not accept the revocation")
