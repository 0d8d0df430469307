"""Credentials over real keripy and lmdb: issue, present, verify, revoke, and what a changed presentation is told."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from backupkit import (  # noqa: F401 (fixtures)
    ATTRIBUTES,
    PASSCODE,
    FakeDisk,
    credentials,
    do,
    issued,
    place,
    quick,
    registries,
    serving,
    unsynced,
    vault,
)
from keriwasm.web.form.errors import FieldError
from slicekit import Page, problem, upload
from slices.credentials import issuing, presenting, schemas, view
from workerkit import Kit, run


def test_issued_shown_revoked(vault: Any) -> None:  # noqa: F811
    before = vault.hby.habByName("first").kever.sner.num
    creder = issued(vault)
    (shown,) = credentials(vault)
    assert (shown["state"], shown["title"], shown["roles"]) == ("issued", "Course certificate", ["issued", "held"])
    assert shown["issuer"]["alias"] == "first" and shown["holder"]["alias"] == "second"
    assert shown["attributes"]["course"] == {"label": "Course", "value": ATTRIBUTES["course"]}
    with vault.change():
        issuing.revoke(vault, creder)
    assert credentials(vault)[0]["state"] == "revoked"
    with pytest.raises(issuing.Refused):
        issuing.revoke(vault, creder)
    (registry,) = registries(vault)
    assert (registry["name"], registry["issued"], registry["revoked"]) == ("Courses. 2026", 0, 1)
    made = next(iter(vault.rgy.regs.values()))
    log = do(view.timeline(vault, made, [creder.said], 0, 10))["events"]
    assert [each["kind"] for each in log] == ["registry", "issued", "revoked"]
    assert [each["anchor"]["sn"] for each in log] == [before + 1, before + 2, before + 3]
    part = do(view.timeline(vault, made, [creder.said], 1, 1))
    assert part == {"events": log[1:2], "from": 1, "next": 2, "log": 3}


def test_it_survives_a_lock_and_a_failed_change(vault: Any) -> None:  # noqa: F811
    creder = issued(vault)
    with pytest.raises(ZeroDivisionError), vault.change():
        issuing.revoke(vault, creder)
        _ = 1 / 0
    assert credentials(vault)[0]["state"] == "issued"
    vault.lock()
    do(vault.unlock(PASSCODE))
    assert credentials(vault)[0]["state"] == "issued" and registries(vault)[0]["issued"] == 1
    with vault.change():
        issuing.revoke(vault, creder)
    assert credentials(vault)[0]["state"] == "revoked"


def test_attributes_that_do_not_fit_change_nothing(vault: Any) -> None:  # noqa: F811
    issued(vault)
    sn = vault.hby.habByName("first").kever.sner.num
    for wrong, field in (({"hours": 0}, "a-hours"), ({"grade": "none"}, "a-grade"), ({"more": 1}, "attributes")):
        with pytest.raises(FieldError) as caught:
            issued(vault, **wrong)
        assert caught.value.field == field
    assert vault.hby.habByName("first").kever.sner.num == sn and len(credentials(vault)) == 1


def checked(vault: Any, data: bytes, *more: Any) -> list[dict[str, Any]]:  # noqa: F811
    """The reports; none when the stream is refused as a whole."""
    try:
        return presenting.check(vault, data, *more)["results"]
    except FieldError as refused:
        assert refused.field == "file"
        return []


def checks(report: dict[str, Any]) -> dict[str, bool]:
    return {each["name"]: each["ok"] for each in report["checks"]}


def test_a_presentation_proves_itself(vault: Any) -> None:  # noqa: F811
    creder = issued(vault)
    data = presenting.export(vault, creder)
    (report,) = checked(vault, data)
    assert report["valid"] and report["state"] == "issued" and all(checks(report).values())
    assert checks(report).keys() >= {"Schema", "Issuer", "Registry", "Issuance", "State", "First seen"}
    schemer = schemas.load(dict(schemas.SAMPLES["course"]), saidify=False)
    vault.lock()
    (report,) = checked(vault, data)
    assert not report["valid"] and not checks(report)["Schema"]
    (report,) = checked(vault, data, [schemer])
    assert report["valid"] and "First seen" not in checks(report)
    do(vault.unlock(PASSCODE))
    with vault.change():
        issuing.revoke(vault, creder)
    (late,) = checked(vault, data)
    assert not late["valid"] and checks(late)["State"] and not checks(late)["State here"]
    (told,) = checked(vault, presenting.export(vault, creder))
    assert not told["valid"] and told["state"] == "revoked" and told["authentic"]


def test_no_changed_presentation_is_valid(vault: Any) -> None:  # noqa: F811
    creder = issued(vault)
    data = presenting.export(vault, creder)
    with vault.change():
        vault.hby.habByName("first").interact(data=[{"later": 1}])
    rnd = random.Random(7)
    starts = [found.start() for found in re.finditer(rb'\{"v":"', data)]
    messages = [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]
    for round in range(30):
        spoilt = bytearray(data)
        if round % 3 == 0:
            del spoilt[rnd.randrange(1, len(data)) :]
        elif round % 3 == 1:
            spoilt = bytearray(b"".join(each for at, each in enumerate(messages) if at != round % len(messages)))
        else:
            # Not in the holder's log: the credential names him, and nothing of it rests on his keys.
            at = rnd.randrange(0, starts[2])
            spoilt[at] ^= 1 << rnd.randrange(7)
        reports = checked(vault, bytes(spoilt))
        dropped_holder = round % 3 == 1 and f'"i":"{creder.attrib["i"]}"'.encode() in messages[round % len(messages)][:200]
        receipts_only = round % 3 == 2 and bytes(spoilt) != data and _same_events(bytes(spoilt), data)
        if reports and reports[0]["valid"]:
            assert dropped_holder or receipts_only, round


def _same_events(one: bytes, other: bytes) -> bool:
    """Whether two streams have the same events, of which only the time when they were first seen differs."""
    pattern = re.compile(rb'\{"v":".*?\}(?=-)', re.S)
    return pattern.findall(one) == pattern.findall(other)


def test_another_wallet_takes_it_in_once_it_is_authentic(vault: Any, tmp_path: Path, monkeypatch: Any) -> None:  # noqa: F811
    from backupkit import Bench
    from slices.vault.vault import Vault

    data = presenting.export(vault, issued(vault))
    schemer = schemas.load(dict(schemas.SAMPLES["course"]), saidify=False)
    other = Vault(Bench(tmp_path / "elsewhere"))  # type: ignore[arg-type]
    other.head = tmp_path / "elsewhere" / "wallet"
    other._store.path = other.head / "facts"
    do(other.create("Other", PASSCODE, "low"))
    try:
        with other.change() as hby:
            hby.db.schema.pin(schemer.said, schemer)
            presenting.receive(other, data, presenting.check(other, data))
        (shown,) = credentials(other)
        assert shown["state"] == "issued" and shown["roles"] == [] and not shown["revocable"]
        with pytest.raises(issuing.Refused):
            issuing.revoke(other, other.rgy.reger.creds.get(keys=shown["said"]))
        (report,) = checked(other, presenting.export(other, other.rgy.reger.creds.get(keys=shown["said"])))
        assert report["valid"]
    finally:
        other._close()
        other._store.close()


def test_a_strangers_word_does_not_hinder_a_revocation(vault: Any) -> None:  # noqa: F811
    """In a wallet of the time when everything in a stream was handed to keripy."""
    from credkit import issuers
    from keri.db import dbing
    from slices.credentials import judging

    creder, reger = issued(vault), vault.rgy.reger
    (digest,) = (bytes(each) for _, _, each in reger.getTelItemPreIter(creder.saidb))
    issuance = bytes(reger.getTvt(dbing.dgKey(creder.said, digest))) + b"-VAS"
    with issuers("stranger") as (stranger,):
        poison = stranger.revoke(creder.said, issuance, ri=stranger.regk)
        with vault.change():
            place = judging.Place(vault.hby.db, reger)
            for each in (*stranger.log, *stranger.tel, poison):
                place.take(each)
    assert reger.tevers[creder.regi].vcState(creder.said).et == "rev", "keripy is misled: else this tests nothing"
    assert credentials(vault)[0]["state"] == "issued"
    with vault.change():
        issuing.revoke(vault, creder)
    assert credentials(vault)[0]["state"] == "revoked"
    assert [each["kind"] for each in view.detail(vault, creder)["events"]] == ["issued", "revoked"]
    (told,) = checked(vault, presenting.export(vault, creder))
    assert told["state"] == "revoked" and told["authentic"]


def test_schemas_are_taken_in_strictly() -> None:
    sample = dict(schemas.SAMPLES["member"])
    good = schemas.load(sample, saidify=False).sed
    assert schemas.load(json.loads(json.dumps(good)), saidify=False).said == good["$id"]
    changed = {**good, "title": "Changed"}
    for wrong, reason in (
        (changed, "was changed after"),
        ({**good, "$id": "http://example.com/x"}, "no SAID"),
        ({"properties": {}}, "describes no attributes"),
        ({**sample, "type": "nothing"}, "no JSON Schema"),
        ({**sample, "properties": {**sample["properties"], "x": {"$ref": "https://example.com/x"}}}, "not fetched"),
    ):
        with pytest.raises(FieldError) as caught:
            schemas.load(wrong, saidify=False)
        assert reason in caught.value.reason, wrong
    assert schemas.load(changed, saidify=True).said != good["$id"]


def test_the_form_follows_the_schema() -> None:
    inputs = {each.name: each for each in schemas.attributes(schemas.SAMPLES["course"])}
    assert list(inputs) == ["course", "grade", "hours", "online"]
    assert inputs["grade"].options == ("passed", "with merit", "with distinction") and inputs["grade"].required
    assert inputs["hours"].kind == "integer" and not inputs["hours"].required and inputs["online"].kind == "boolean"


# -- over HTTP ----------------------------------------------------------------------------------------------------------

SCRIPT = "<script>alert(1)</script>"


async def page(kit: Kit, path: str) -> Page:
    answer = await kit.ask("GET", path, accept="text/html")
    assert answer.status == 200, (path, [each["error"]["traceback"][-900:] for each in kit.faults()] or answer.text[:2000])
    assert "<script" not in answer.text, path
    made = Page(answer.text)
    assert not made.problems, (path, made.problems)
    return made


@run
async def test_all_pages_from_empty_to_revoked(quick: None, unsynced: None, place: Path) -> None:  # noqa: F811
    async with serving(place) as (kit, held):
        problem(await kit.ask("GET", "/app/credentials"), 409)
        await page(kit, "/app/credentials/panel")
        await page(kit, "/app/credentials/verify")
        do(held.create(SCRIPT, PASSCODE, "low"))
        with held.change() as hby:
            issuer, holder = hby.makeHab(SCRIPT).pre, hby.makeHab("holder").pre
            fixed = hby.makeHab("fixed", transferable=False).pre
        for path in ("", "/schemas", "/schemas?sample=course", "/issue", "/panel"):
            await page(kit, f"/app/credentials{path}")
        for body, field in (
            ({"schema": "x"}, "schema"),
            ({"schema": {"properties": {}}}, "schema"),
            ({}, "schema"),
        ):
            problem(await kit.ask("POST", "/app/credentials/schemas", json_body=body), 422, field)
        evil = {**schemas.SAMPLES["course"], "title": SCRIPT, "description": SCRIPT}
        added = await upload(kit, "/app/credentials/schemas", [("file", ("<i>.json", json.dumps(evil).encode())), ("schema", "")])
        assert added.status == 200, added.text
        said = added.json["said"]
        for body, field in (({"identifier": "x", "name": "n"}, "identifier"), ({"identifier": issuer, "name": " "}, "name")):
            problem(await kit.ask("POST", "/app/credentials/registries", json_body=body), 422, field)
        refused = {"identifier": fixed, "name": "n"}
        problem(await kit.ask("POST", "/app/credentials/registries", json_body=refused), 409)
        made = await kit.ask("POST", "/app/credentials/registries", json_body={"identifier": issuer, "name": SCRIPT})
        regk = made.json["regk"]
        problem(await kit.ask("POST", "/app/credentials/registries", json_body={"identifier": issuer, "name": SCRIPT}), 409)
        form = await page(kit, f"/app/credentials/issue?schema={said}")
        assert form.all("input", name="a-course") and form.all("select", name="a-grade") and form.all("input", type="checkbox")
        good = {"registry": regk, "schema": said, "holder": holder, "attributes": {"course": SCRIPT, "grade": "passed"}}
        for wrong, field in (
            ({"registry": "x"}, "registry"),
            ({"schema": "x"}, "schema"),
            ({"holder": "x"}, "holder"),
            ({"holder": ""}, "holder"),
            ({"attributes": {"course": "", "grade": "passed"}}, "a-course"),
            ({"attributes": {"i": "x"}}, "attributes"),
            ({"attributes": []}, "attributes"),
        ):
            problem(await kit.ask("POST", "/app/credentials/issue", json_body={**good, **wrong}), 422, field)
        made = await kit.ask("POST", "/app/credentials/issue", json_body=good)
        assert made.status == 200, made.text
        credential = made.json["said"]
        for path in ("", f"/{credential}", f"/registries/{regk}", f"/schemas/{said}", "/schemas", "/panel", "?state=revoked"):
            shown = await page(kit, f"/app/credentials{path}")
        assert "none" in shown.text.lower() or "no credential" in shown.text.lower()
        assert SCRIPT in (await page(kit, f"/app/credentials/{credential}")).text
        cesr = await kit.ask("GET", f"/app/credentials/{credential}/cesr")
        assert cesr.headers["content-type"] == "application/cesr"
        told = await upload(kit, "/app/credentials/verify", [("file", ("<b>.cesr", cesr.body)), ("text", ""), ("data", "")])
        assert told.json["valid"], told.text
        html = await upload(kit, "/app/credentials/verify", [("text", cesr.text)], "text/html")
        assert html.status == 200 and "<script" not in html.text and not Page(html.text).problems
        again = await upload(kit, "/app/credentials/receive", [("file", ("a.cesr", cesr.body))])
        assert again.status == 200, again.text
        assert len((await kit.ask("GET", "/app/credentials")).json["credentials"]) == 1
        problem(await upload(kit, "/app/credentials/verify", [("text", "nothing")]), 422, "text")
        problem(await upload(kit, "/app/credentials/receive", [("text", cesr.text[:-60])]), 422, "text")
        gone = await kit.ask("POST", f"/app/credentials/{credential}/revoke", accept="text/html", headers={"hx-request": "true"})
        assert gone.status == 200 and gone.headers["hx-push-url"] == f"app/credentials/{credential}" and "Revoked" in gone.text
        problem(await kit.ask("POST", f"/app/credentials/{credential}/revoke"), 409)
        for path in (f"/{credential}", f"/registries/{regk}", ""):
            await page(kit, f"/app/credentials{path}")
        for path in ("/x", "/registries/x", "/schemas/x", "/x/cesr", f"/{said}"):
            problem(await kit.ask("GET", f"/app/credentials{path}"), 404)
        held.lock()
        problem(await kit.ask("GET", "/app/credentials"), 423)
        problem(await kit.ask("POST", "/app/credentials/receive", json_body={"text": "x"}), 423)


@run
async def test_a_form_issues_as_json_does(quick: None, unsynced: None, place: Path) -> None:  # noqa: F811
    async with serving(place) as (kit, held):
        do(held.create("Mine", PASSCODE, "low"))
        with held.change() as hby:
            issuer = hby.makeHab("issuer").pre
        body = {"schema": schemas.SAMPLES["course"]}
        said = (await kit.ask("POST", "/app/credentials/schemas", json_body=body)).json["said"]
        made = await kit.ask("POST", "/app/credentials/registries", json_body={"identifier": issuer, "name": "n"})
        fields = [("registry", made.json["regk"]), ("schema", said), ("holder", issuer), ("a-course", "Maths")]
        fields += [("a-grade", "passed"), ("a-hours", ""), ("rules", "")]
        done = await upload(kit, "/app/credentials/issue", [*fields, ("a-online", "1")])
        assert done.status == 200, done.text
        assert {k: v["value"] for k, v in done.json["attributes"].items()} == {"course": "Maths", "grade": "passed", "online": True}
        problem(await upload(kit, "/app/credentials/issue", [*fields[:3], *fields[4:]]), 422, "a-course")
        wrong = [*fields[:5], ("a-hours", "many")]
        problem(await upload(kit, "/app/credentials/issue", wrong), 422, "a-hours")
