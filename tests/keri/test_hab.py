"""Hab: inception, rotation, interaction, thresholds of many keys, identifiers that cannot rotate, delegation."""

from __future__ import annotations

from itertools import pairwise

import pytest
from kelkit import hear, log, party, signed, stranger
from keri import kering
from keri.core import coring, eventing, serdering
from keri.core.coring import Diger, MtrDex
from keri.db.dbing import snKey


def events(hab) -> list[dict]:
    return [serdering.SerderKERI(raw=message).ked for message in log(hab)]


def test_incept_rotate_interact() -> None:
    with party("hab") as hby:
        hab = hby.makeHab(name="alice")
        assert hab.pre == hab.kever.serder.said, "the identifier is the digest of its inception"
        hab.interact(data=[{"d": "anchored"}])
        hab.rotate(data=[{"d": "anchored with new keys"}])
        hab.rotate()
        chain = events(hab)
        assert [event["t"] for event in chain] == ["icp", "ixn", "rot", "rot"]
        assert [int(event["s"], 16) for event in chain] == [0, 1, 2, 3]
        for before, after in pairwise(chain):
            assert after["p"] == before["d"]
        establishing = [event for event in chain if event["t"] != "ixn"]
        for before, after in pairwise(establishing):
            assert [Diger(ser=key.encode()).qb64 for key in after["k"]] == before["n"], "keys were committed to before"
        assert chain[1]["a"] == [{"d": "anchored"}] and chain[2]["a"] == [{"d": "anchored with new keys"}]


def test_signatures_by_index() -> None:
    with party("hab") as hby:
        hab = hby.makeHab(name="alice", icount=3, isith="2", ncount=3, nsith="2")
        sigers = signed(hab, b"text", [0, 2])
        assert [siger.index for siger in sigers] == [0, 2]
        for siger in sigers:
            assert hab.kever.verfers[siger.index].verify(siger.raw, b"text")
            assert not hab.kever.verfers[siger.index].verify(siger.raw, b"test")
            assert not hab.kever.verfers[1].verify(siger.raw, b"text")


def test_weighted_thresholds() -> None:
    """Three keys of a half each: two must sign. Then four keys in two groups of which each must be satisfied."""
    with party("weighted") as hby, stranger() as kevery:
        hab = hby.makeHab(name="board", icount=3, isith=["1/2", "1/2", "1/2"], ncount=4,
                          nsith=[["1/2", "1/2"], ["1", "1"]])  # fmt: skip
        hab.rotate(isith=[["1/2", "1/2"], ["1", "1"]], ncount=2, nsith=["1", "1/2"])
        hab.rotate(isith=["1", "1/2"], ncount=1, nsith="1")
        hab.interact()
        assert hab.kever.tholder.sith == ["1", "1/2"] and hab.kever.sn == 3
        hear(kevery, *log(hab))
        assert kevery.kevers[hab.pre].sn == 3
        assert kevery.kevers[hab.pre].tholder.sith == ["1", "1/2"]


@pytest.mark.parametrize(("signers", "enough"), [([0], False), ([0, 1], True), ([2, 0], True), ([2], False)])
def test_too_few_weights_wait(signers: list[int], enough: bool) -> None:
    with party("weighted") as hby, stranger() as kevery:
        hab = hby.makeHab(name="board", icount=3, isith=["1/2", "1/2", "1/2"], ncount=3, nsith=["1/2", "1/2", "1/2"])
        serder = hab.kever.serder
        sigers = signed(hab, serder.raw, signers)
        hear(kevery, eventing.messagize(serder, sigers=sigers))
        assert (hab.pre in kevery.kevers) is enough
        assert bool(kevery.db.getPses(snKey(hab.pre, 0))) is not enough
        if not enough:
            hear(kevery, eventing.messagize(serder, sigers=signed(hab, serder.raw, [1])))
            assert hab.pre in kevery.kevers, "the missing signature came by itself"


def test_impossible_thresholds_are_refused() -> None:
    with party("hab") as hby:
        for sith in ("3", ["1/3", "1/3"], ["2/3"]):
            with pytest.raises((ValueError, kering.ValidationError)):
                hby.makeHab(name=f"bad {sith}", icount=2, isith=sith)


