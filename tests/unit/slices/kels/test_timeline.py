"""Looking at a log costs what is shown, not what is stored: work is counted, for no clock can be trusted."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from backupkit import PASSCODE, do, place, quick, unsynced, vault  # noqa: F401 (fixtures)
from slices.kels import picture, timeline
from slices.ledger.checks import records
from slices.vault.trouble import Locked


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts what costs: reads of the database, events parsed, signatures verified; and heads, one item of an iteration each."""
    from keri.core import coring, serdering
    from keri.db import dbing

    counted: Counter[str] = Counter()

    def counting(owner: Any, name: str, what: str) -> None:
        real = getattr(owner, name)

        def counted_call(*args: Any, **kwa: Any) -> Any:
            counted[what] += 1
            return real(*args, **kwa)

        monkeypatch.setattr(owner, name, counted_call)

    for name in ("getVal", "getIoDupValLast", "getVals", "getVal", "getIoDupVals"):
        counting(dbing.LMDBer, name, "reads")
    counting(serdering.SerderKERI, "__init__", "parsed")
    counting(coring.Verfer, "verify", "verified")
    counting(timeline, "_establishes", "heads")
    return counted


def grown(vault: Any, events: int, rotate: int = 0) -> str:  # noqa: F811
    """An identifier with so many events; every so many is a rotation, none by default."""
    with vault.change() as hby:
        hab = hby.makeHab(f"grown {events} {rotate}")
        for number in range(1, events):
            if rotate and number % rotate == 0:
                hab.rotate()
            else:
                hab.interact()
        return hab.pre


def page(vault: Any, aid: str, at: int | None = None) -> tuple[dict[str, Any], int]:  # noqa: F811
    """What an identifier's page asks for, and how often it gave way."""
    last = vault.hby.habs[aid].kever.sner.num
    pauses = 0

    def asked() -> Any:
        log = yield from timeline.survey(lambda: vault.hby.db, aid, last)
        part = yield from log.part(last if at is None else at, 20)
        picture.draw(log.establishments(picture.MOST))
        return part

    generator = asked()
    while True:
        try:
            next(generator)
            pauses += 1
        except StopIteration as stop:
            return stop.value, pauses


@pytest.mark.parametrize("rotate", [0, 7, 1])
def test_ten_times_the_log_costs_the_same_page(vault: Any, work: Counter[str], rotate: int) -> None:  # noqa: F811
    costs = []
    for events in (100, 1000):
        aid = grown(vault, events, rotate)
        for at in (None, 40):
            work.clear()
            part, pauses = page(vault, aid, at)
            assert all(each["valid"] for each in part["events"]) and len(part["events"]) == 20
            assert work.pop("heads") == events, "each event's head is looked at once"
            assert pauses >= 20 // timeline.JUDGED_AT_ONCE - 1 + events // timeline.HEADS_AT_ONCE
            costs.append(dict(work))
    assert costs[0] == costs[2] and costs[1] == costs[3]
    assert max(each["verified"] for each in costs) <= 20, "only what is shown is judged"
    assert max(each["reads"] for each in costs) <= 200


def test_all_events_as_data_are_judged_once_each(vault: Any, work: Counter[str]) -> None:  # noqa: F811
    aid = grown(vault, 300)
    log = do(timeline.survey(lambda: vault.hby.db, aid, 299))
    work.clear()
    assert len(do(log.events(0, 299))) == 300
    assert work["verified"] == 300 and work["parsed"] <= 2 * 300 + 2 and work["reads"] <= 6 * 300 + 6


