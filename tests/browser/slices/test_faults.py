"""Workers that hang, crash, throw or are slow, under traffic: every request is answered and the pool is whole again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Watched, fetch, until, wait_ready

# Twenty requests in flight by both doors while the fault strikes; resolves to what each of them got.
TRAFFIC = """async ({worker, kind, ms}) => {
  const body = JSON.stringify({algorithm: 'sha256', text: 'traffic'});
  const headers = {accept: 'application/json', 'content-type': 'application/json'};
  const ask = n => (n % 2 ? keriwasm.fetch : (path, options) => fetch(new URL(path, document.baseURI), options))(
    n % 3 ? 'app/crypto/hash' : 'app/pq', n % 3 ? {method: 'POST', headers, body} : {headers});
  const plain = async response => ({status: response.status, text: (await response.text()).slice(0, 300)});
  const before = Array.from({length: 10}, (_, n) => ask(n).then(plain));
  const fault = fetch(new URL(`app/faults/${worker}`, document.baseURI),
    {method: 'POST', headers, body: JSON.stringify({kind, ms})}).then(plain);
  const after = Array.from({length: 10}, (_, n) => ask(n).then(plain));
  return {fault: await fault, answers: await Promise.all([...before, ...after])};
}"""


@pytest.mark.parametrize("kind", ["hang", "crash", "throw", "slow"])
def test_fault_under_traffic(boot: Callable[..., Watched], kind: str) -> None:
    watched = boot(workers=2, faults=True)
    watched.allow("keriwasm|Failed to load resource")
    page = watched.page
    result = page.evaluate(TRAFFIC, {"worker": "w2", "kind": kind, "ms": 1000})
    assert result["fault"]["status"] in (200, 202), result["fault"]
    statuses = [answer["status"] for answer in result["answers"]]
    assert len(statuses) == 20
    # A thrown exception is one request's own 500; all others are answered as if nothing had happened.
    assert statuses.count(200) >= (19 if kind == "throw" else 20), result["answers"]
    if kind == "throw" and statuses.count(200) == 20:
        # None of them came to w2 after the order: the next one that does meets it.
        asked = [fetch(page, "app/crypto/hash", "POST", {"algorithm": "sha256", "text": str(n)}) for n in range(20)]
        assert [answer["status"] for answer in asked].count(500) == 1
    if kind in ("hang", "crash"):
        until(
        page,
            """async () => (await (await keriwasm.fetch('app/pool', {headers: {accept: 'application/json'}})).json())
                 .workers.find(worker => worker.id === 'w2').generation === 2""",
            timeout=60_000,
        )
    wait_ready(page)
    pool = fetch(page, "app/pool")["json"]
    assert pool["state"] == "ready" and len(pool["workers"]) == 2
    page.wait_for_timeout(200)  # the console's own way is not the answer's
    causes = [error for error in watched.errors if "[keriwasm]" in error]
    assert len(causes) == (0 if kind == "slow" else 1), causes


def test_faults_are_off_without_the_switch(boot: Callable[..., Watched]) -> None:
    watched = boot(workers=1)
    watched.allow("404")
    assert fetch(watched.page, "app/faults/w1", "POST", {"kind": "crash"})["status"] == 404


def test_bad_faults_are_refused(boot: Callable[..., Watched]) -> None:
    watched = boot(workers=1, faults=True)
    watched.allow("4(04|22)")
    answer = fetch(watched.page, "app/faults/w1", "POST", {"kind": "explode"})
    assert answer["status"] == 422
    assert answer["json"]["field"] == "kind"
    assert fetch(watched.page, "app/faults/w99", "POST", {"kind": "crash"})["status"] in (404, 422)


def test_resize_live(boot: Callable[..., Watched]) -> None:
    """Grow and shrink while requests are in flight: all of them are answered."""
    page = boot(workers=1).page
    grow = fetch(page, "app/pool/size", "POST", {"workers": 3})
    assert grow["status"] in (200, 202), grow["text"]
    until(page, "document.documentElement.dataset.workersReady === '3'", timeout=60_000)
    statuses = page.evaluate("""async () => {
      const headers = {accept: 'application/json', 'content-type': 'application/json'};
      const body = JSON.stringify({algorithm: 'blake3', text: 'resize'});
      const ask = () => keriwasm.fetch('app/crypto/hash', {method: 'POST', headers, body}).then(response => response.status);
      const first = Array.from({length: 30}, ask);
      const size = keriwasm.fetch('app/pool/size', {method: 'POST', headers, body: JSON.stringify({workers: 1})});
      const second = Array.from({length: 30}, ask);
      return [(await size).status, ...await Promise.all([...first, ...second])];
    }""")
    assert set(statuses[1:]) == {200}
    until(page, "document.documentElement.dataset.workers === '1'", timeout=30_000)
    wait_ready(page)


def test_bad_sizes_are_refused(boot: Callable[..., Watched]) -> None:
    watched = boot(workers=1)
    watched.allow("422")
    for workers in (0, 17, "many", None):
        answer = fetch(watched.page, "app/pool/size", "POST", {"workers": workers})
        assert (answer["status"], answer["json"]["field"]) == (422, "workers"), workers


INFLIGHT = """async () => (await (await keriwasm.fetch('app/pool', {headers: {accept: 'application/json'}})).json())
  .router.inflight"""
# Hashing 60 MiB takes seconds: ended early or not at all is easy to tell apart.
LONG = """how => {
  const host = document.createElement('div');
  host.innerHTML = '<button id="asker" hx-encoding="multipart/form-data">ask</button><output id="answer"></output>';
  document.body.append(host);
  htmx.process(host);
  const asker = host.querySelector('#asker');
  asker.addEventListener('htmx:finally:request', () => { globalThis.finished = performance.now(); });
  htmx.ajax('POST', 'app/crypto/hash', {source: asker, target: '#answer', swap: 'innerHTML',
    values: {algorithm: 'sha3_512', file: new File([new Uint8Array(60 << 20)], 'zeros')}});
}"""


@pytest.mark.parametrize("how", ["element removed", "htmx:abort"])
def test_cancel_reaches_the_worker(boot: Callable[..., Watched], how: str) -> None:
    """A request whose element is removed, or that htmx aborts, stops in the worker; its answer is swapped nowhere."""
    page = boot(workers=1).page
    until(page, f"({INFLIGHT})().then(count => count === 0)")  # the home page's own panels have come
    page.evaluate(LONG)
    until(page, f"({INFLIGHT})().then(count => count === 1)")
    ended = "document.querySelector('#asker').remove()"
    page.evaluate(ended if how == "element removed" else "htmx.trigger('#asker', 'htmx:abort')")
    until(page, f"({INFLIGHT})().then(count => count === 0)", timeout=5_000)
    until(page, f"({INFLIGHT.replace('.router.inflight', '.workers[0].queue')})().then(queue => queue === 0)", timeout=5_000)
    assert fetch(page, "app/pool")["json"]["workers"][0]["generation"] == 1
    assert page.locator("#answer").inner_text() == ""


def test_a_stream_ends_with_its_element(boot: Callable[..., Watched]) -> None:
    """The event stream of the pool page is in flight while the page is shown, and not after leaving it."""
    page = boot("app/pool", workers=1).page
    until(page, f"({INFLIGHT})().then(count => count === 1)")
    page.get_by_role("navigation").get_by_role("link", name="Crypto").click()
    until(page, f"({INFLIGHT})().then(count => count === 0)", timeout=5_000)
