"""keripy in a worker: a wallet's life, parsing what others send, escrows, first seen, replay. Our own scenarios, short ones;
tests/keri holds the long ones, which run under pytest."""

import unittest
from contextlib import contextmanager

from keri import core, kering
from keri.app import habbing
from keri.core import eventing, parsing, serdering
from keri.db import basing

SALT = core.Salter(raw=b"suitesofthepage0").qb64


@contextmanager
def party(name, **options):
    """Somebody with stores of his own below /tmp, cleared at the end."""
    with habbing.openHby(name=name, temp=True, salt=SALT, **options) as hby:
        yield hby


@contextmanager
def stranger():
    """Somebody who has only a database of key events and believes nothing that he cannot verify."""
    with basing.openDB(name="stranger") as db:
        yield eventing.Kevery(db=db, lax=False, local=False)


def hear(kevery, *messages):
    """Have somebody parse messages, then look through his escrows."""
    for message in messages:
        parsing.Parser(framed=True, kvy=kevery).parse(ims=bytearray(message))
    kevery.processEscrows()


def log(hab):
    """The messages of a Hab's key event log, each with its signatures."""
    return [bytes(message) for message in hab.db.clonePreIter(pre=hab.pre)]


class Life(unittest.TestCase):
    """An identifier from its inception on."""

    def test_incept_interact_rotate(self):
        with party("life") as hby:
            hab = hby.makeHab(name="alice")
            self.assertEqual(hab.pre, hab.kever.serder.said)
            hab.interact(data=[{"d": "anchored"}])
            hab.rotate()
            kinds = [serdering.SerderKERI(raw=message).ked["t"] for message in log(hab)]
            self.assertEqual(kinds, ["icp", "ixn", "rot"])
            self.assertEqual(hab.kever.sn, 2)

    def test_many_keys_and_a_weighted_threshold(self):
        with party("many") as hby:
            hab = hby.makeHab(name="board", icount=3, isith=["1/2", "1/2", "1/2"], ncount=3, nsith=["1/2", "1/2", "1/2"])
            hab.rotate()
            self.assertEqual(len(hab.kever.verfers), 3)
            self.assertEqual(hab.kever.sn, 1)

    def test_an_identifier_that_cannot_rotate(self):
        with party("fixed") as hby:
            hab = hby.makeHab(name="once", transferable=False)
            self.assertFalse(hab.kever.transferable)
            with self.assertRaises((kering.ValidationError, ValueError)):
                hab.rotate()

    def test_the_same_salt_gives_the_same_identifier(self):
        found = []
        for _ in range(2):
            with party("same") as hby:
                found.append(hby.makeHab(name="alice").pre)
        self.assertEqual(*found)

    def test_a_passcode_is_long_enough(self):
        with self.assertRaises(ValueError):
            habbing.Habery(name="short", temp=True, bran="tooshort")

    def test_signatures(self):
        with party("signs") as hby:
            hab = hby.makeHab(name="alice")
            (siger,) = hab.sign(ser=b"text", indexed=True)
            self.assertTrue(siger.verfer.verify(siger.raw, b"text"))
            self.assertFalse(siger.verfer.verify(siger.raw, b"test"))


class Hearing(unittest.TestCase):
    """What others make of it."""

    def setUp(self):
        with party("speaker") as hby:
            hab = hby.makeHab(name="alice")
            hab.interact(data=[{"d": "one"}])
            hab.rotate()
            hab.interact(data=[{"d": "two"}])
            self.pre, self.messages = hab.pre, log(hab)

    def test_a_log_is_verified(self):
        with stranger() as kevery:
            hear(kevery, *self.messages)
            self.assertEqual(kevery.kevers[self.pre].sn, 3)

    def test_what_comes_too_early_waits_in_escrow(self):
        with stranger() as kevery:
            hear(kevery, self.messages[0], *self.messages[2:])
            self.assertEqual(kevery.kevers[self.pre].sn, 0)
            hear(kevery, self.messages[1])
            for _ in range(3):
                kevery.processEscrows()
            self.assertEqual(kevery.kevers[self.pre].sn, 3)

    def test_a_changed_event_is_not_believed(self):
        with stranger() as kevery:
            at = self.messages[1].index(b'"d":"one"') + 5
            changed = self.messages[1][:at] + b"0" + self.messages[1][at + 1 :]
            hear(kevery, self.messages[0])
            try:
                hear(kevery, changed)
            except kering.KeriError:
                pass
            self.assertEqual(kevery.kevers[self.pre].sn, 0)

    def test_first_seen_wins(self):
        with party("speaker") as hby:
            hab = hby.makeHab(name="alice")
            self.assertEqual(hab.pre, self.pre)
            hab.interact(data=[{"d": "another one"}])
            other = log(hab)[1]
        with stranger() as kevery:
            hear(kevery, self.messages[0], self.messages[1])
            said = kevery.kevers[self.pre].serder.said
            hear(kevery, other)
            self.assertEqual(kevery.kevers[self.pre].serder.said, said)

    def test_heard_twice_is_known_once(self):
        with stranger() as kevery:
            hear(kevery, *self.messages, *self.messages)
            self.assertEqual(kevery.kevers[self.pre].sn, 3)


class Credentials(unittest.TestCase):
    """Registries of credentials."""

    def test_a_registry_is_made_and_anchored(self):
        from keri.vdr import credentialing

        with party("issuer") as hby:
            hab = hby.makeHab(name="issuer")
            regery = credentialing.Regery(hby=hby, name="issuer", temp=True)
            registry = regery.makeRegistry(prefix=hab.pre, name="diplomas", noBackers=True)
            self.assertTrue(registry.regk.startswith("E"))
            self.assertEqual(registry.hab.pre, hab.pre)
            regery.close()
