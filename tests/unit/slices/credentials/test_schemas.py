"""Schemas with a wrong value anywhere, and what is issued by those that are taken: a reason, never a 500."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from backupkit import PASSCODE, do, place, quick, serving, unsynced  # noqa: F401 (fixtures)
from credkit import DATED
from hostile.spoiltkit import VALUES, paths
from keriwasm.web.form.errors import FieldError
from slicekit import HTML, Page, problem
from slices.credentials import schemas
from workerkit import run

BASE = {**schemas.SAMPLES["course"], "properties": copy.deepcopy(schemas.SAMPLES["course"]["properties"])}
BASE["properties"]["a"]["oneOf"][1]["properties"]["n"] = {"type": "number", "enum": [1, 2.5], "title": "N"}


def spoilt() -> list[tuple[tuple[Any, ...], Any, dict[str, Any]]]:
    """The sample with each odd value at each of its places."""
    made = []
    for path in paths(BASE):
        for value in VALUES:
            if value == 2**70 and not isinstance(value, bool):
                continue
            sed = copy.deepcopy(BASE)
            within: Any = sed
            for step in path[:-1]:
                within = within[step]
            within[path[-1]] = value
            made.append((path, value, sed))
    return made


def test_a_wrong_value_anywhere_is_told_or_harmless() -> None:
    taken = refused = 0
    for path, value, sed in spoilt():
        try:
            schemer = schemas.load(sed, saidify=True)
        except FieldError as caught:
            assert caught.field == "schema" and caught.reason, (path, value)
            refused += 1
            continue
        taken += 1
        for each in schemas.attributes(schemer.sed):
            assert all(isinstance(part, str) for part in (each.name, each.label, each.kind, each.help, each.format)), (path, value)
            assert all(isinstance(option, str) for option in each.options) and isinstance(each.required, bool)
        assert isinstance(schemas.needs_holder(schemer.sed), bool) and isinstance(schemas.title(schemer.sed), str)
        try:
            schemas.judge(schemer.sed, {"v": "", "d": "", "i": "", "ri": "", "s": "", "a": {"i": "", "dt": DATED, "course": "x"}})
        except FieldError as caught:
            assert caught.reason
    assert taken > 100 and refused > 300, (taken, refused)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"properties": {"a": {"oneOf": 5}}}, "no JSON Schema"),
        ({"properties": {"a": {"properties": {"x": {}}, "required": 5}}}, "no JSON Schema"),
        ({"properties": {"a": {"properties": {"x": {"enum": 5}}}}}, "no JSON Schema"),
        ({"properties": 5}, "no JSON Schema"),
        ({"title": 5}, "no JSON Schema"),
        ({"properties": {"a": True}}, "describes no attributes"),
        ({"required": "a"}, "no JSON Schema"),
        ({"type": "person"}, "no JSON Schema"),
    ],
)
def test_what_is_no_schema_is_told_with_its_place(change: dict[str, Any], words: str) -> None:
    with pytest.raises(FieldError) as caught:
        schemas.load({**BASE, **change}, saidify=True)
    assert words in caught.value.reason


@run
async def test_what_is_issued_is_looked_at(quick: None, unsynced: None, place: Path) -> None:  # noqa: F811
    """Dates, rules, references that go nowhere (case 08): 422, or issued and then valid."""
    async with serving(place) as (kit, held):
        do(held.create("Mine", PASSCODE, "low"))
        with held.change() as hby:
            issuer = hby.makeHab("issuer").pre
        sed = {**schemas.SAMPLES["course"]}
        said = (await kit.ask("POST", "/app/credentials/schemas", json_body={"schema": sed})).json["said"]
        made = await kit.ask("POST", "/app/credentials/registries", json_body={"identifier": issuer, "name": "n"})
        body = {"registry": made.json["regk"], "schema": said, "holder": issuer}
        good = {"course": "Maths", "grade": "passed"}

        async def issue(attributes: Any, **more: Any) -> Any:
            html = await kit.ask("POST", "/app/credentials/issue", json_body={**body, "attributes": attributes, **more}, accept=HTML)
            assert html.status in (200, 409, 422) and not Page(html.text).problems, html.text[:500]
            return await kit.ask("POST", "/app/credentials/issue", json_body={**body, "attributes": attributes, **more})

        for dt in (5, None, "", "yesterday", "2026-13-01T00:00:00+00:00", "2026-11-01", "2026-11-01T10:00:00", ["x"], {}):
            problem(await issue({**good, "dt": dt}), 422, "attributes")
        for rules in (5, "x", [], [1], True):
            problem(await issue(good, rules=rules), 422, "rules")
        for field, value in (("schema", ""), ("schema", "x"), ("schema", "E" * 44), ("registry", ""), ("holder", "E" * 44), ("schema", 5)):
            problem(await issue(good, **{field: value}), 422, field)
        issued = await kit.ask("POST", "/app/credentials/issue", json_body={**body, "attributes": {**good, "dt": "2026-11-01T10:00:00Z"}})
        assert issued.status == 200, issued.text
        cesr = (await kit.ask("GET", f"/app/credentials/{issued.json['said']}/cesr")).text
        told = await kit.ask("POST", "/app/credentials/verify", json_body={"text": cesr})
        assert told.json["valid"], told.text

        from credkit import CASES
        from keri.core import scheming

        nowhere = json.loads((CASES / "08-ref-to-nowhere-schema.json").read_text())
        with held.change() as hby:  # as a wallet of before may hold it
            hby.db.schema.pin(nowhere["$id"], scheming.Schemer(raw=json.dumps(nowhere, separators=(",", ":")).encode()))
        refused = await kit.ask("POST", "/app/credentials/issue", json_body={**body, "schema": nowhere["$id"], "attributes": {"x": 1}})
        problem(refused, 422, "schema")
        assert not kit.faults(), kit.faults()[0]["error"]["traceback"]
