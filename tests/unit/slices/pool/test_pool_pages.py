"""Home, pool and faults slices in a real worker on CPython: what they answer as HTML and as JSON, and to bad input."""

from __future__ import annotations

import asyncio
import json
import time
from html.parser import HTMLParser
from typing import Any

import pytest
from workerkit import Kit, run, running

SLICES = {name: {"module": f"slices.{name}"} for name in ("home", "pool", "faults")}

SNAPSHOT = {
    "state": "degraded",
    "size": 3,
    "router": {"uptime_ms": 61000, "inflight": 2, "queued": 1, "handled": 900},
    "workers": [
        {
            "id": "w1",
            "slices": ["pool"],
            "state": "ready",
            "generation": 1,
            "queue": 0,
            "handled": 40,
            "failed": 1,
            "boot_ms": 4312,
            "heap_bytes": 73400320,
            "last_heartbeat_ms": 120,
            "restarts": 0,
            "last_error": None,
            "stage": None,
        },
        {
            "id": "w2",
            "slices": ["pool"],
            "state": "hung",
            "generation": 3,
            "queue": 1,
            "handled": 2,
            "failed": 0,
            "boot_ms": 4012,
            "heap_bytes": 1,
            "last_heartbeat_ms": 5200,
            "restarts": 2,
            "last_error": "it hung <script>alert(1)</script>",
            "stage": None,
        },
        {
            "id": "w3",
            "slices": [],
            "state": "booting",
            "generation": 1,
            "queue": 0,
            "handled": 0,
            "failed": 0,
            "boot_ms": None,
            "heap_bytes": None,
            "last_heartbeat_ms": None,
            "restarts": 0,
            "last_error": None,
            "stage": "import",
        },
    ],
}

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Checker(HTMLParser):
    """Reads a fragment strictly: tags close in order, ids are unique, nothing the CSP refuses is in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.labels: set[str] = set()
        self.feed(text)
        self.close()
        assert not self.open, self.open
        for tag, attributes in self.tags:
            for name in ("aria-labelledby", "aria-describedby"):
                for id in (attributes.get(name) or "").split():
                    assert id in self.ids, f"{name}={id} of <{tag}> names nothing"
            hidden = attributes.get("type") in ("hidden", "submit")
            if tag in ("input", "select", "textarea") and not hidden:
                assert attributes.get("id") in self.labels or "aria-label" in attributes, f"{attributes} has no label"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        assert len(attributes) == len(attrs), f"an attribute stands twice in <{tag}>: {attrs}"
        assert tag not in ("script", "style"), tag
        assert "style" not in attributes, attributes
        assert not any(name.startswith(("on", "hx-on")) for name in attributes), attributes
        for name in ("href", "src", "action", "hx-get", "hx-post"):
            value = attributes.get(name)
            assert value is None or not value.startswith(("/", "#", "http")), f"{name}={value} ignores the base"
        if "id" in attributes:
            assert attributes["id"] not in self.ids, f"id {attributes['id']} stands twice"
            self.ids.add(str(attributes["id"]))
        if tag == "label":
            self.labels.add(str(attributes.get("for")))
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> while {self.open} are open"
        self.open.pop()

    def find(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in wanted.items()}
        return [attributes for name, attributes in self.tags if name == tag and wanted.items() <= attributes.items()]


def context(snapshot: dict[str, Any] = SNAPSHOT) -> dict[str, Any]:
    return {"context": {"pool": snapshot}}


async def pooled(kit: Kit, method: str, path: str, ok: bool = True, error: str | None = None, **more: Any):
    """Ask something that orders the router about, and answer its order as the router does."""
    seen = []

    def order(message: dict[str, Any], body: bytes | None) -> None:
        if message["type"].startswith("pool:"):
            seen.append(message)
            kit.send("pool:done", id=message["id"], ok=ok, error=error)

    kit.host.on_post = order
    answer = await kit.ask(method, path, **{**context(), **more})
    return answer, seen


@run
async def test_home_panel():
    async with running(slices=SLICES) as kit:
        html = await kit.ask("GET", "/app/home/panel", accept="text/html")
        plain = (await kit.ask("GET", "/app/home/panel")).json
    page = Checker(html.text)
    assert html.status == 200 and html.text.lstrip().startswith("<title>KeriWasm</title>")
    assert len(page.find("h1")) == 1 and page.find("section", id="panel-home")
    # Only what is mounted is offered: here neither crypto nor a wallet.
    assert [entry["href"] for entry in plain["entries"]] == ["app/pool"]
    assert page.find("a", href="app/pool", hx_get="app/pool", hx_target="#main", hx_push_url="true")
    assert {"about", "offline", "entries"} == set(plain)


@run
async def test_home_offers_what_another_worker_serves():
    """The wallet is pinned to one worker; the home page may come from any."""
    workers = [{"id": "w1", "slices": ["home", "wallet"]}, {"id": "w2", "slices": ["home", "pool"]}]
    async with running(slices=SLICES) as kit:
        answer = await kit.ask("GET", "/app/home/panel", context={"pool": {"workers": workers}})
    assert [entry["href"] for entry in answer.json["entries"]] == ["app/wallet", "app/pool"]


@run
async def test_pool_page_shows_every_worker_in_words():
    async with running(slices=SLICES) as kit:
        answer = await kit.ask("GET", "/app/pool", accept="text/html", **context())
    page = Checker(answer.text)
    assert answer.status == 200
    assert len(page.find("li")) >= 3 and page.find("li", id="worker-w2")
    for word in ("ready", "hung", "booting", "4.3 s", "70.0 MiB", "steady", "import"):
        assert word in answer.text, word
    assert "&lt;script&gt;alert(1)" in answer.text
    live = page.find("div", id="pool-live")[0]
    assert live["hx-sse:connect"] == "app/pool/events" and live["hx-swap"] == "innerMorph"
    assert page.find("input", name="workers", min="1", max="16", value="3")
    assert not page.find("input", name="kind"), "faults are off"


@run
async def test_pool_page_offers_faults_where_they_are_on():
    async with running(slices=SLICES, faults=True) as kit:
        page = Checker((await kit.ask("GET", "/app/pool", accept="text/html", **context())).text)
    assert len(page.find("input", name="kind")) == 12
    assert page.find("form", hx_post="app/faults/w2", hx_target="#fault-result")


@run
async def test_pool_as_json_is_the_router_s_own_snapshot():
    async with running(slices=SLICES) as kit:
        assert (await kit.ask("GET", "/app/pool", **context())).json == SNAPSHOT
        panel = (await kit.ask("GET", "/app/pool/panel", **context())).json
        html = (await kit.ask("GET", "/app/pool/panel", accept="text/html", **context())).text
    assert panel["ready"] == 1 and panel["pool"]["handled"] == 42
    assert panel["troubles"] == [{"worker": "w2", "cause": SNAPSHOT["workers"][1]["last_error"], "restarts": 2}]
    page = Checker(html)
    assert page.find("section", id="panel-pool") and "<title>" not in html, "a part must not rename the whole page"


@run
async def test_resize():
    async with running(slices=SLICES) as kit:
        answer, orders = await pooled(kit, "POST", "/app/pool/size", json_body={"workers": 5})
        assert answer.status == 200 and answer.json == {"workers": 5, "before": 3}
        assert [(order["type"], order["workers"]) for order in orders] == [("pool:resize", 5)]
        html, _ = await pooled(
            kit,
            "POST",
            "/app/pool/size",
            body=b"workers=1",
            accept="text/html",
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert html.status == 200 and "The pool goes to 1 worker" in html.text
        Checker(html.text)
        refused, _ = await pooled(kit, "POST", "/app/pool/size", ok=False, error="no", json_body={"workers": 2})
        assert refused.status == 409 and refused.json["detail"] == "no"


@pytest.mark.parametrize("workers", [0, 17, -1, 1.5, "four", "", None, True, [], 10**30])
def test_resize_refuses_what_is_no_size(workers):
    async def check():
        async with running(slices=SLICES) as kit:
            answer, orders = await pooled(kit, "POST", "/app/pool/size", json_body={"workers": workers})
            assert answer.status == 422 and answer.json["field"] == "workers" and not orders
            assert answer.headers["content-type"] == "application/problem+json"

    asyncio.run(check())


@run
async def test_fault_is_passed_on():
    async with running(slices=SLICES, faults=True) as kit:
        answer, orders = await pooled(kit, "POST", "/app/faults/w2", json_body={"kind": "slow", "ms": 1500})
        assert answer.status == 200 and answer.json["worker"] == "w2" and answer.json["ms"] == 1500
        assert [(o["type"], o["worker"], o["kind"], o["ms"]) for o in orders] == [("pool:inject", "w2", "slow", 1500)]
        html, _ = await pooled(kit, "POST", "/app/faults/w2", json_body={"kind": "hang"}, accept="text/html")
        Checker(html.text)


@pytest.mark.parametrize(
    ("path", "given", "status", "field"),
    [
        ("/app/faults/w2", {"kind": "explode"}, 422, "kind"),
        ("/app/faults/w2", {}, 422, "kind"),
        ("/app/faults/w2", {"kind": ["hang"]}, 422, "kind"),
        ("/app/faults/w2", {"kind": "slow", "ms": -1}, 422, "ms"),
        ("/app/faults/w2", {"kind": "slow", "ms": 60001}, 422, "ms"),
        ("/app/faults/w2", {"kind": "slow", "ms": "soon"}, 422, "ms"),
        ("/app/faults/w9", {"kind": "hang"}, 404, None),
        ("/app/faults/%3Cscript%3E", {"kind": "hang"}, 404, None),
    ],
)
def test_fault_refuses_bad_input(path, given, status, field):
    async def check():
        async with running(slices=SLICES, faults=True) as kit:
            answer, orders = await pooled(kit, "POST", path, json_body=given)
            assert answer.status == status and answer.json.get("field") == field and not orders

    asyncio.run(check())


@run
async def test_faults_are_not_there_when_they_are_off():
    async with running(slices=SLICES) as kit:
        answer, orders = await pooled(kit, "POST", "/app/faults/w1", json_body={"kind": "hang"})
        assert answer.status == 404 and not orders


@run
async def test_events_repaint_only_when_the_pool_changed():
    looks = []

    async with running(slices=SLICES) as kit:

        def answer_look(message: dict[str, Any], body: bytes | None) -> None:
            if message["type"] == "http:request":
                looks.append(time.monotonic())
                steady = [{**each, "last_heartbeat_ms": 200 + len(looks)} for each in SNAPSHOT["workers"]]
                now = {
                    **SNAPSHOT,
                    "workers": steady,
                    "router": {**SNAPSHOT["router"], "uptime_ms": 61000 + 1000 * (len(looks) - 1)},
                }
                if len(looks) >= 3:
                    now = {**now, "state": "ready"}
                kit.send(
                    "http:reply",
                    json.dumps(now).encode(),
                    id=message["id"],
                    status=200,
                    headers={"content-type": "application/json"},
                    stream=False,
                )

        kit.host.on_post = answer_look
        id = kit.begin("GET", "/app/pool/events", accept="text/event-stream", **context())
        reply, _ = await kit.host.wait("http:reply", id=id)
        assert reply["stream"] and reply["headers"]["content-type"].startswith("text/event-stream")
        await kit.host.wait("http:chunk", id=id, count=2)
        chunks = [body.decode() for _, body in kit.host.of("http:chunk", id=id)]
        seen = len(looks)
        kit.send("http:cancel", id=id, reason="left")
        await kit.host.wait("http:cancelled", id=id)
        await asyncio.sleep(1.3)
        assert len(looks) <= seen + 1, "a stream that nobody reads goes on looking"
    assert seen == 3 and len(chunks) == 2
    for chunk in chunks:
        assert chunk.endswith("\n\n") and all(line.startswith("data: ") for line in chunk.strip().split("\n"))
        Checker("\n".join(line[6:] for line in chunk.strip().split("\n")))
    assert "degraded" in chunks[0] and "degraded" not in chunks[1]
