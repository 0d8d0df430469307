"""Keeper and Manager: keys from a salt or from chance, secrets encrypted by a passcode's seed, and encrypted anew."""

from __future__ import annotations

import pytest
from keri import core, kering
from keri.app import keeping
from keri.core import coring
from keri.core.signing import Salter, Signer

SALT = Salter(raw=b"keepers 16 bytes").qb64


def seed_of(text: bytes) -> tuple[str, str]:
    """(seed, aeid): the secret and the public half of what encrypts a keeper."""
    signer = Salter(raw=text).signer(path="aeid", tier="low", transferable=False, temp=True)
    return signer.qb64, signer.verfer.qb64


def raw_secrets(keeper: keeping.Keeper) -> dict[str, bytes]:
    """What lies in the database under each public key, undecrypted."""
    with keeper.env.begin(db=keeper.pris.sdb) as txn:
        return {bytes(key).decode(): bytes(value) for key, value in txn.cursor()}


@pytest.mark.parametrize("algo", [keeping.Algos.salty, keeping.Algos.randy])
def test_incept_sign_rotate(algo: str) -> None:
    with keeping.openKS(name="keys") as keeper:
        manager = keeping.Manager(ks=keeper, salt=SALT, algo=algo)
        verfers, digers = manager.incept(icount=2, ncount=3, temp=True)
        pre = verfers[0].qb64
        assert (len(verfers), len(digers)) == (2, 3)
        for siger, verfer in zip(manager.sign(b"data", verfers=verfers), verfers, strict=True):
            assert verfer.verify(siger.raw, b"data")
        rotated, _ = manager.rotate(pre=pre, ncount=1, temp=True)
        assert [coring.Diger(ser=verfer.qb64b).qb64 for verfer in rotated] == [diger.qb64 for diger in digers]
        assert {verfer.qb64 for verfer in rotated}.isdisjoint({verfer.qb64 for verfer in verfers})
        with pytest.raises((ValueError, kering.KeriError)):
            manager.sign(b"data", pubs=["B" + "A" * 43])


def test_salty_keys_can_be_made_again_and_random_ones_cannot() -> None:
    made: dict[str, list[list[str]]] = {keeping.Algos.salty: [], keeping.Algos.randy: []}
    for algo, found in made.items():
        for turn in range(2):
            with keeping.openKS(name=f"keys{turn}") as keeper:
                manager = keeping.Manager(ks=keeper, salt=SALT, algo=algo)
                found.append([verfer.qb64 for verfer in manager.incept(icount=3, temp=True)[0]])
    assert made["salty"][0] == made["salty"][1]
    assert set(made["randy"][0]).isdisjoint(made["randy"][1])


def test_secrets_are_encrypted_with_the_passcode() -> None:
    seed, aeid = seed_of(b"the first secret")
    with keeping.openKS(name="keys") as keeper:
        manager = keeping.Manager(ks=keeper, seed=seed, aeid=aeid, salt=SALT, algo=keeping.Algos.randy)
        verfers, _ = manager.incept(icount=2, temp=True)
        for public, stored in raw_secrets(keeper).items():
            assert stored.startswith(coring.MtrDex.X25519_Cipher_Seed.encode()), "a cipher, not a seed"
            opened = keeper.pris.get(public, decrypter=manager.decrypter)
            assert opened.verfer.qb64 == public and opened.qb64b not in stored
        other = core.Decrypter(seed=seed_of(b"another secret..")[0])
        with pytest.raises((ValueError, kering.KeriError)):
            keeper.pris.get(verfers[0].qb64, decrypter=other)
        assert manager.salt == SALT and keeper.gbls.get("salt") != SALT


def test_encrypted_anew_with_another_passcode() -> None:
    first, second = seed_of(b"the first secret"), seed_of(b"second secret...")
    with keeping.openKS(name="keys") as keeper:
        manager = keeping.Manager(ks=keeper, seed=first[0], aeid=first[1], salt=SALT)
        verfers, digers = manager.incept(icount=2, ncount=2, temp=True)
        before = raw_secrets(keeper)
        manager.updateAeid(aeid=second[1], seed=second[0])
        after = raw_secrets(keeper)
        assert before.keys() == after.keys() and all(before[key] != after[key] for key in before)
        assert all(v.verify(s.raw, b"x") for s, v in zip(manager.sign(b"x", verfers=verfers), verfers, strict=True))

        for wrong in ("", first[0]):
            with pytest.raises(kering.AuthError):
                keeping.Manager(ks=keeper, seed=wrong, aeid=second[1])
        again = keeping.Manager(ks=keeper, seed=second[0], aeid=second[1])
        assert again.salt == SALT
        rotated, _ = again.rotate(pre=verfers[0].qb64, temp=True)
        assert [coring.Diger(ser=verfer.qb64b).qb64 for verfer in rotated] == [diger.qb64 for diger in digers]


def test_a_seed_that_does_not_belong_is_refused() -> None:
    first, second = seed_of(b"the first secret"), seed_of(b"second secret...")
    with keeping.openKS(name="keys") as keeper:
        with pytest.raises(kering.AuthError):
            keeping.Manager(ks=keeper, seed=first[0], aeid=second[1], salt=SALT)
        manager = keeping.Manager(ks=keeper, seed=first[0], aeid=first[1], salt=SALT)
        with pytest.raises(kering.AuthError):
            manager.updateAeid(aeid=second[1], seed=first[0])


def test_imported_secrets() -> None:
    """Secrets of elsewhere are ingested as past, present and next keys; signing goes on with them."""
    signers = [[Signer()], [Signer()]]
    with keeping.openKS(name="keys") as keeper:
        manager = keeping.Manager(ks=keeper, salt=SALT)
        secrecies = [[signer.qb64 for signer in generation] for generation in signers]
        _, verferies = manager.ingest(secrecies=secrecies, temp=True)
        assert [[v.qb64 for v in vs] for vs in verferies] == [[s.verfer.qb64 for s in ss] for ss in signers]
        for generation, verfers in zip(signers, verferies, strict=True):
            siger = manager.sign(b"data", verfers=verfers)[0]
            assert generation[0].verfer.verify(siger.raw, b"data")
        again, _ = manager.replay(pre=verferies[0][0].qb64)
        assert [verfer.qb64 for verfer in again] == [signer.verfer.qb64 for signer in signers[1]]
