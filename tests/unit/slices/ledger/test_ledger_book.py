"""The ledger's verdicts: what is accepted, what waits for what, what is refused and why, and that nothing wrong gets in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ledgerkit import bodies, book, books, habery, messages, told, unsynced  # noqa: F401 (fixtures)


def do(generator: Any) -> Any:
    """What a Doer would `yield from`."""
    while True:
        try:
            next(generator)
        except StopIteration as stop:
            return stop.value


def test_a_log_is_verified_kept_and_exported(book: Any, books: Any) -> None:  # noqa: F811
    with habery() as hby:
        hab = hby.makeHab("multi", isith=["1/2", "1/2", "1/2"], icount=3, nsith="2", ncount=3)
        hab.rotate()
        hab.interact(data=[{"a": "b"}])
        hab.rotate(isith="2", nsith="1", ncount=2)
        log = messages(hab)
        data = b"".join(log)
        result = book.ingest(data, "multi.cesr")
        assert told(result) == {"accepted": [0, 1, 2, 3], "known": [], "rejected": [], "escrowed": []}
        at = 0
        for entry, message in zip(result["accepted"], log, strict=True):
            assert (entry["offset"], entry["size"], entry["source"]) == (at, len(message), "multi.cesr")
            assert entry["aid"] == hab.pre
            at += len(message)
        state, theirs = book.heads()[hab.pre], hab.kever.state()._asdict()
        assert {**state, "dt": 0} == {**theirs, "dt": 0, "duplicitous": False}
        assert book.kevers[hab.pre].serder.said == hab.kever.serder.said

        later = books(book)  # what is written is what is read again
        assert told(later.ingest(data)) == {"accepted": [], "known": [0, 1, 2, 3], "rejected": [], "escrowed": []}
        again = books().ingest(do(later.kel(hab.pre)))
        assert told(again)["accepted"] == [0, 1, 2, 3]
        hab.rotate()
        more = later.ingest(b"".join(messages(hab)))
        assert told(more) == {"accepted": [4], "known": [0, 1, 2, 3], "rejected": [], "escrowed": []}
        assert later.heads()[hab.pre]["f"] == "4"


def test_out_of_order_waits_and_is_released(book: Any, books: Any) -> None:  # noqa: F811
    with habery() as hby:
        hab = hby.makeHab("one")
        for _ in range(3):
            hab.interact()
        hab.rotate()
        log = messages(hab)
        assert told(book.ingest(log[3] + log[4])) == {
            "accepted": [],
            "known": [],
            "rejected": [],
            "escrowed": [(3, "order"), (4, "order")],
        }
        assert hab.pre not in book.heads()
        assert told(book.ingest(log[0]))["accepted"] == [0]
        later = books(book)
        assert [each["sn"] for each in later.notes.waiting(hab.pre)] == [3, 4], "it waits across a restart"
        result = later.ingest(log[2] + log[1])
        assert sorted(told(result)["accepted"]) == [1, 2, 3, 4]
        assert [each["sn"] for each in result["accepted"] if each.get("waited")] == [3, 4]
        assert not later.notes.pending and bodies(later, hab.pre) == [
            bytes(hab.db.getEvt(_key(hab, sn))) for sn in range(5)
        ]
        backwards = books()
        assert sorted(told(backwards.ingest(b"".join(reversed(log))))["accepted"]) == [0, 1, 2, 3, 4]


def _key(hab: Any, sn: int) -> bytes:
    from keri.db.dbing import dgKey, snKey

    return dgKey(hab.pre.encode(), bytes(hab.db.getKeLast(snKey(hab.pre.encode(), sn))))


def test_signatures_of_one_event_in_several_messages_add_up(book: Any) -> None:  # noqa: F811
    from keri.core import eventing

    with habery() as hby:
        hab = hby.makeHab("two", isith="2", icount=2, nsith="2", ncount=2)
        serder, sigers, _ = hab.getOwnEvent(sn=0)
        first, second = (bytes(eventing.messagize(serder, sigers=[each])) for each in sigers)
        result = book.ingest(first)
        assert told(result)["escrowed"] == [(0, "threshold")] and "threshold is 2" in result["escrowed"][0]["reason"]
        assert told(book.ingest(first))["escrowed"] == [(0, "threshold")], "the same one again does not count twice"
        assert 0 in told(book.ingest(second))["accepted"]
        assert len(book.log(hab.pre)[0]["sigs"]) == 2 and not book.notes.pending


@pytest.mark.parametrize(
    ("sith", "count", "words"),
    [
        ("c", 12, "the threshold is 12:"),
        (["1/2", "1/2", "1/2"], 3, "the threshold is weights 1/2, 1/2, 1/2:"),
        ([{"1/2": ["1/2", "1/2"]}, "1/2", "1/2"], 4, "the threshold is weights 1/2 of (1/2, 1/2), 1/2, 1/2:"),
        ([["1/2", "1/2"], ["1"]], 3, "the threshold is weights (1/2, 1/2) and (1):"),
    ],
)
def test_a_threshold_is_told_in_words(book: Any, sith: Any, count: int, words: str) -> None:  # noqa: F811
    from keri.core import eventing

    with habery() as hby:
        hab = hby.makeHab("many", isith=sith, icount=count, nsith="1", ncount=1)
        serder, sigers, _ = hab.getOwnEvent(sn=0)
        (held,) = book.ingest(bytes(eventing.messagize(serder, sigers=sigers[-1:])))["escrowed"]
        assert words in held["reason"], held


def test_one_key_in_two_codes_is_one_signature(book: Any) -> None:  # noqa: F811
    """keripy 1.3.6 itself counts it twice."""
    from keri.core import eventing, indexing

    with habery() as hby:
        hab = hby.makeHab("two", isith="2", icount=2, nsith="2", ncount=2)
        serder, sigers, _ = hab.getOwnEvent(sn=0)
        twin = indexing.Siger(raw=sigers[0].raw, index=0, code=indexing.IdrDex.Ed25519_Crt_Sig)
        message = bytes(eventing.messagize(serder, sigers=[sigers[0], twin]))
        result = book.ingest(message)
        assert told(result)["rejected"] == [(0, "signature")] and "a key counts once" in result["rejected"][0]["reason"]
        one = bytes(eventing.messagize(serder, sigers=[sigers[0]]))
        two = bytes(eventing.messagize(serder, sigers=[twin]))
        assert told(book.ingest(one + two))["accepted"] == [] and hab.pre not in book.heads()


def test_a_surplus_signature_that_does_not_verify_is_refused(book: Any) -> None:  # noqa: F811
    with habery() as hby:
        hab = hby.makeHab("three", isith="2", icount=3, nsith="2", ncount=3)
        message = bytearray(messages(hab, replay=False)[0])
        message[-10] ^= 1
        result = book.ingest(bytes(message))
        assert told(result)["rejected"] == [(0, "signature")] and "signature 3 of 3" in result["rejected"][0]["reason"]


def test_reasons(book: Any) -> None:  # noqa: F811
    from keri.core import eventing, serdering

    with habery() as hby:
        hab = hby.makeHab("one")
        hab.interact(data=[{"pay": "1"}])
        hab.rotate()
        inception, interaction, rotation = messages(hab, replay=False)

        changed = interaction.replace(b'"pay":"1"', b'"pay":"9"')
        assert told(book.ingest(inception + changed))["rejected"] == [(1, "said")]
        ked = json.loads(interaction[: interaction.rindex(b"}") + 1])
        forged = serdering.SerderKERI(sad={**ked, "a": [{"pay": "9"}], "d": ""}, makify=True)
        _, sigers, _ = hab.getOwnEvent(sn=1)
        result = book.ingest(bytes(eventing.messagize(forged, sigers=sigers)))
        assert told(result)["rejected"] == [(1, "signature")] and "does not verify" in result["rejected"][0]["reason"]
        unsigned = book.ingest(interaction[: interaction.rindex(b"}") + 1])
        assert told(unsigned)["rejected"] == [(1, "signature")]
        broken = serdering.SerderKERI(sad={**ked, "p": ked["d"], "d": ""}, makify=True)
        assert told(book.ingest(_signed(hab, broken)))["rejected"] == [(1, "chain")]

        assert told(book.ingest(interaction))["accepted"] == [1]
        with habery("thief") as other:
            thief = other.makeHab("t")
            keys, digests = [thief.kever.verfers[0].qb64], [thief.kever.ndigers[0].qb64]
            theft = eventing.rotate(pre=hab.pre, keys=keys, dig=ked["d"], sn=2, ndigs=digests)
            result = book.ingest(_signed(thief, theft))
        assert told(result)["rejected"] == [(2, "pre-rotation")], result
        result = book.ingest(rotation[:-5])
        assert told(result)["rejected"] == [(2, "truncated")]
        result = book.ingest(rotation[:200])
        assert told(result)["rejected"] == [(2, "framing")] and "truncated" in result["rejected"][0]["reason"]
        assert result["rejected"][0]["said"] == hab.kever.serder.said, "even a piece says whose it is"
        result = book.ingest(rotation + b"\n\n  what is this?\r\n")
        assert told(result)["accepted"] == [2] and told(result)["rejected"] == [(None, "framing")]
        assert result["rejected"][0]["offset"] == len(rotation) + 4
        assert told(book.ingest(b"\n" + inception + b"\r\n" + interaction + b"\n"))["known"] == [0, 1], (
            "line ends may stand between"
        )
        query = bytes(hab.query(pre=hab.pre, src=hab.pre, route="ksn"))
        result = book.ingest(query)
        assert not result["rejected"] and "a query" in result["other"][0]["kind"] and result["other"][0]["byte"] == 0


def _signed(hab: Any, serder: Any) -> bytes:
    from keri.core import eventing

    return bytes(eventing.messagize(serder, sigers=hab.sign(ser=serder.raw, indexed=True)))


def test_what_was_verified_before_a_break_is_kept_and_so_is_what_follows(book: Any) -> None:  # noqa: F811
    with habery() as hby:
        hab, other = hby.makeHab("one"), hby.makeHab("two")
        for _ in range(3):
            hab.interact()
        log = messages(hab)
        log[2] = log[2][:50] + b"\x00" + log[2][51:]
        result = book.ingest(b"".join(log) + b"".join(messages(other)))
        assert told(result) == {
            "accepted": [0, 1, 0],
            "known": [],
            "rejected": [(2, "framing")],
            "escrowed": [(3, "order")],
        }
        assert result["rejected"][0]["offset"] == len(log[0]) + len(log[1])


def test_recovery_supersedes_and_the_abandoned_branch_is_told(book: Any) -> None:  # noqa: F811
    from keri.core import eventing

    with habery() as hby:
        hab = hby.makeHab("one")
        serder, _, _ = hab.getOwnEvent(sn=0)
        stray = eventing.interact(pre=hab.pre, dig=serder.said, sn=1, data=[{"stolen": "1"}])
        bad = _signed(hab, stray)
        hab.rotate()
        hab.interact()
        inception, rotation, interaction = messages(hab)
        assert told(book.ingest(inception + bad))["accepted"] == [0, 1]
        assert told(book.ingest(rotation + interaction))["accepted"] == [1, 2]
        log = book.log(hab.pre)
        assert [each["sn"] for each in log] == [0, 1, 1, 2] and book.heads()[hab.pre]["s"] == "2"
        other_way = book.ingest(bad)
        assert told(other_way)["known"] == [1]


def test_duplicity_is_proven_kept_and_first_seen_wins(book: Any, books: Any) -> None:  # noqa: F811
    from keri.core import eventing

    with habery() as hby:
        hab = hby.makeHab("one")
        serder, _, _ = hab.getOwnEvent(sn=0)
        fork = _signed(hab, eventing.interact(pre=hab.pre, dig=serder.said, sn=1, data=[{"for": "the other"}]))
        hab.interact(data=[{"for": "you"}])
        hab.interact()
        log = messages(hab)
        assert told(book.ingest(b"".join(log)))["accepted"] == [0, 1, 2]
        unsigned = bytearray(fork)
        unsigned[-20] ^= 1
        result = book.ingest(bytes(unsigned))
        assert told(result)["rejected"] == [(1, "conflict")] and not book.notes.duplicity(), (
            "anybody can claim: no proof, no accusation"
        )
        result = book.ingest(fork)
        assert told(result)["rejected"] == [(1, "duplicity")] and len(result["duplicity"]) == 1
        book = books(book)
        (proof,) = book.notes.duplicity(hab.pre)
        assert (proof["sn"], proof["raw"]) == (1, fork) and proof["first"] == book.log(hab.pre)[1]["said"]
        assert book.heads()[hab.pre]["duplicitous"] and book.heads()[hab.pre]["s"] == "2"
        book.ingest(fork)
        assert len(book.notes.duplicity()) == 1
        other = books()  # who sees the other one first keeps that
        result = told(other.ingest(log[0] + fork + log[1] + log[2]))
        assert result["accepted"] == [0, 1] and result["rejected"] == [(1, "duplicity"), (2, "chain")]


def test_delegation_waits_for_the_delegators_seal(book: Any, books: Any) -> None:  # noqa: F811
    with habery("boss") as bosses, habery("dele") as deles:
        boss = bosses.makeHab("boss")
        dele = deles.makeHab("dele", delpre=boss.pre)
        dip = messages(dele, replay=False)[0]
        first = messages(boss)
        result = book.ingest(dip)
        assert told(result)["escrowed"] == [(0, "delegation")] and boss.pre in result["escrowed"][0]["reason"]
        assert told(book.ingest(first[0]))["accepted"] == [0] and dele.pre not in book.heads()
        boss.interact(data=[{"i": dele.pre, "s": "0", "d": dele.pre}])
        result = book.ingest(b"".join(messages(boss)))
        assert sorted((each["aid"], each["sn"]) for each in result["accepted"]) == sorted(
            [(boss.pre, 1), (dele.pre, 0)]
        )
        assert book.heads()[dele.pre]["di"] == boss.pre and book.log(dele.pre)[0]["seal"]
        assert len(told(books().ingest(do(book.kel(dele.pre))))["accepted"]) == 3, "the export brings its delegator along"


def test_witnesses_and_receipts(book: Any) -> None:  # noqa: F811
    from keri.core import eventing, indexing

    with habery("controller") as hby, habery("witnesses") as wits:
        w1, w2 = (wits.makeHab(f"w{n}", transferable=False) for n in (1, 2))
        hab = hby.makeHab("one", wits=[w1.pre, w2.pre], toad=2)
        serder, sigers, _ = hab.getOwnEvent(sn=0, allowPartiallySigned=True)
        bare = bytes(eventing.messagize(serder, sigers=sigers))
        result = book.ingest(bare)
        assert told(result)["escrowed"] == [(0, "witnesses")] and "0 of 2" in result["escrowed"][0]["reason"]
        receipt = eventing.receipt(pre=hab.pre, sn=0, said=serder.said)
        couple = bytes(eventing.messagize(receipt, cigars=w1.sign(ser=serder.raw, indexed=False)))
        assert told(book.ingest(couple))["escrowed"] == [(0, "receipt")]
        wiger = indexing.Siger(raw=w2.sign(ser=serder.raw, indexed=False)[0].raw, index=1)
        result = book.ingest(bytes(eventing.messagize(receipt, wigers=[wiger])))
        assert 0 in told(result)["accepted"], result
        assert len(book.log(hab.pre)[0]["wigs"]) == 2 and not book.notes.pending


def test_a_failed_merge_leaves_everything_as_it_was(book: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from slices.ledger.checks import records

    with habery() as hby:
        hab = hby.makeHab("one")
        hab.interact()
        log = messages(hab)
        book.ingest(log[0])
        pin = records.pin
        monkeypatch.setattr(records, "pin", lambda *_: (_ for _ in ()).throw(RuntimeError("disk")))
        with pytest.raises(RuntimeError):
            book.ingest(log[1])
        monkeypatch.setattr(records, "pin", pin)
        assert len(book.log(hab.pre)) == 1 and book.heads()[hab.pre]["s"] == "0"
        assert told(book.ingest(log[1]))["accepted"] == [1]


def test_removed_is_forgotten_and_may_come_again(book: Any) -> None:  # noqa: F811
    with habery() as hby:
        hab, other = hby.makeHab("one"), hby.makeHab("two")
        hab.rotate()
        data = b"".join(messages(hab) + messages(other))
        book.ingest(data)
        with pytest.raises(StopIteration) as stop:
            next(book.remove(hab.pre))
        assert stop.value.value == 2
        assert hab.pre not in book.heads() and hab.pre not in book.kevers and other.pre in book.heads()
        assert told(book.ingest(data)) == {"accepted": [0, 1], "known": [0], "rejected": [], "escrowed": []}


@pytest.mark.parametrize(
    ("keys", "isith", "told_of"),
    [
        (5001, "1", "it lists 5,001 keys in k: at most 5,000"),
        (900, ["1", *(f"1/{number}" for number in range(101, 1000))], "kt has different weights of 4,496 digits"),
        (900, json.dumps(["1", *(f"1/{number}" for number in range(101, 1000))]), "kt has different weights of 4,496 digits"),
        (900, ["1", *["1/900"] * 899], ""),
        (5000, "1", ""),
    ],
)
def test_keys_and_weights_that_hold_whoever_reads_them(book: Any, keys: int, isith: Any, told_of: str) -> None:  # noqa: F811
    """Their common denominator is computed anew at each look at a key state: a page of it held the worker of the keys."""
    from keri.core import coring, eventing, signing

    signer = signing.Signer(raw=b"k" * 32)
    listed = [signer.verfer.qb64, *(coring.Verfer(raw=number.to_bytes(32, "big")).qb64 for number in range(1, keys))]
    serder = eventing.incept(keys=listed, isith=isith, code=coring.MtrDex.Blake3_256)
    result = book.ingest(bytes(eventing.messagize(serder, sigers=[signer.sign(serder.raw, index=0)])))
    if told_of:
        ((code, reason),) = [(each["code"], each["reason"]) for each in result["rejected"]]
        assert code == "size" and told_of in reason
    else:
        assert told(result)["accepted"] == [0]


def test_fewer_of_the_kept_signatures_in_any_order_say_nothing_new(book: Any) -> None:  # noqa: F811
    """As a witness tells it that knows its own receipt only; one more, one twice, or another one is looked at."""
    from keri.core import eventing, indexing
    from slices.foreign import framing
    from slices.ledger.intake.known import is_known

    with habery("controller") as hby, habery("witnesses") as wits:
        witnesses = [wits.makeHab(f"w{number}", transferable=False) for number in range(4)]
        hab = hby.makeHab("one", wits=[each.pre for each in witnesses[:3]], toad=2, icount=2, isith="1", ncount=1, nsith="1")
        serder, sigers, _ = hab.getOwnEvent(sn=0, allowPartiallySigned=True)
        wigers = [indexing.Siger(raw=each.sign(ser=serder.raw, indexed=False)[0].raw, index=at % 3) for at, each in enumerate(witnesses)]

        def verdict(sigs: list[Any], some: list[Any]) -> bool:
            (frame,) = framing.frames(bytes(eventing.messagize(serder, sigers=sigs, wigers=some or None)))
            return is_known(book.db, frame)

        assert told(book.ingest(bytes(eventing.messagize(serder, sigers=sigers, wigers=wigers[:3]))))["accepted"] == [0]
        assert all(verdict(sigers, some) for some in (wigers[:3], [wigers[1]], [wigers[2], wigers[0]], []))
        assert verdict(sigers[:1], wigers[:1]) and verdict(sigers[::-1], [])
        for sigs, some in [(sigers, [wigers[3]]), (sigers, [wigers[0], wigers[0]]), (sigers[:1] * 2, []), (sigers, wigers)]:
            assert not verdict(sigs, some)