def test_keys_digest_once_each(vault: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """A stranger may promise many keys: each is digested once, not once for each promise."""
    from keri.core import coring

    with vault.change() as hby:
        hab = hby.makeHab("many", icount=30, isith="1", ncount=30, nsith="1")
        hab.rotate()
    log = do(timeline.survey(lambda: vault.hby.db, hab.pre, 1))
    real, made = coring.Diger.__init__, []
    monkeypatch.setattr(coring.Diger, "__init__", lambda self, *args, **kwa: (made.append("ser" in kwa), real(self, *args, **kwa))[1])
    (told,) = [each for each in log.establishments(2) if each["sn"] == 1]
    assert [(each["key"], each["next"]) for each in told["reveals"]] == [(each, each) for each in range(30)]
    assert made.count(True) == 30


def test_the_establishment_events_are_found_whatever_lies_between(vault: Any) -> None:  # noqa: F811
    aid = grown(vault, 60, 13)
    with vault.change() as hby:
        other = hby.makeHab("fixed too", transferable=False).pre
    log = do(timeline.survey(lambda: vault.hby.db, aid, 59))
    assert [each["sn"] for each in log.establishments(8)] == [0, 13, 26, 39, 52]
    assert [each["sn"] for each in log.establishments(2)] == [39, 52]
    assert log.establishments(2)[0]["reveals"] == [{"key": 0, "next": 0, "from": 26}]
    assert [each["sn"] for each in do(log.events(30, 33))] == [30, 31, 32, 33] and all(each["valid"] for each in do(log.events(0, 59)))
    assert [each["sn"] for each in do(timeline.survey(lambda: vault.hby.db, other, 0)).establishments(8)] == [0]


@pytest.mark.parametrize("kind", ["JSON", "CBOR", "MGPK"])
def test_heads_in_every_serialization(kind: str) -> None:
    from keri.core import eventing, serdering

    key = "DAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    first = eventing.incept(keys=[key], ndigs=["E" + "A" * 43], kind=kind, code="E")
    assert timeline._establishes(memoryview(first.raw)) == 0
    more = eventing.interact(first.pre, dig=first.said, sn=1000, kind=kind)
    assert timeline._establishes(memoryview(more.raw)) is None
    turned = eventing.rotate(first.pre, keys=[key], dig=first.said, sn=31, ndigs=[], kind=kind)
    assert timeline._establishes(memoryview(turned.raw)) == 31
    assert serdering.SerderKERI(raw=turned.raw).kind == kind


def test_a_lock_while_a_log_is_read_ends_it(vault: Any) -> None:  # noqa: F811
    aid = grown(vault, 1200)
    for begin in (
        lambda: timeline.survey(lambda: vault.hby.db, aid, 1199),
        lambda: timeline.messages(lambda: vault.hby.db, aid),
        lambda: timeline.superseded(lambda: vault.hby.db, aid, 1199),
    ):
        generator = begin()
        next(generator)
        vault.lock()
        with pytest.raises(Locked):
            next(generator)
        do(vault.unlock(PASSCODE))


def test_databases_opened_anew_are_read_anew(vault: Any) -> None:  # noqa: F811
    aid = grown(vault, 1200)
    whole = b"".join(do(timeline.messages(lambda: vault.hby.db, aid)))
    assert whole == bytes(vault.hby.habs[aid].replay())
    generator = timeline.messages(lambda: vault.hby.db, aid)
    next(generator)
    vault._reopen()
    assert b"".join(do(generator)) == whole


def test_a_branch_is_told_in_one_pass() -> None:
    """Before, each record was compared with all that came before it."""

    class Counted(dict[str, Any]):
        asked = 0

        def __getitem__(self, name: str) -> Any:
            Counted.asked += 1
            return super().__getitem__(name)

    log = [Counted(sn=sn, said=str(sn)) for sn in range(1000)]
    assert len(records.branch(log)) == 1000 and Counted.asked <= 4000
    turned = records.branch([*log, {"sn": 500, "said": "x"}, {"sn": 501, "said": "y"}])
    assert [each["said"] for each in turned[498:]] == ["498", "499", "x", "y"] and len(turned) == 502


def test_an_old_signature_is_placed_without_reading_the_log(vault: Any, work: Counter[str]) -> None:  # noqa: F811
    """`POST app/verify` by keys of long ago: before, the whole log was read with all its signatures, a hundred times over."""
    from slices.ledger import verification

    with vault.change() as hby:
        hab = hby.makeHab("signs")
        signed = list(hab.sign(b"message", indexed=True))
        for _ in range(30):
            hab.rotate()
            hab.interact()
    parsed = [(each.qb64, each, True) for each in signed]
    state = hab.kever.state()._asdict()
    work.clear()
    log = do(timeline.survey(lambda: vault.hby.db, hab.pre, 60))
    assert do(verification.earlier(log, state, b"message", parsed)) == 0
    assert work["verified"] == 30 and work["parsed"] == 30 and work["reads"] <= 120
    assert do(verification.earlier(log, state, b"another", parsed)) is None
