"""Two doors, one answer: whatever enters by htmx, by fetch or by navigation is the same request to the same router."""

from __future__ import annotations

import re
from collections.abc import Callable

from conftest import Watched, content, fetch, until, wait_ready
from tablekit import TABLE

# What stands for a parameter; any other one gets a value that nothing answers to, which must be told alike as well.
PARAMS = {"/app/pq/kem/{alg}": "ML-KEM-768", "/app/pq/sig/{alg}": "ML-DSA-65"}
GET_ROUTES = [
    re.sub(r"\{\w+\}", PARAMS.get(route.pattern, "NO-SUCH"), route.pattern).lstrip("/")
    for route in TABLE
    if route.method == "GET" and not route.stream
] + ["app/nowhere", "app/pq/kem/NO-SUCH"]
ACCEPTS = {
    "json": {"accept": "application/json"},
    "fragment": {"accept": "text/html", "hx-request": "true"},
    "page": {"accept": "text/html"},
}
BOTH = """async ({path, headers}) => {
  const plain = async response => ({status: response.status, headers: Object.fromEntries(response.headers),
                                    text: await response.text()});
  return [await plain(await keriwasm.fetch(path, {headers})),
          await plain(await fetch(new URL(path, document.baseURI), {headers}))];
}"""


# What is asked for when a click has been given to its listeners, before anything else had a turn.
LEFT = """href => {
  const left = [], post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function(message, ...more) {
    if (message.type === 'http:request') left.push(message.path);
    return post.call(this, message, ...more);
  };
  document.querySelector(`nav a[href="${href}"]`).click();
  MessagePort.prototype.postMessage = post;
  return left;
}"""


def still(answer: dict) -> dict:
    """An answer without what differs from one moment to the next: timings, workers, live numbers."""
    headers = {name: value for name, value in answer["headers"].items()
               if name not in ("server-timing", "x-worker", "content-length", "date")}  # fmt: skip
    # Numbers and their units are live (5.2 s, 980 B), and so is what a worker is doing at the moment.
    text = re.sub(r"\d+(\.\d+)?( ?(ms|s|min|B|KB|MB|GB)\b)?|\b(ready|busy|booting|null)\b", "#", answer["text"])
    return {"status": answer["status"], "headers": headers, "text": text}


def test_get_routes_by_both_doors(boot: Callable[..., Watched]) -> None:
    """Every GET route of the table, as JSON, as a fragment and as a page; 409 is what a wallet that is not there says."""
    watched = boot()
    watched.allow(r"Failed to load resource.*(404|409|410|422)")
    for path in GET_ROUTES:
        for name, headers in ACCEPTS.items():
            for _ in range(40):  # the pool lives meanwhile: a worker that is busy or boots is ready a moment later
                first, second = watched.page.evaluate(BOTH, {"path": path, "headers": headers})
                if still(first) == still(second):
                    break
                watched.page.wait_for_timeout(500)
            assert still(first) == still(second), (path, name)
            assert first["headers"]["x-worker"], path
            assert "queue;dur=" in first["headers"]["server-timing"], path
            content = first["headers"]["content-type"]
            assert ("json" in content) == (name == "json"), (path, name, content)
            if name == "page":
                assert first["text"].lstrip().lower().startswith("<!doctype html>"), path
            elif name == "fragment":
                assert "<html" not in first["text"], path


def test_navigation_gets_the_whole_page(boot: Callable[..., Watched], app_url: str) -> None:
    """Each page by its address alone: content, title, isolation headers."""
    page = boot().page
    for path, title in (("app/pool", "Pool"), ("app/crypto", "Crypto"), ("app/pq", "Post-quantum")):
        response = page.goto(f"{app_url}{path}")
        assert response and response.status == 200
        assert title.lower() in page.title().lower()
        assert page.evaluate("crossOriginIsolated")
        content(page)
        wait_ready(page)


