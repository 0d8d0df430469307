"""A request while something is still being fetched: what changes something waits before it begins, all else when it meets it."""

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
async def test_what_changes_something_begins_when_all_is_here_all_else_at_once(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wheel, site = tmp_path / "late.whl", tmp_path / "site"
    # First: that of another test may stand there, which waits for nothing.
    monkeypatch.setattr(sys, "meta_path", [packed_wheels.PackedFinder({"late_for_a_request": str(wheel)}, str(site)), *sys.meta_path])
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr(packed_wheels, "PATIENCE", 0.2)
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
        assert (refused.status, refused.headers["retry-after"], calls) == (503, "2", ["began"]), "after its patience it learns why"
        assert "Late_for_a_request is still being fetched" in refused.text
        monkeypatch.setattr(packed_wheels, "PATIENCE", 60)
        refused = await kit.ask("GET", "/app/late", again=False)
        assert refused.status == 503 and len(calls) == 2, "nor does the next one wait for what did not come"
        calls.clear()
        waiting = kit.begin("GET", "/app/late", again=True)
        while len(calls) < 1:
            await asyncio.sleep(0.01)
        sys.meta_path[0].overdue = False
        changing = kit.begin("GET", "/app/late", again=False)
        assert not kit.host.of("http:reply", id=waiting)
        with zipfile.ZipFile(tmp_path / "made", "w") as archive:
            archive.writestr("late_for_a_request.py", "HERE = 1")
        (tmp_path / "made").rename(wheel)
        answer = await kit.answer(waiting)
        assert (answer.status, answer.json) == (200, 1)
        assert (await kit.answer(changing)).status == 200 and len(calls) == 3, "the one that met it began twice, the other once"
        assert kit.faults() == []
    sys.modules.pop("late_for_a_request")
