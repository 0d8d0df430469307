"""The token in forms: all of them carry it, and a form that is sent without script is nothing without it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import falcon
import pytest
from keriwasm.web.deeds import deed
from keriwasm.web.form.fields import Fields
from slicekit import HTML, Page, multipart, problem
from walletkit import place, quick, wallet  # noqa: F401 (fixtures)
from workerkit import Kit, run, running

ROOT = Path(__file__).resolve().parents[4]
TOKEN = "f00d" * 8
FORM = "application/x-www-form-urlencoded"


class Echo:
    """Answers what was sent to it."""

    done = 0

    def on_post(self, req: falcon.Request, rep: falcon.Response) -> None:
        Echo.done += 1
        rep.media = {"x": Fields(req).text("x", "nothing")}

    def on_put(self, req: falcon.Request, rep: falcon.Response) -> None:
        Echo.done += 1
        rep.data = req.bounded_stream.read()

    on_get = on_post

    @deed
    def on_patch(self, req: falcon.Request, rep: falcon.Response) -> Iterator[None]:
        """As a deed, which passes the application twice."""
        yield
        Echo.done += 1
        rep.media = {"x": Fields(req).text("x")}


def mount(app: falcon.App, worker: Any) -> None:
    app.add_route("/app/echo", Echo())


async def send(kit: Kit, body: bytes, kind: str = FORM, method: str = "POST", **more: Any) -> Any:
    return await kit.ask(method, "/app/echo", body=body, headers={"content-type": kind}, **{"navigated": True, **more})


@run
async def test_a_native_form_wants_the_token() -> None:
    async with running(mount, form=TOKEN) as kit:
        for token in (None, "", "x", TOKEN[:-1], TOKEN + "0", "\u2603"):
            sent = {"x": "1"} if token is None else {"form_token": token, "x": "1"}
            before = Echo.done
            problem(await send(kit, urlencode(sent).encode()), 403)
            body, kind = multipart(list(sent.items()))
            problem(await send(kit, body, kind), 403)
            assert Echo.done == before
        assert "Load the page" in (await send(kit, b"x=1", accept=HTML)).text
        sent = {"x": "1", "form_token": TOKEN}
        assert (await send(kit, urlencode(sent).encode())).json == {"x": "1"}
        body, kind = multipart([*sent.items(), ("file", ("a", b"\x00" * 100_000))])
        assert (await send(kit, body, kind)).json == {"x": "1"}
        raw = urlencode(sent).encode()
        before = Echo.done
        assert (await send(kit, raw, method="PATCH")).json == {"x": "1"} and Echo.done == before + 1
        problem(await send(kit, b"x=1", method="PATCH"), 403)
        assert Echo.done == before + 1
        assert (await send(kit, raw, method="PUT")).body == raw  # it is wound back for whoever reads it himself
        problem(await send(kit, raw + b"&form_token=x"), 422, "form_token")
        problem(await send(kit, f"form_token={TOKEN}".encode(), "text/plain"), 415)


@run
async def test_everything_but_a_native_form_goes_without() -> None:
    async with running(mount, form=TOKEN) as kit:
        assert (await send(kit, b"x=1", navigated=False)).json == {"x": "1"}
        assert (await send(kit, b'{"x": "1"}', "application/json", navigated=False)).json == {"x": "1"}
        assert (await kit.ask("GET", "/app/echo?x=1", navigated=True)).json == {"x": "1"}


@run
async def test_a_worker_that_was_told_no_token_takes_no_native_form() -> None:
    async with running(mount) as kit:
        for body in (b"form_token=&x=1", b"x=1"):
            problem(await send(kit, body), 403)


def test_every_form_of_every_template_carries_it() -> None:
    """Forms stand in the macros, or bring the field themselves; those that get, and those that are never sent, need none."""
    for file in sorted((ROOT / "templates").rglob("*.html")):
        for form in re.findall(r"<form\b[^>]*>.*?</form>", file.read_text(), re.DOTALL):
            if 'method="get"' in form or "hx-ignore" in form:
                continue
            assert "form_token_field()" in form, (file, form[:200])
        assert "formaction" not in file.read_text(), file


@pytest.mark.usefixtures("quick")
def test_the_pages_carry_it(place: Path) -> None:  # noqa: F811
    async def test() -> None:
        async with wallet(place, form=TOKEN) as kit:
            aid = (await kit.ask("POST", "/app/identifiers", json_body={"alias": "a"})).json["aid"]
            for path in ("wallet", "identifiers", f"identifiers/{aid}", f"identifiers/{aid}/share", "wallet/challenge"):
                page = Page((await kit.ask("GET", f"/app/{path}", accept=HTML)).text)
                assert not page.problems, (path, page.problems)
                posts = [form for form in page.all("form") if form.get("method") == "post"]
                tokens = page.all("input", name="form_token", value=TOKEN)
                assert len(tokens) == len(posts), path
                assert posts or path.endswith("share")

    run(test)()
