"""A package from an index: the newest wheel that runs here, by its hash, from servers that were allowed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from keriwasm.web.form.errors import FieldError
from keriwasm.web.outside import Answer, Request, refusal
from outsidekit import FakeOutside, answer
from slices.network.packages import choose
from test_network import head, network  # noqa: F401 (fixture)
from workerkit import run

INDEX = "https://index.example/simple/"
PAGE = f"{INDEX}my-thing/"
WHEEL = b"PK a wheel"


def file(name: str, content: bytes = WHEEL, **more: Any) -> dict[str, Any]:
    return {"filename": name, "url": f"../../files/{name}", "hashes": {"sha256": hashlib.sha256(content).hexdigest()}, **more}


def test_the_newest_that_runs_here_is_taken() -> None:
    names = ["thing-1.9-py3-none-any.whl", "thing-1.10-py2.py3-none-any.whl", "thing-1.10.0.post1-py3-none-any.whl",
             "thing-2.0rc1-py3-none-any.whl", "thing-3.0-cp314-cp314-linux_x86_64.whl", "thing-3.0.tar.gz",
             "thing-3.0-py2-none-any.whl"]  # fmt: skip
    more = [file("thing-4.0-py3-none-any.whl", yanked="bad"), file("thing-5.0-py3-none-any.whl", **{"requires-python": ">=3.99"}), 7]
    found = choose({"files": [*map(file, names), *more]}, PAGE, (3, 14, 0))
    assert found.filename == "thing-1.10.0.post1-py3-none-any.whl"
    assert found.url == f"https://index.example/files/{found.filename}"


@pytest.mark.parametrize(("asks", "runs"), [
    (">=3.10", True), (">=3.10,<4", True), ("<3.14", False), ("<=3.14", True), ("!=3.14.*", False), ("==3.14.*", True), ("~=3.9", True),
    (">=3.14.1", False), ("nonsense", True), (">3.13", True), ("~=2.7", False),
])  # fmt: skip
def test_what_python_it_asks_for(asks: str, runs: bool) -> None:
    told = {"files": [file("a-1-py3-none-any.whl", **{"requires-python": asks})]}
    if runs:
        assert choose(told, PAGE, (3, 14, 0)).filename
    else:
        with pytest.raises(FieldError, match="422"):
            choose(told, PAGE, (3, 14, 0))


@pytest.mark.parametrize(("told", "field", "reason"), [
    ([], "index", "no list of files"),
    ({"files": []}, "name", "no wheel of pure Python"),
    ({"files": [{"filename": "a-1-py3-none-any.whl", "url": "x"}]}, "index", "no SHA-256"),
    ({"files": [file("a-1-py3-none-any.whl", hashes={"sha256": "../x"})]}, "index", "no SHA-256"),
    ({"files": [file("a-1-py3-none-any.whl", url="file:///etc/passwd")]}, "index", "not http"),
])  # fmt: skip
def test_an_index_that_says_nothing_useful(told: Any, field: str, reason: str) -> None:
    with pytest.raises(FieldError) as caught:
        choose(told, PAGE, (3, 14, 0))
    assert caught.value.field == field and reason in caught.value.reason


async def bring(head: Path, serve: Any, **fields: Any) -> tuple[Any, FakeOutside]:  # noqa: F811
    async with network(head) as kit:
        outside = kit.worker.outside = FakeOutside(serve)
        got = await kit.ask("POST", "/app/network/package", json_body={"index": INDEX, "name": "My_Thing", **fields})
        return got, outside


def served(listed: Any, wheel: bytes = WHEEL) -> Any:
    def serve(request: Request) -> Answer:
        return answer(body=json.dumps(listed).encode()) if request.url == PAGE else answer(body=wheel)

    return serve


@run
async def test_it_is_brought_and_its_hash_told(head: Path) -> None:  # noqa: F811
    got, outside = await bring(head, served({"files": [file("my_thing-1.0-py3-none-any.whl")]}))
    assert got.status == 200 and got.body == WHEEL
    headers = {name.lower(): value for name, value in got.headers.items()}
    assert (headers["x-wheel"], headers["x-sha256"]) == ("my_thing-1.0-py3-none-any.whl", hashlib.sha256(WHEEL).hexdigest())
    first, second = (ticket.request for ticket in outside.tickets)
    assert (first.url, second.url) == (PAGE, "https://index.example/files/my_thing-1.0-py3-none-any.whl")
    assert first.who == "notebook" and first.reason == "to find the package my-thing for the notebook" and "my_thing-1.0" in second.reason


@run
async def test_another_content_is_refused(head: Path) -> None:  # noqa: F811
    got, _ = await bring(head, served({"files": [file("my_thing-1.0-py3-none-any.whl")]}, b"other"))
    assert got.status == 502 and "the index says" in got.json["reason"]


@run
async def test_nothing_is_asked_without_the_users_word(head: Path) -> None:  # noqa: F811
    got, outside = await bring(head, lambda request: refusal("ask", "It waits for your answer."))
    assert (got.status, got.json["field"], got.json["outside"]) == (403, "index", "ask") and len(outside.tickets) == 1


@pytest.mark.parametrize(("fields", "field"), [
    ({"index": "ftp://x/"}, "index"), ({"index": "https:///"}, "index"), ({"index": "https://x/?q"}, "index"),
    ({"name": "../x"}, "name"), ({"name": "a/b"}, "name"), ({"name": ""}, "name"), ({"name": "-a"}, "name"),
])  # fmt: skip
def test_a_field_that_is_wrong(head: Path, fields: dict[str, str], field: str) -> None:  # noqa: F811
    @run
    async def whole() -> None:
        got, outside = await bring(head, served({}), **fields)
        assert (got.status, got.json["field"]) == (422, field) and not outside.tickets

    whole()