def test_an_identifier_that_cannot_rotate() -> None:
    with party("fixed") as hby, stranger() as kevery:
        hab = hby.makeHab(name="fixed", transferable=False)
        assert hab.pre == hab.kever.verfers[0].qb64 and not hab.kever.prefixer.transferable
        assert hab.kever.ndigers == [] and hab.pre.startswith(MtrDex.Ed25519N)
        with pytest.raises((ValueError, kering.KeriError)):
            hab.rotate()
        with pytest.raises((ValueError, kering.KeriError)):
            hab.interact()
        hear(kevery, *log(hab))
        cigar = hab.sign(b"text", indexed=False)[0]
        assert coring.Verfer(qb64=hab.pre).verify(cigar.raw, b"text")


def test_an_abandoned_identifier_takes_no_more_events() -> None:
    """A rotation without next keys ends the log."""
    with party("end") as hby:
        hab = hby.makeHab(name="end")
        hab.rotate(ncount=0, nsith="0")
        assert hab.kever.ndigers == []
        with pytest.raises((ValueError, kering.KeriError)):
            hab.rotate()
        assert hab.kever.sn == 1


def test_establishment_only() -> None:
    with party("eo") as hby:
        hab = hby.makeHab(name="strict", estOnly=True)
        with pytest.raises((ValueError, kering.KeriError)):
            hab.interact()
        hab.rotate(data=[{"d": "only so"}])
        assert hab.kever.sn == 1


def delegated(delegator, delegate) -> None:
    """The delegator anchors the delegate's newest event, in an interaction, as the protocol asks."""
    event = delegate.kever.serder if delegate.accepted else delegate.iserder
    delegator.interact(data=[{"i": delegate.pre, "s": event.ked["s"], "d": event.said}])


def test_delegation_with_both_parties_local() -> None:
    with party("delegation") as hby, stranger() as kevery:
        delegator = hby.makeHab(name="boss")
        delegate = hby.makeHab(name="deputy", delpre=delegator.pre)
        assert delegate.kever.delpre == delegator.pre and delegate.kever.serder.ilk == "dip"
        hear(kevery, *log(delegator), *log(delegate))
        assert delegator.pre in kevery.kevers and delegate.pre not in kevery.kevers, "nobody has approved it"
        delegated(delegator, delegate)
        hear(kevery, *log(delegator), *log(delegate))
        assert kevery.kevers[delegate.pre].delpre == delegator.pre

        delegate.rotate()
        assert delegate.kever.serder.ilk == "drt"
        hear(kevery, *log(delegate))
        assert kevery.kevers[delegate.pre].sn == 0, "a rotation needs an approval, too"
        delegated(delegator, delegate)
        hear(kevery, *log(delegator), *log(delegate))
        assert kevery.kevers[delegate.pre].sn == 1
        delegate.interact()
        hear(kevery, *log(delegate))
        assert kevery.kevers[delegate.pre].sn == 2, "an interaction needs none"


@pytest.mark.parametrize("code", [MtrDex.ECDSA_256r1_Seed, MtrDex.ECDSA_256k1_Seed])
def test_events_signed_with_ecdsa(code: str) -> None:
    """keripy's Habery makes Ed25519 keys only; events of others may carry ECDSA keys: they verify, tampered ones do not."""
    from keri.core.signing import Signer

    now, later = Signer(code=code), Signer(code=code)
    serder = eventing.incept(keys=[now.verfer.qb64], ndigs=[Diger(ser=later.verfer.qb64b).qb64], code=MtrDex.Blake3_256)
    rotation = eventing.rotate(pre=serder.pre, keys=[later.verfer.qb64], dig=serder.said, sn=1)
    with stranger() as kevery:
        wrong = eventing.messagize(rotation, sigers=[now.sign(rotation.raw, index=0)])
        right = eventing.messagize(rotation, sigers=[later.sign(rotation.raw, index=0)])
        hear(kevery, eventing.messagize(serder, sigers=[now.sign(serder.raw, index=0)]), wrong)
        assert kevery.kevers[serder.pre].sn == 0
        hear(kevery, right)
        assert kevery.kevers[serder.pre].sn == 1
