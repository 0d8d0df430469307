"""A foreign log with numbers and halves of pairs that no JSON has is shown, and every answer about it can be read."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keriwasm.data import sayable
from keriwasm.web.formats import sse
from ledgerkit import habery, ledger, messages, unsynced  # noqa: F401 (fixtures)
from slicekit import Page, get
from workerkit import Kit

INF, NAN = float("inf"), float("nan")


def refuse(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")


def strict(text: str | bytes) -> Any:
    """As a browser reads it."""
    return json.loads(text if isinstance(text, str) else text.decode(), parse_constant=refuse)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec=None), max_size=4), inner, max_size=4),
    )
)
def test_all_json_is_json_and_what_was_sound_is_unchanged(value: Any) -> None:
    made = strict(sayable.json_text(value).encode())
    try:
        sound = json.dumps(value, allow_nan=False, ensure_ascii=False).encode().decode()
    except ValueError:
        return
    assert made == json.loads(sound)


def test_what_is_said_of_odd_values() -> None:
    odd = {"a": [INF, -INF, NAN, "x\ud800"], "\udfff": (1,)}
    assert strict(sayable.json_text(odd)) == {"a": ["Infinity", "-Infinity", "NaN", "x\\ud800"], "\\udfff": [1]}
    assert sayable.text("é\ud800") == "é\\ud800" and sayable.text("é") == "é"
    assert b'"Infinity"' in sse(None, {"a": INF}) and b"\\ud800" in sse(None, "\ud800")
    with pytest.raises(TypeError):
        sayable.json_text({"a": object()})


def test_a_log_with_infinity_is_shown_and_breaks_no_answer(unsynced: None, tmp_path: Path, monkeypatch: Any) -> None:  # noqa: F811
    async def test() -> None:
        async with ledger(tmp_path, monkeypatch) as kit:
            await shown(kit)
            assert not kit.faults(), kit.faults()[0]["error"]["traceback"]

    asyncio.run(test())


async def shown(kit: Kit) -> None:
    with habery() as hby:
        hab = hby.makeHab("one")
        hab.interact(data=[{"n": INF, "m": [NAN, -INF]}])
        hab.interact(data=[{"i": "x", "s": INF, "d": NAN}])
        data = b"".join(messages(hab))
    assert b"Infinity" in data and b"NaN" in data
    told = await kit.ask("POST", "/app/ledger", body=data, headers={"content-type": "application/cesr"})
    assert told.status == 200 and len(strict(told.body)["accepted"]) == 3, told.text
    aid = hab.pre
    for path in (f"/app/ledger/{aid}", f"/app/ledger/{aid}/events/1", f"/app/ledger/{aid}/events/2", "/app/ledger"):
        answer = await kit.ask("GET", path)
        assert answer.status == 200, (path, answer.text[:300])
        strict(answer.body)
        page = await get(kit, path)
        assert page.status == 200 and not Page(page.text).problems, path
    assert "Infinity" in (await get(kit, f"/app/ledger/{aid}/events/1")).text
    kel = await kit.ask("GET", f"/app/ledger/{aid}/kel")
    assert kel.status == 200 and b"Infinity" in kel.body, "what is handed on is what was signed"
    half = data.replace(b'"n":Infinity', b'"n":"\\ud800"')  # signed by nobody: refused, and the answer can be read
    for accept in ("application/json", "text/html"):
        told = await kit.ask("POST", "/app/ledger", body=half, accept=accept, headers={"content-type": "application/cesr"})
        assert told.status == 200, told.text[:300]
    strange = '{"v":"KERI10JSON000000_","t":"icp","d":"\\ud800","i":"\\ud800","s":"0"}'
    strange = strange.replace("000000_", f"{len(strange):06x}_")
    for path, kind in (("/app/ledger", "application/cesr"), ("/app/wallet/challenge/verify", "application/json")):
        body = strange if kind != "application/json" else json.dumps({"words": ["a"] * 12, "response": strange})
        for accept in ("application/json", "text/html"):
            answer = await kit.ask("POST", path, body=body.encode(), accept=accept, headers={"content-type": kind})
            assert answer.status in (200, 422), (path, answer.text[:300])
            answer.body.decode()
