"""Reger, Regery: a registry of credentials anchored in a key event log; issued, revoked, and verified by another party."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from kelkit import hear, party, stranger
from keri import kering
from keri.core import coring, parsing
from keri.core.eventing import SealEvent
from keri.vdr import credentialing, eventing, verifying, viring


@contextmanager
def registry(name: str = "issuer", **options: object) -> Iterator[tuple]:
    """(habery, hab, regery, registry) of an issuer whose registry is anchored."""
    with party(name) as hby:
        hab = hby.makeHab(name="issuer", estOnly=bool(options.get("estOnly")))
        rgy = credentialing.Regery(hby=hby, name=name, temp=True)
        try:
            issuer = rgy.makeRegistry(name="school", prefix=hab.pre, **options)
            anchor(hab, rgy, issuer, issuer.vcp)
            yield hby, hab, rgy, issuer
        finally:
            rgy.reger.close(clear=True)


def anchor(hab, rgy, issuer, serder) -> None:
    """Seal a registry's event into the issuer's key event log, and have the registry see that."""
    seal = SealEvent(serder.pre, serder.snh, serder.said)._asdict()
    hab.rotate(data=[seal]) if hab.kever.estOnly else hab.interact(data=[seal])
    issuer.anchorMsg(pre=serder.pre, regd=serder.said, seqner=coring.Seqner(sn=hab.kever.sn),
                     saider=coring.Saider(qb64=hab.kever.serder.said))  # fmt: skip
    rgy.processEscrows()


SAID = coring.Diger(ser=b"a credential").qb64


def test_issue_and_revoke() -> None:
    with registry() as (_, hab, rgy, issuer):
        assert issuer.regk in rgy.tevers and issuer.tever.pre == hab.pre
        assert issuer.tever.vcState(SAID) is None
        iss = issuer.issue(said=SAID)
        assert issuer.tever.vcState(SAID) is None, "without its seal nothing is issued"
        anchor(hab, rgy, issuer, iss)
        assert issuer.tever.vcState(SAID).et == coring.Ilks.iss
        rev = issuer.revoke(said=SAID)
        assert issuer.tever.vcState(SAID).et == coring.Ilks.iss
        anchor(hab, rgy, issuer, rev)
        assert issuer.tever.vcState(SAID).et == coring.Ilks.rev
        assert issuer.tever.vcSn(SAID) == 1


def test_found_again_by_name() -> None:
    with registry() as (hby, _, rgy, issuer):
        assert rgy.registryByName("school") is issuer and rgy.registryByName("other") is None
        again = credentialing.Regery(hby=hby, name=rgy.name, reger=rgy.reger, temp=True)
        assert again.registryByName("school").regk == issuer.regk


def test_a_registry_of_an_establishment_only_identifier() -> None:
    with registry(estOnly=True) as (_, hab, rgy, issuer):
        assert issuer.estOnly
        anchor(hab, rgy, issuer, issuer.issue(said=SAID))
        assert issuer.tever.vcState(SAID).et == coring.Ilks.iss
        assert hab.kever.serder.ilk == "rot"


def test_another_party_verifies_the_log() -> None:
    """It needs the issuer's key event log and the registry's; without the former the latter waits."""
    with registry() as (_, hab, rgy, issuer), stranger("verifier") as kevery:
        anchor(hab, rgy, issuer, issuer.issue(said=SAID))
        logs = [bytes(m) for pre in (issuer.regk, SAID) for m in rgy.reger.clonePreIter(pre=pre)]
        assert len(logs) == 2
        with viring.openReger(name="verifier") as reger:
            tevery = eventing.Tevery(reger=reger, db=kevery.db, lax=False, local=False)
            parser = parsing.Parser(framed=True, kvy=kevery, tvy=tevery)
            for message in logs:
                parser.parse(ims=bytearray(message))
            assert issuer.regk not in reger.tevers
            hear(kevery, bytes(hab.replay()))
            for _ in range(2):
                tevery.processEscrows()
            assert reger.tevers[issuer.regk].vcState(SAID).et == coring.Ilks.iss


def test_a_touched_registry_event_is_refused() -> None:
    with registry() as (_, hab, rgy, issuer), stranger("verifier") as kevery:
        (message,) = rgy.reger.clonePreIter(pre=issuer.regk)
        hear(kevery, bytes(hab.replay()))
        with viring.openReger(name="verifier") as reger:
            tevery = eventing.Tevery(reger=reger, db=kevery.db, lax=False, local=False)
            touched = bytearray(message)
            touched[touched.index(b'"NB"') + 1] ^= 1
            try:
                parsing.Parser(framed=True, kvy=kevery, tvy=tevery).parse(ims=touched)
            except (kering.KeriError, ValueError):
                pass  # it may say so or skip it: what counts is that nothing is believed
            tevery.processEscrows()
            assert not list(reger.tevers)


SCHEMA = {
    "$id": "", "$schema": "http://json-schema.org/draft-07/schema#", "title": "Degree", "type": "object",
    "credentialType": "Degree", "version": "1.0.0",
    "properties": {
        "v": {"type": "string"}, "d": {"type": "string"}, "u": {"type": "string"}, "i": {"type": "string"},
        "ri": {"type": "string"}, "s": {"type": "string"},
        "a": {"type": "object", "required": ["degree"],
              "properties": {"degree": {"type": "string", "enum": ["BSc", "MSc"]}}},
    },
    "required": ["i", "ri", "s", "d", "a"],
}  # fmt: skip


@pytest.mark.parametrize(("degree", "fits"), [("MSc", True), ("PhD", False)])
def test_a_credential_under_a_schema(degree: str, fits: bool) -> None:
    """ACDC: made, anchored, issued to a holder, verified; one that does not fit its schema is refused."""
    from keri.core.scheming import CacheResolver, Schemer
    from keri.vc import proving

    _, schema = coring.Saider.saidify(sad=dict(SCHEMA), label=coring.Saids.dollar)
    schemer = Schemer(sed=schema)
    with registry() as (hby, hab, rgy, issuer):
        holder = hby.makeHab(name="holder")
        CacheResolver(db=hby.db).add(schemer.said, schemer.raw)
        verifier = verifying.Verifier(hby=hby, reger=rgy.reger)
        creder = proving.credential(schema=schemer.said, issuer=hab.pre, data={"d": "", "degree": degree, "i": holder.pre},
                                    status=issuer.regk, recipient=holder.pre)  # fmt: skip
        anchor(hab, rgy, issuer, issuer.issue(said=creder.said))
        arguments = {
            "creder": creder, "prefixer": hab.kever.prefixer, "seqner": coring.Seqner(sn=hab.kever.sn),
            "saider": coring.Saider(qb64=hab.kever.serder.said),
        }  # fmt: skip
        if fits:
            verifier.processCredential(**arguments)
            assert rgy.reger.saved.get(keys=(creder.said,)) is not None
            issued = [saider.qb64 for saider in rgy.reger.subjs.get(keys=(holder.pre,))]
            assert issued == [creder.said]
        else:
            with pytest.raises(kering.FailedSchemaValidationError):
                verifier.processCredential(**arguments)
            assert rgy.reger.saved.get(keys=(creder.said,)) is None
