"""Good presentations, spoilt in every way that comes to mind, over HTTP: never a 500, and valid only what says nothing new.

The oracle knows nothing of credentials: what is found valid must consist of messages that stand, byte for byte, in what was
good before, whatever their order and the white space around them. What is not valid must say why, as JSON and as HTML.

    python -m pytest tests/unit/slices/credentials/test_presentations_mutated.py -m long     # two thousand of them, some ten minutes
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from backupkit import PASSCODE, do, place, quick, serving, unsynced  # noqa: F401 (fixtures)
from credkit import CASES, OTHER, TRIAL, Issuer, issuers, parts
from hostile.spoiltkit import ACTS, NOISE, VALUES, spoil
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from poolkit import alone
from slicekit import HTML, JSON, Page, upload
from workerkit import Kit

FIRST_SEEN = re.compile(rb"-V[A-Za-z0-9_-]{2}(?=-A)|-EAB0A[A-Za-z0-9_-]{22}1AAG[0-9A-Za-z_-]{32}")
"""When a log's keeper saw an event first, and the length of the group around it: nobody signs that."""


GOOD = ("00-good-presentation", "04-leading-space", "04-lf-between", "04-trailing-lf")
"""Cases that are valid: one presentation, and the same with white space."""


def bases() -> list[bytes]:
    """Case 00, a chain of two, one that was revoked and says so, one with a holder."""
    with issuers("one", "two") as (one, two):
        chain = one.issue(one.body({"d": "", "dt": "2026-11-01T10:00:00+00:00", "name": "far"}))
        near = one.issue(one.body(e={"d": "", "one": {"n": chain[0], "s": TRIAL["$id"], "o": "NI2I"}}))
        said, (issuance, credential) = two.issue(two.body({"d": "", "i": one.hab.pre, "dt": "2026-11-01T10:00:00+00:00", "name": "B"}))
        held = [*two.log, *one.log, *two.tel, issuance, credential]
        gone = [*two.tel, issuance, two.revoke(said, issuance), credential]
        return [
            (CASES / "00-good-presentation.cesr").read_bytes(),
            b"".join([*one.log, *one.tel, *chain[1], *near[1]]),
            b"".join(held),
            b"".join([*two.log, *gone]),
        ]


def core(message: bytes) -> bytes:
    """A message without what nobody signs."""
    end = message.index(b"}-") + 1 if b"}-" in message else len(message)
    return message[:end] + FIRST_SEEN.sub(b"", message[end:])


PLANS = st.tuples(
    st.integers(0, 3),
    st.lists(
        st.tuples(st.sampled_from(ACTS), st.integers(0, 30), st.integers(0, 4000), st.sampled_from(VALUES), st.sampled_from(NOISE)),
        min_size=1,
        max_size=3,
    ),
)


async def attack(kit: Kit, data: bytes, said: set[bytes], kept: bool) -> str:
    """Send it in by all four ways; gives the verdict."""
    told = await upload(kit, "/app/credentials/verify", [("file", ("x.cesr", data))], JSON)
    html = await upload(kit, "/app/credentials/verify", [("file", ("x.cesr", data))], HTML)
    assert told.status == html.status and told.status in (200, 422), (told.status, html.status, told.text[:500])
    shown = Page(html.text)
    assert not shown.problems and "<script" not in html.text and "<b>" not in html.text, shown.problems
    verdict = "refused"
    if told.status == 422:
        assert told.json["field"] in ("file", "schema") and told.json["errors"][0]["reason"].strip()
        assert told.json["errors"][0]["reason"][:40] in shown.text.replace("\n", " "), shown.text[:500]
    else:
        results = told.json["results"]
        assert results and told.json["valid"] == all(each["valid"] for each in results)
        for each in results:
            assert each["valid"] != any(not check["ok"] for check in each["checks"]), each
        assert ("is not valid" in shown.text or "was revoked" in shown.text) == (not told.json["valid"])
        verdict = "valid" if told.json["valid"] else "not valid"
        if told.json["valid"]:
            assert {core(each) for each in parts(data)} <= said, "something new is valid"
    for accept in (JSON, HTML) if kept else ():
        taken = await upload(kit, "/app/credentials/receive", [("file", ("x.cesr", data))], accept)
        assert taken.status in (200, 422), (taken.status, taken.text[:500])
        if taken.status == 200:
            assert {core(each) for each in parts(data)} <= said, "something new is taken in"
        if verdict == "refused":
            assert taken.status == 422
    return verdict