def test_clicks_history_and_focus(boot: Callable[..., Watched], app_url: str) -> None:
    """Links of the navigation swap, push their address, and the back button brings the page before."""
    page = boot().page
    nav = page.get_by_role("navigation")
    page.wait_for_selector("#panel-home h1")
    assert page.evaluate(LEFT, "app/crypto") == ["/app/crypto"]
    page.wait_for_url(f"{app_url}app/crypto")
    nav.get_by_role("link", name="Pool").click()
    page.wait_for_url(f"{app_url}app/pool")
    until(page, "document.querySelector('nav [aria-current=page]')?.textContent.trim() === 'Pool'")
    page.go_back()
    until(page, "document.title.toLowerCase().includes('crypto')")
    until(page, "document.querySelector('#main h1')?.textContent.toLowerCase().includes('crypto')")
    assert page.evaluate("document.documentElement.dataset.state") == "ready"


def test_version_mismatch_asks_for_a_reload(boot: Callable[..., Watched]) -> None:
    """A service worker of another version is not mixed with: the banner offers the reload."""
    page = boot().page
    page.evaluate("""navigator.serviceWorker.dispatchEvent(new MessageEvent('message',
        {data: {v: 1, type: 'door:mismatch', version: '9.9.9'}}))""")
    banner = page.locator("#banner")
    banner.wait_for(state="visible")
    assert "9.9.9" in banner.inner_text()
    assert banner.get_by_role("button").is_visible()


def test_service_worker_refuses_another_version(boot: Callable[..., Watched]) -> None:
    answer = boot().page.evaluate("""() => new Promise(resolve => {
      navigator.serviceWorker.addEventListener('message', ({data}) => { if (data.type === 'door:mismatch') resolve(data); });
      navigator.serviceWorker.controller.postMessage({v: 1, type: 'door:port', version: '0.0.0'}, [new MessageChannel().port1]);
    })""")
    assert answer["type"] == "door:mismatch"


def test_streams_end_to_end(boot: Callable[..., Watched]) -> None:
    """Server-sent events of the pool arrive through both doors, and leaving ends them in the worker."""
    page = boot().page
    script = """async door => {
      const abort = new AbortController();
      const ask = door === 'page' ? keriwasm.fetch : (path, options) => fetch(new URL(path, document.baseURI), options);
      const response = await ask('app/pool/events', {headers: {accept: 'text/event-stream'}, signal: abort.signal});
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const {value} = await reader.read();
      abort.abort();
      return {type: response.headers.get('content-type'), value};
    }"""
    for door in ("page", "service worker"):
        answer = page.evaluate(script, door)
        assert answer["type"].startswith("text/event-stream")
        assert "data:" in answer["value"] or answer["value"].startswith(":")
    until(
        page,
        """async () => (await (await keriwasm.fetch('app/pool', {headers: {accept: 'application/json'}})).json())
             .router.inflight <= 1""",
        timeout=10_000,
    )


def test_router_worker_that_dies(boot: Callable[..., Watched]) -> None:
    """The page notices, starts a new router with a new pool, and says so; requests in between are answered."""
    watched = boot(workers=1)
    watched.allow("started anew|Failed to load resource")
    page = watched.page
    router = next(worker for worker in page.workers if worker.url.endswith("router/host/worker.js"))
    page.evaluate("""() => {  // a kept memory starts in less than a look of Playwright's takes
      const banner = document.getElementById('banner'), root = document.documentElement;
      Object.assign(globalThis, { words: [], states: [] });
      new MutationObserver(() => { if (!banner.hidden) words.push(banner.innerText.trim()); })
        .observe(banner, { attributes: true, childList: true, subtree: true });
      new MutationObserver(() => { states.push(root.dataset.state); }).observe(root, { attributeFilter: ['data-state'] });
    }""")
    router.evaluate("close()")
    until(page, "words.some(each => each) && states.includes('booting')")
    wait_ready(page)
    assert fetch(page, "app/pool")["json"]["state"] == "ready"
