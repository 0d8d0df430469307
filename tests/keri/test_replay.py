"""Replay: the log that a Hab exports makes the same state elsewhere, from the start or from where one stopped."""

from __future__ import annotations

from pathlib import Path

from kelkit import hear, log, party, stranger
from keri.core import serdering
from keri.core.eventing import Kevery
from keri.db import basing


def test_replay_is_the_whole_log() -> None:
    with party("teller") as hby, stranger() as kevery:
        hab = hby.makeHab(name="alice", icount=2, isith="2", ncount=2, nsith="2")
        for turn in range(5):
            hab.rotate(ncount=2, nsith="2") if turn % 2 else hab.interact(data=[{"turn": turn}])
        assert bytes(hab.replay()) == b"".join(log(hab))
        hear(kevery, bytes(hab.replay()))
        told = [bytes(message) for message in kevery.db.clonePreIter(pre=hab.pre)]
        assert len(told) == 6
        for mine, theirs in zip(log(hab), told, strict=True):
            assert serdering.SerderKERI(raw=mine).said == serdering.SerderKERI(raw=theirs).said


def test_replay_from_a_number_on() -> None:
    with party("teller") as hby, stranger() as kevery:
        hab = hby.makeHab(name="alice")
        hab.interact()
        hear(kevery, bytes(hab.replay()))
        for _ in range(3):
            hab.rotate()
        rest = bytes(hab.replay(fn=2))
        assert bytes(hab.replay()).endswith(rest) and serdering.SerderKERI(raw=rest).sn == 2
        hear(kevery, rest)
        assert kevery.kevers[hab.pre].serder.said == hab.kever.serder.said


def test_everybody_at_once() -> None:
    with party("teller") as hby, stranger() as kevery:
        habs = [hby.makeHab(name=name) for name in ("alice", "bob")]
        for hab in habs:
            hab.rotate()
        hear(kevery, bytes(habs[0].replayAll()))
        assert {hab.pre: hab.kever.serder.said for hab in habs}.items() <= {
            pre: kever.serder.said for pre, kever in kevery.kevers.items()
        }.items()


def test_state_is_there_again_when_the_database_is_opened_again(tmp_path: Path) -> None:
    def opened() -> basing.Baser:
        return basing.Baser(name="listener", temp=False, headDirPath=str(tmp_path), reopen=True)

    with party("teller") as hby:
        hab = hby.makeHab(name="alice")
        for _ in range(4):
            hab.rotate()
        db = opened()
        hear(Kevery(db=db, lax=False, local=False), bytes(hab.replay()))
        db.close()
        db = opened()
        assert db.kevers[hab.pre].sn == 4 and db.kevers[hab.pre].serder.said == hab.kever.serder.said
        hab.interact()
        hear(Kevery(db=db, lax=False, local=False), bytes(hab.replay(fn=5)))
        assert db.kevers[hab.pre].sn == 5
        db.close(clear=True)
        db = opened()
        assert hab.pre not in db.kevers, "cleared is gone"
        db.close(clear=True)