def played(place: Path, examples: int) -> dict[str, int]:  # noqa: F811
    """Plays so many plans against one worker with an open wallet; counts the verdicts."""
    pool = bases()
    said = {core(each) for data in pool for each in parts(data)}
    verdicts: dict[str, int] = {}
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def start() -> Kit:
            kit, held = await stack.enter_async_context(serving(place))
            do(held.create("Mine", PASSCODE, "low"))
            for sed in (TRIAL, OTHER):
                answer = await kit.ask("POST", "/app/credentials/schemas", json_body={"schema": sed})
                assert answer.status == 200, answer.text
            return kit

        kit = runner.run(start())

        @settings(max_examples=examples, derandomize=True, deadline=None, database=None, phases=[Phase.generate, Phase.shrink],
                  suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
        @given(PLANS)
        def play(plan: tuple[int, list[tuple[Any, ...]]]) -> None:
            verdict = runner.run(attack(kit, spoil(pool, plan), said, kept=True))
            verdicts[verdict] = verdicts.get(verdict, 0) + 1
            assert not kit.faults(), kit.faults()[0]["error"]["traceback"]

        try:
            for data, right in zip(pool, ("valid", "valid", "valid", "not valid"), strict=True):
                assert runner.run(attack(kit, data, said, kept=False)) == right
            play()
        finally:
            runner.run(stack.aclose())
    return verdicts


def test_nothing_spoilt_is_valid(quick: None, unsynced: None, place: Path) -> None:  # noqa: F811
    verdicts = played(place, 120)
    assert min(verdicts.get(each, 0) for each in ("valid", "not valid", "refused")) >= 10, verdicts


@pytest.mark.long
def test_nothing_of_two_thousand_spoilt_ones_is_valid(quick: None, unsynced: None, place: Path) -> None:  # noqa: F811
    verdicts = played(place, 2000)
    assert min(verdicts.values()) >= 100, verdicts


def run(within: Callable[[Kit], Awaitable[None]], place: Path) -> None:  # noqa: F811
    async def inner() -> None:
        async with serving(place) as (kit, held):
            do(held.create("Mine", PASSCODE, "low"))
            for sed in (TRIAL, OTHER):
                await kit.ask("POST", "/app/credentials/schemas", json_body={"schema": sed})
            await within(kit)
            assert not kit.faults(), kit.faults()[0]["error"]["traceback"]

    asyncio.run(inner())


def test_all_cases_by_all_ways(quick: None, unsynced: None, place: Path) -> None:  # noqa: F811
    """Each case of the folder, verified and taken in, as JSON and as HTML; only the good one is kept."""

    async def within(kit: Kit) -> None:
        good = {core(each) for each in parts((CASES / "00-good-presentation.cesr").read_bytes())}
        for case in sorted(CASES.glob("*.cesr")):
            data = case.read_bytes()
            verdict = await attack(kit, data, good, kept=True)
            assert (verdict == "valid") == (case.stem in GOOD), case.name
            pasted = await kit.ask("POST", "/app/credentials/verify", json_body={"text": data.decode("utf-8", "replace")})
            assert pasted.status in (200, 422)
        listed = (await kit.ask("GET", "/app/credentials")).json["credentials"]
        assert len(listed) == 1, listed
        page = await kit.ask("GET", "/app/credentials", accept=HTML)
        assert page.status == 200 and not Page(page.text).problems

    run(within, place)


def test_a_revocation_that_somebody_else_put_in_takes_nothing_away(quick: None, unsynced: None, place: Path) -> None:  # noqa: F811
    """A stranger's good credential comes with a revocation, by his registry, of one that this wallet holds."""

    async def within(kit: Kit) -> None:
        with issuers("honest", "stranger") as (honest, stranger):
            mine, (issuance, credential) = honest.issue(honest.body())
            stream = b"".join([*honest.log, *honest.tel, issuance, credential])
            assert (await upload(kit, "/app/credentials/receive", [("file", ("x", stream))])).status == 200
            _, made = stranger.issue(stranger.body({"d": "", "dt": "2026-11-01T10:00:00+00:00", "name": "B"}))
            poison = stranger.revoke(mine, issuance, ri=stranger.regk)
            stream = b"".join([*stranger.log, *stranger.tel, *made, poison])
            taken = await upload(kit, "/app/credentials/receive", [("file", ("x", stream))])
            assert taken.status == 200 and any("not needed" in each for each in taken.json["remarks"]), taken.text
            states = {each["said"]: each["state"] for each in (await kit.ask("GET", "/app/credentials")).json["credentials"]}
            assert states[mine] == "issued" and len(states) == 2

    run(within, place)


def test_a_wallet_that_took_such_a_revocation_in_before_is_not_misled(quick: None, unsynced: None, place: Path) -> None:  # noqa: F811
    """The same, in a wallet of the time when everything in a stream was handed to keripy."""
    from slices.credentials import judging

    async def inner() -> None:
        async with serving(place) as (kit, held):
            do(held.create("Mine", PASSCODE, "low"))
            await kit.ask("POST", "/app/credentials/schemas", json_body={"schema": TRIAL})
            with issuers("honest", "stranger") as (honest, stranger):
                mine, (issuance, credential) = honest.issue(honest.body())
                stream = b"".join([*honest.log, *honest.tel, issuance, credential])
                assert (await upload(kit, "/app/credentials/receive", [("file", ("x", stream))])).status == 200
                poison = stranger.revoke(mine, issuance, ri=stranger.regk)
                with held.change():
                    place_of = judging.Place(held.hby.db, held.rgy.reger)
                    for each in (*stranger.log, *stranger.tel, poison):
                        place_of.take(each)
                tever = held.rgy.reger.tevers[honest.regk]
                assert tever.vcState(mine).et == "rev", "keripy is misled: else this tests nothing"
                (shown,) = (await kit.ask("GET", "/app/credentials")).json["credentials"]
                assert shown["said"] == mine and shown["state"] == "issued"
                detail = (await kit.ask("GET", f"/app/credentials/{mine}")).json
                assert [each["kind"] for each in detail["events"]] == ["issued"]
                assert (await upload(kit, "/app/credentials/verify", [("file", ("x", stream))])).json["valid"]
            assert not kit.faults()

    asyncio.run(inner())


def old_and_new(issuer: Issuer) -> tuple[bytes, bytes, bytes]:
    """(a presentation, the log after the revocation, the same credential's presentation then)."""
    said, (issuance, credential) = issuer.issue(issuer.body())
    old = b"".join([*issuer.log, *issuer.tel, issuance, credential])
    revocation = issuer.revoke(said, issuance)
    return old, b"".join(issuer.log), b"".join([*issuer.log, *issuer.tel, issuance, revocation, credential])


def test_an_old_presentation_looks_revoked_where_that_is_known(quick: None, unsynced: None, place: Path, monkeypatch: Any) -> None:  # noqa: F811
    """By the wallet, that has the revocation; by the ledger, whose newer log of the issuer anchors it; and what stands on it."""
    from slices.ledger import book as module
    from workerkit import running

    monkeypatch.setattr(module, "HEAD", place.parent / "ledger")

    async def inner() -> None:
        from backupkit import FakeDisk
        from slices.vault import vault

        names = {"credentials": "slices.credentials", "ledger": "slices.ledger", "verifying": "slices.verifying"}
        async with running(slices={name: {"module": each} for name, each in names.items()}) as kit:
            kit.worker.disk = FakeDisk(place.parent)
            held = vault.of(kit.worker)

            alone(kit)

            async def verify(data: bytes, accept: str = JSON) -> Any:
                fields = [("file", ("x.cesr", data)), ("schema", json.dumps(TRIAL))]
                return await upload(kit, "/app/credentials/verify", fields, accept)

            with issuers("by-ledger", "by-wallet") as (one, two):
                old, log, _ = old_and_new(one)
                assert (await verify(old)).json["valid"]
                sent = await kit.ask("POST", "/app/ledger", body=log, headers={"content-type": "application/cesr"})
                assert sent.status == 200 and sent.json["accepted"], sent.text
                told = (await verify(old)).json
                (report,) = told["results"]
                assert not told["valid"] and report["state"] == "revoked", report
                assert "The ledger knows event 3" in next(c["detail"] for c in report["checks"] if c["name"] == "State here")
                page = await verify(old, HTML)
                assert "credential hue" in page.text and "revoked" in page.text and "This credential was revoked." in page.text

                with issuers("by-ledger") as (again,):  # the same keys, and another story
                    forked = again.issue(again.body({"d": "", "dt": "2026-11-01T10:00:00+00:00", "name": "C"}))[1]
                    assert again.hab.pre == one.hab.pre
                    told = (await verify(b"".join([*again.log, *again.tel, *forked]))).json
                    wrong = [check["detail"] for check in told["results"][0]["checks"] if not check["ok"]]
                    assert len(wrong) == 1 and "Duplicity: the ledger has seen another event 2 of the issuer" in wrong[0], wrong

                do(held.create("Mine", PASSCODE, "low"))
                await kit.ask("POST", "/app/credentials/schemas", json_body={"schema": TRIAL})
                said, (issuance, credential) = two.issue(two.body())
                near = two.issue(two.body(e={"d": "", "one": {"n": said, "o": "NI2I"}}))[1]
                old = b"".join([*two.log, *two.tel, issuance, credential, *near])
                revocation = two.revoke(said, issuance)
                new = b"".join([*two.log, *two.tel, issuance, revocation, credential])
                taken = await upload(kit, "/app/credentials/receive", [("file", ("x", new))])
                assert taken.status == 200 and taken.json["results"][0]["state"] == "revoked", taken.text
                told = (await verify(old)).json
                assert not told["valid"] and [each["state"] for each in told["results"]] == ["revoked", "issued"]
                assert [each["valid"] for each in told["results"]] == [False, False]
                assert any(check["name"] == "Chain here" and not check["ok"] for check in told["results"][1]["checks"])
                refused = await upload(kit, "/app/credentials/receive", [("file", ("x", old))])
                assert refused.status == 422 and "revoked" in refused.text
            assert not kit.faults(), kit.faults()[0]["error"]["traceback"]
            held._close()
            held._store.close()
            module.of(kit.worker).close()

    asyncio.run(inner())
