"""Habery: a passcode opens it, another does not; what it held is there again; the same salt gives the same keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from kelkit import party
from keri import kering
from keri.app import habbing

BRAN = "0123456789abcdefghijk"


def durable(folder: Path, bran: str | None = BRAN, **options: object) -> habbing.Habery:
    """A Habery below a folder of the test's own; not temporary, so closing keeps it."""
    options.setdefault("tier", "low")
    return habbing.Habery(name="durable", temp=False, headDirPath=str(folder), bran=bran, **options)


def test_reopened_with_the_passcode(tmp_path: Path) -> None:
    hby = durable(tmp_path)
    hab = hby.makeHab(name="alice")
    hab.rotate()
    hab.interact(data=[{"note": "kept"}])
    pre, said = hab.pre, hab.kever.serder.said
    log = bytes(hab.replay())
    hby.close()

    hby = durable(tmp_path)
    again = hby.habByName("alice")
    assert (again.pre, again.kever.sn, again.kever.serder.said) == (pre, 2, said)
    assert bytes(again.replay()) == log
    again.rotate()
    assert again.kever.sn == 3, "its next keys can be decrypted, too"
    hby.close(clear=True)
    assert not any((tmp_path / "keri" / "ks").glob("durable*"))


def test_another_passcode_is_refused(tmp_path: Path) -> None:
    hby = durable(tmp_path)
    hby.makeHab(name="alice")
    hby.close()
    for wrong in (BRAN[:-1] + "x", "x" + BRAN[1:]):
        with pytest.raises(kering.AuthError):
            durable(tmp_path, bran=wrong)
    with pytest.raises(kering.AuthError):
        durable(tmp_path, bran=None)
    hby = durable(tmp_path)
    assert [hab.name for hab in hby.habs.values()] == ["alice"]
    hby.close(clear=True)


def test_a_short_passcode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too short"):
        durable(tmp_path, bran=BRAN[:20])


def test_the_same_salt_gives_the_same_identifiers() -> None:
    found = []
    for name in ("one", "two"):
        with party(name) as hby:
            hab = hby.makeHab(name="alice")
            hab.rotate()
            found.append((hab.pre, [verfer.qb64 for verfer in hab.kever.verfers], hab.kever.ndigers[0].qb64))
    with party("three", salt=b"another salt 16b") as hby:
        other = hby.makeHab(name="alice").pre
    assert found[0] == found[1] and other != found[0][0]


def test_many_identifiers_by_name_and_prefix() -> None:
    with party("many") as hby:
        made = {name: hby.makeHab(name=name) for name in ("alice", "bob", "carol")}
        assert len({hab.pre for hab in made.values()}) == 3
        for name, hab in made.items():
            assert hby.habByName(name) is hab and hby.habByPre(hab.pre) is hab
        assert hby.habByName("dave") is None
        hby.deleteHab("bob")
        assert hby.habByName("bob") is None and hby.habByName("carol") is made["carol"]


def test_the_signator_signs_for_the_habery(tmp_path: Path) -> None:
    hby = durable(tmp_path)
    cigar = hby.signator.sign(b"what is mine")
    assert hby.signator.verify(b"what is mine", cigar) and not hby.signator.verify(b"what is not", cigar)
    pre = hby.signator.pre
    hby.close()
    hby = durable(tmp_path)
    assert hby.signator.pre == pre and hby.signator.verify(b"what is mine", cigar)
    hby.close(clear=True)
