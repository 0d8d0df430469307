"""The judges of what strangers made, for a worker that holds no keys (see slices/foreign/strangers.py for who asks).

Each is a generator over one question, a dict of MessagePack with bytes in it; it yields between pieces of work, returns
plain data, and raises FieldError for what is not taken. None of them stores anything, and none knows a wallet.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator
from types import SimpleNamespace
from typing import Any

import falcon
from keriwasm.data import guarding
from keriwasm.imports import native
from keriwasm.runtime.context import MESSAGE
from keriwasm.runtime.scheduling import ASAP
from keriwasm.web.deeds import Resource, deed
from keriwasm.web.form.errors import FieldError

from slices.foreign import units

__all__ = ["JUDGES", "Judge", "Ready", "lines"]

PIECE = 0.01
"""Seconds of work between two turns of the scheduler."""

Tell = Callable[[dict[str, Any]], None]
Work = Generator[None, None, Any]


def presentation(unit: dict[str, Any], tell: Tell) -> Work:
    """{data, known: [schemas that are stored], along: [a schema that was sent]} -> judging.judge's, with `along` as it is
    stored and the `seconds` of work that it took."""
    from keri.core import scheming

    from slices.credentials import judging, schemas

    with units.meant("known"):
        known = [scheming.Schemer(raw=raw) for raw in unit["known"]]
    along = []
    for raw in unit["along"]:
        along.append(schemas.load(_json("schema", raw), saidify=False))
        yield
    titles = {each.said: schemas.title(each.sed) for each in (*known, *along)}
    listed = "”, “".join(titles.values())[:300]
    work = judging.judge(
        unit["data"], [*known, *along], lambda said: tell({"schema": listed, "field": "schema", "said": said})
    )
    seconds = 0.0
    while True:
        began = time.perf_counter()
        try:
            next(work)
        except StopIteration as stop:
            seconds += time.perf_counter() - began
            return {**stop.value, "along": [each.raw.decode() for each in along], "seconds": round(seconds, 3)}
        seconds += time.perf_counter() - began
        yield


def schema(unit: dict[str, Any], tell: Tell) -> Work:
    """{schema, saidify} -> {said, raw}: as it is stored."""
    from slices.credentials import schemas

    yield
    made = schemas.load(_json("schema", unit["schema"]), saidify=unit["saidify"])
    return {"said": made.said, "raw": made.raw.decode()}


def fits(unit: dict[str, Any], tell: Tell) -> Work:
    """{schema, credential} -> {}. Raises FieldError that names the attribute which does not fit."""
    from slices.credentials import schemas

    sed = _json("schema", unit["schema"])
    yield
    tell({"schema": schemas.title(sed), "field": "attributes"})
    schemas.judge(sed, _json("attributes", unit["credential"]))
    return {}


def answer(unit: dict[str, Any], tell: Tell) -> Work:
    """{response, words, states} -> challenges.verify's."""
    from slices.wallet import challenges

    yield
    with units.meant("states"):
        states = {aid: State(**state) for aid, state in unit["states"].items()}
    return challenges.verify(states, unit["response"], unit["words"])


def endpoints(unit: dict[str, Any], tell: Tell) -> Work:
    """{contexts, replies: [(raw, bytes of the body)]} -> replies.judge's: who serves whom, and where."""
    from slices.ledger.checks import replies

    yield
    return (yield from replies.judge(unit["contexts"], unit["replies"]))


def shell(unit: dict[str, Any], tell: Tell) -> Work:
    """{head, body} of a backup -> {}: its header can be read."""
    from slices.backup import format

    yield
    try:
        format.shell(unit["head"], unit["body"])
    except format.BadFile as ex:
        raise FieldError("file", str(ex)) from ex
    return {}


class State:
    """As much of a Kever as a signature is judged by, made of plain data."""

    def __init__(self, sn: int, transferable: bool, keys: list[str], threshold: Any, established: list[str]) -> None:
        from keri.core import coring

        self.transferable = transferable
        self.sner = SimpleNamespace(num=sn)
        self.verfers = [coring.Verfer(qb64=key) for key in keys]
        self.tholder = coring.Tholder(sith=threshold)
        self.lastEst = SimpleNamespace(s=int(established[0], 16), d=established[1])


KEY_STATE = {"sn": int, "transferable": bool, "keys": [str], "threshold": units.ANY, "established": [str]}
JUDGES: dict[str, tuple[Callable[[dict[str, Any], Tell], Work], dict[str, units.Shape]]] = {
    "presentation": (presentation, {"data": bytes, "known": [bytes], "along": [bytes]}),
    "schema": (schema, {"schema": bytes, "saidify": bool}),
    "fits": (fits, {"schema": bytes, "credential": bytes}),
    "answer": (answer, {"response": bytes, "words": [str], "states": {str: KEY_STATE}}),
    "endpoints": (endpoints, {"contexts": [{"state": dict, "records": [dict]}], "replies": [(bytes, int)]}),
    "shell": (shell, {"head": bytes, "body": int}),
}
"""Each with what it is asked."""


def _json(field: str, raw: bytes) -> Any:
    try:
        return guarding.json_value(raw)
    except guarding.Unfit as ex:
        raise FieldError(field, ex.reason) from ex


class Ready:
    """POST /app/judge: imports what the judges need, and says who it was by X-Worker."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Any:
        yield from native.keri_steps()
        rep.media = {}


class Judge(Resource):
    """POST /app/judge/{what} -> lines of JSON: what is begun, then {result} or {refused: {field, reason, status}}."""

    def on_post(self, req: falcon.Request, rep: falcon.Response, what: str) -> None:
        if what not in JUDGES:
            raise falcon.HTTPNotFound(title="No such judge", description=f"There are {', '.join(JUDGES)}.")
        judge, shape = JUDGES[what]
        unit = units.read(req, shape)
        doer = self.worker.inflight[req.env[MESSAGE]["id"]]
        rep.content_type = "application/x-ndjson"
        rep.stream = lines(judge, unit, lambda told: doer.push(line(told)))


def line(told: dict[str, Any]) -> bytes:
    """One line; what a foreign log holds may be no number of JSON's, and is told as Python spells it."""
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def lines(judge: Callable[[dict[str, Any], Tell], Work], unit: Any, tell: Tell) -> Iterator[Any]:
    """The body of an answer, for RequestDoer.stream. `tell` is told at once: what follows may hang this worker."""
    yield from native.keri_steps()
    until = time.perf_counter() + PIECE
    try:
        work = judge(unit, tell)
        while True:
            try:
                next(work)
            except StopIteration as stop:
                yield line({"result": stop.value})
                return
            if time.perf_counter() > until:
                yield ASAP
                until = time.perf_counter() + PIECE
    except FieldError as ex:
        yield line({"refused": {"field": ex.field, "reason": ex.reason, "status": ex.status_code}})
