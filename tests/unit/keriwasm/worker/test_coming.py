"""A request that meets what is still being fetched: it waits where it changes nothing, and says so where it does."""

from __future__ import annotations

import asyncio
import importlib
import sys
import zipfile
from pathlib import Path

import pytest
from keriwasm.imports import packed_wheels
from keriwasm.web.deeds import deed
from workerkit import run, running, slice_of


@pytest.mark.parametrize("kind", ["plain", "deed"])
@run
async def test_what_changes_nothing_waits_and_what_changes_something_does_not(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wheel, site = tmp_path / "late.whl", tmp_path / "site"
    # First: that of another test may stand there, which waits for nothing.
    monkeypatch.setattr(sys, "meta_path", [packed_wheels.PackedFinder({"late_for_a_request": str(wheel)}, str(site)), *sys.meta_path])
    monkeypatch.syspath_prepend(str(site))
    calls: list[str] = []

    def plain(self, req, rep):
        calls.append("began")
        rep.media = importlib.import_module("late_for_a_request").HERE

    @deed
    def slow(self, req, rep):
        yield
        plain(self, req, rep)

    async with running(slice_of(get_late=plain if kind == "plain" else slow)) as kit:
        refused = await kit.ask("GET", "/app/late", again=False)
        assert (refused.status, refused.headers["retry-after"]) == (503, "2")
        assert "Late_for_a_request is still being fetched" in refused.text
        waiting = kit.begin("GET", "/app/late", again=True)
        while len(calls) < 2:
            await asyncio.sleep(0.01)
        assert not kit.host.of("http:reply", id=waiting)
        with zipfile.ZipFile(tmp_path / "made", "w") as archive:
            archive.writestr("late_for_a_request.py", "HERE = 1")
        (tmp_path / "made").rename(wheel)
        answer = await kit.answer(waiting)
        assert (answer.status, answer.json) == (200, 1) and len(calls) == 3
        assert kit.faults() == []
    sys.modules.pop("late_for_a_request")
