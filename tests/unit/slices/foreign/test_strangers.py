"""What strangers made is judged away from the keys: who is asked for what, and what is told when its judge is lost."""

from __future__ import annotations

import json
import math
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from backupkit import PASSCODE, do, place, quick, serving, unsynced  # noqa: F401 (fixtures)
from keriwasm.web.form.errors import FieldError
from keriwasm.web.pool_client import Call, PartFailed, Reply
from poolkit import alone
from slicekit import post, problem, upload
from slices.foreign import strangers
from slices.verifying.judges import JUDGES, lines
from workerkit import Kit, run

CASES = Path(__file__).resolve().parents[3] / "cases"


# -- the asking ---------------------------------------------------------------------------------------------------


class Asked:
    """worker.pool, whose answers the test has written: chunks, then how it ended."""

    def __init__(self, *chunks: bytes, error: str | None = None, reply: Reply | None = None) -> None:
        self.pool = self
        self.opened: list[dict[str, Any]] = []
        self.closed: list[Call] = []
        self.script, self.error, self.reply = list(chunks), error, reply

    def open(self, method: str, path: str, payload: Any = None, **more: Any) -> Call:
        self.opened.append({"path": path, **more})
        call = Call(str(len(self.opened)), None)
        if path == strangers.PATH:
            call.reply, call.done = Reply(200, {}, b"{}", "w7"), True
        return call

    def finished(self, call: Call) -> Reply:
        return call.reply or self.reply or Reply(200, {}, b"", "w7")

    def close(self, call: Call) -> None:
        self.closed.append(call)

    def run(self, work: Generator[float, float, Any]) -> Any:
        """Step by step, as chunks would come."""
        original = Call.take
        try:
            Call.take = lambda call: self._next(call)  # type: ignore[method-assign]
            return do(work)
        finally:
            Call.take = original  # type: ignore[method-assign]

    def _next(self, call: Call) -> bytes:
        chunk = self.script.pop(0) if self.script else b""
        if not self.script:
            call.done, call.error = True, self.error
        return chunk


def asked(*chunks: bytes, **more: Any) -> tuple[Any, Asked]:
    worker = Asked(*chunks, **more)
    return worker.run(strangers.judged(worker, "presentation", {"data": b""})), worker  # type: ignore[arg-type]


STAGE = b'{"schema":"A schema","field":"schema","said":"E"}\n'
HUNG = "worker w7 was lost: it hung: no sign of life for 10.0 s"


def test_the_answer_comes_in_pieces_from_the_worker_that_is_ready() -> None:
    result, worker = asked(STAGE + b'{"res', b'ult":{"a":[1e400,"\\ud800"]}}\n')
    assert result["a"][1] == "\ud800" and math.isinf(result["a"][0])
    assert worker.opened[1] == {"path": "/app/judge/presentation", "worker": "w7"}
    assert len(worker.closed) == 2


def test_a_hang_within_a_schema_names_the_schema() -> None:
    with pytest.raises(FieldError) as caught:
        asked(STAGE, error=HUNG)
    assert caught.value.field == "schema" and "“A schema” took too long" in caught.value.reason


@pytest.mark.parametrize(
    ("chunks", "error"),
    [((b"",), HUNG), ((STAGE,), "worker w7 was lost: it crashed (memory)"), ((STAGE,), None), ((b"",), None)],
)
def test_every_other_loss_is_told_as_one(chunks: tuple[bytes, ...], error: str | None) -> None:
    with pytest.raises(strangers.Lost) as caught:
        asked(*chunks, error=error)
    assert caught.value.status == 502 and "held no keys" in caught.value.description
    assert (error or "retired")[:20] in caught.value.description


def test_refusals_and_refused_requests() -> None:
    with pytest.raises(FieldError) as caught:
        asked(b'{"refused":{"field":"file","reason":"is bad","status":413}}\n')
    assert (caught.value.field, caught.value.status_code) == ("file", 413)
    with pytest.raises(PartFailed) as failed:
        asked(b"", reply=Reply(503, {}, b"", "", {"detail": "nobody"}))
    assert failed.value.status_code == 503


def test_a_judge_s_lines() -> None:
    told: list[Any] = []

    def judge(unit: Any, tell: Any) -> Generator[None, None, Any]:
        yield
        tell({"begun": 1})
        if unit:
            raise FieldError("f", unit)
        return {"x": [math.inf, "\ud800"]}

    made = [each for each in lines(judge, "", told.append) if isinstance(each, bytes)]
    assert b"".join(made) == b'{"result":{"x":[Infinity,"\\ud800"]}}\n' and told == [{"begun": 1}]
    made = [each for each in lines(judge, "why", told.append) if isinstance(each, bytes)]
    assert json.loads(made[0])["refused"] == {"field": "f", "reason": "why", "status": 422}


# -- over the routes ----------------------------------------------------------------------------------------------


async def opened(kit: Kit, held: Any) -> tuple[list[dict[str, Any]], str]:
    """(what is asked of the pool, an AID)."""
    questions = alone(kit)
    do(held.create("Mine", PASSCODE, "low"))
    with held.change() as hby:
        aid = hby.makeHab("one").pre
    return questions, aid


