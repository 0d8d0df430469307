"""What a worker tells of the browser's storage, with a StorageManager and without."""

from __future__ import annotations

import sys
import types

import pytest
from keriwasm.browser import quota
from workerkit import run, running


def mount(app, worker):
    from keriwasm.web.deeds import deed

    class Resource:
        @deed
        def on_get(self, req, rep):
            rep.media = yield from quota.facts(worker)

    app.add_route("/app/facts", Resource())


async def promise(value):
    return value


def browser(**storage) -> types.ModuleType:
    js = types.ModuleType("js")
    js.navigator = types.SimpleNamespace(storage=types.SimpleNamespace(**storage) if storage else None)
    return js


@run
async def test_facts_of_a_browser():
    estimate = types.SimpleNamespace(usage=1234567.0, quota=9e9)
    sys.modules["js"] = browser(persisted=lambda: promise(True), estimate=lambda: promise(estimate))
    try:
        async with running(mount) as kit:
            answer = await kit.ask("GET", "/app/facts")
    finally:
        del sys.modules["js"]
    assert answer.status == 200
    assert answer.json == {"persisted": True, "usage": 1234567, "quota": 9_000_000_000, "private": None}


class Refusal(Exception):
    name = "SecurityError"


@pytest.mark.parametrize(("refusal", "private"), [(None, False), (Refusal(), True), (Exception("NotAllowedError: x"), None)])
@run
async def test_a_private_window_is_told_by_the_files_that_it_refuses(refusal, private):
    async def folder():
        if refusal:
            raise refusal
        return "a folder"

    sys.modules["js"] = browser(persisted=lambda: promise(False), estimate=lambda: promise(None), getDirectory=folder)
    try:
        async with running(mount) as kit:
            answer = await kit.ask("GET", "/app/facts")
    finally:
        del sys.modules["js"]
    assert answer.json == {"persisted": False, "usage": None, "quota": None, "private": private}


@pytest.mark.parametrize("js", [None, browser(), browser(persisted=lambda: promise(False))])
@run
async def test_what_is_not_known_is_none(js):
    if js is not None:
        sys.modules["js"] = js
    try:
        async with running(mount) as kit:
            answer = await kit.ask("GET", "/app/facts")
    finally:
        sys.modules.pop("js", None)
    assert answer.json == quota.UNKNOWN
