"""A worker's answers and its disk: none leaves before what it did is durable, and none says that a lost change was kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from diskkit import MemoryDisk
from keriwasm.disk import disk as disks
from keriwasm.disk.disk import Disk
from keriwasm.web.deeds import deed
from lmdbkit import ours
from workerkit import run, running


class Put:
    """POST /app/put writes one value; GET /app/put reads it."""

    def __init__(self, worker: Any, folder: Path) -> None:
        self.worker, self.folder = worker, folder

    def env(self) -> Any:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.worker.disk._lmdb.open(str(self.folder))

    @deed
    def on_get(self, req: Any, rep: Any) -> Any:
        yield from self.worker.disk.mount()
        with self.env().begin() as txn:
            rep.media = {"value": (txn.get(b"k") or b"").decode()}

    @deed
    def on_post(self, req: Any, rep: Any) -> Any:
        yield from self.worker.disk.mount()
        with self.env().begin(write=True) as txn:
            txn.put(b"k", req.bounded_stream.read())
        rep.media = {"saved": True}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(disks, "TEMPORARY", str(tmp_path / "tmp") + "/")
    backing = MemoryDisk()
    lmdb = ours("lmdb_of_worker")
    lmdb.stores.stores.by_id.clear()
    lmdb.stores.stores.adopt = None

    def mount(app: Any, worker: Any) -> None:
        worker.disk = Disk(worker.doist, backing, lmdb)
        app.add_route("/app/put", Put(worker, tmp_path / "store"))

    return mount, backing


@run
async def test_an_answer_leaves_when_its_record_is_on_disk(site: Any) -> None:
    mount, backing = site
    async with running(mount) as kit:
        seen: list[int] = []
        kit.host.on_post = lambda message, body: (
            seen.append(len(backing.log)) if message["type"] == "http:reply" else None
        )
        assert (await kit.ask("POST", "/app/put", body=b"v")).status == 200
        assert (await kit.ask("GET", "/app/put")).json == {"value": "v"}
        assert seen == [1, 1]


@run
async def test_a_refused_write_answers_507_as_json_and_as_html_and_is_undone(site: Any) -> None:
    mount, backing = site
    async with running(mount) as kit:
        await kit.ask("POST", "/app/put", body=b"kept")
        backing.fail = OSError("IndexedDB refused: QuotaExceededError: no room")
        refused = await kit.ask("POST", "/app/put", body=b"lost")
        assert refused.status == 507
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json["title"] == "Not saved" and "storage is full" in refused.json["detail"]
        assert (await kit.ask("GET", "/app/put")).json == {"value": "kept"}
        again = await kit.ask("POST", "/app/put", body=b"lost", accept="text/html", headers={"hx-request": "true"})
        assert again.status == 507 and "storage is full" in again.text and "Not saved" in again.text
        backing.fail = None
        assert (await kit.ask("POST", "/app/put", body=b"later")).status == 200
        assert (await kit.ask("GET", "/app/put")).json == {"value": "later"}


@run
async def test_a_request_that_is_cancelled_does_not_tear_the_commit_of_another(site: Any) -> None:
    mount, backing = site
    async with running(mount) as kit:
        await kit.ask("GET", "/app/put")
        first = kit.begin("POST", "/app/put", body=b"first")
        second = kit.begin("POST", "/app/put", body=b"second")
        kit.send("http:cancel", id=first, reason="gone")
        assert (await kit.answer(second)).status == 200
        assert kit.worker.disk.trouble is None and backing.log