@run
async def test_the_keys_worker_asks_another_for_every_judgement(quick: None, unsynced: None, place: Path) -> None:  # noqa: F811
    async with serving(place) as (kit, held):
        questions, aid = await opened(kit, held)
        said = ""
        for name in ("schema-trial", "schema-other"):
            given = json.loads((CASES / f"{name}.json").read_text())
            added = await post(kit, "/app/credentials/schemas", schema=given)
            assert added.status == 200, added.text
            said = added.json["said"]
        assert [each["path"] for each in questions] == ["/app/judge", "/app/judge/schema"] * 2
        questions.clear()
        good = (CASES / "00-good-presentation.cesr").read_bytes()
        told = await upload(kit, "/app/credentials/verify", [("file", ("a", good))])
        assert told.status == 200 and told.json["valid"], told.text
        assert [each["path"] for each in questions] == ["/app/judge", "/app/judge/presentation"]
        sent = questions[1]["content"]
        assert good in sent and b"schema-trial" not in sent and said.encode() not in sent, "only what is needed goes along"
        questions.clear()
        taken = await upload(kit, "/app/credentials/receive", [("file", ("a", good))])
        assert taken.status == 200, taken.text
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("slices.credentials.resources.TAKEN_SECONDS", 0)
            told = problem(await upload(kit, "/app/credentials/receive", [("file", ("a", good))]), 422, "file")
            assert "seconds of work to judge" in told["detail"]
        made = await post(kit, "/app/credentials/registries", identifier=aid, name="n")
        questions.clear()
        done = await post(kit, "/app/credentials/issue", registry=made.json["regk"], schema=said, holder=aid, attributes={})
        assert done.status == 200, done.text
        assert [each["path"] for each in questions] == ["/app/judge", "/app/judge/fits"]
        assert not kit.faults()


@run
async def test_a_reference_to_nowhere_is_refused_with_its_place(quick: None, unsynced: None, place: Path) -> None:  # noqa: F811
    """Case 08, at "add"; and where the schema goes along with a presentation."""
    async with serving(place) as (kit, held):
        await opened(kit, held)
        given = json.loads((CASES / "08-ref-to-nowhere-schema.json").read_text())
        told = problem(await post(kit, "/app/credentials/schemas", schema=given), 422, "schema")
        assert "#/definitions/nowhere at properties/a/oneOf/1/properties/x, where there is no schema" in told["detail"]
        sent = [("file", ("a", (CASES / "08-ref-to-nowhere.cesr").read_bytes())), ("schema", json.dumps(given))]
        problem(await upload(kit, "/app/credentials/verify", sent), 422, "schema")
        told = await upload(kit, "/app/credentials/verify", sent[:1])
        assert told.status == 200 and not told.json["valid"]
        assert not kit.faults()


@run
async def test_a_schema_that_an_older_version_took_judges_nothing_and_breaks_nothing(
    quick: None, unsynced: None, place: Path  # noqa: F811
) -> None:
    from keri.core import scheming

    async with serving(place) as (kit, held):
        _, aid = await opened(kit, held)
        schemer = scheming.Schemer(raw=(CASES / "08-ref-to-nowhere-schema.json").read_bytes())
        with held.change() as hby:
            hby.db.schema.pin(schemer.said, schemer)
        made = await post(kit, "/app/credentials/registries", identifier=aid, name="n")
        sent = {"registry": made.json["regk"], "schema": schemer.said, "attributes": {"x": "y"}}
        problem(await post(kit, "/app/credentials/issue", **sent), 422, "schema")
        told = await upload(kit, "/app/credentials/verify", [("file", ("a", (CASES / "08-ref-to-nowhere.cesr").read_bytes()))])
        assert told.status == 200 and not told.json["valid"], told.text
        assert not kit.faults(), kit.faults()


@run
async def test_what_no_judge_is_and_what_no_unit_is(quick: None, unsynced: None, place: Path) -> None:  # noqa: F811
    async with serving(place) as (kit, _):
        problem(await kit.ask("POST", "/app/judge/nobody"), 404)
        for what in JUDGES:
            for body in (b"", b"\xc1", b"\x91" * 30_000, b"[" * 30_000):
                problem(await kit.ask("POST", f"/app/judge/{what}", body=body), 400)


@pytest.mark.parametrize("name", ["06-anchor-1e400", "07-anchor-half-pair"])
def test_an_anchor_that_no_json_holds_is_refused_with_its_place(name: str, quick: None, place: Path) -> None:  # noqa: F811
    """Cases 06 and 07, as JSON and as a form."""
    from walletkit import wallet

    async def test() -> None:
        async with wallet(place) as kit:
            aid = (await post(kit, "/app/identifiers", alias="one")).json["aid"]
            body = (CASES / f"{name}.json").read_bytes()
            sent = {"content-type": "application/json"}
            told = problem(await kit.ask("POST", f"/app/identifiers/{aid}/interact", body=body, headers=sent), 422, "data")
            assert " at /data" in told["detail"], told
            inner = json.dumps(json.loads(body)["data"]).replace("Infinity", "1e400")
            told = problem(await upload(kit, f"/app/identifiers/{aid}/interact", [("data", inner)]), 422, "data")
            assert "too large" in told["detail"] or "half of a pair" in told["detail"]
            shown = await kit.ask("GET", f"/app/identifiers/{aid}")
            assert shown.json["sn"] == 0 and not kit.faults()

    run(test)()
