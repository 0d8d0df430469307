"""What may run in the page, tried in it: Trusted Types, and the policy on a host that sends no headers of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Watched, until
from offlinekit import Profile, Site, generation, kept
from playwright.sync_api import Page, Playwright

import serve

# Each is tried as markup for an element of the page, and as htmx parses an answer; what comes back is the refusal, or "taken".
MARKUP = """texts => [text => { document.createElement('div').innerHTML = text; }, text => Document.parseHTMLUnsafe(text, {})].map(
  take => texts.map(text => { try { take(text); return 'taken'; } catch (error) { return error.message; } }))"""
# What is swapped in is parsed once: the look of the policy goes over the tree that htmx gets.
PARSED = """async () => {
  const parse = DOMParser.prototype.parseFromString;
  let more = 0;
  DOMParser.prototype.parseFromString = function(...given) { more += 1; return parse.apply(this, given); };
  await htmx.ajax('GET', 'app/pq', {target: '#main', swap: 'innerHTML'});
  DOMParser.prototype.parseFromString = parse;
  return [more, document.querySelector('#main h1').textContent];
}"""
HARMLESS = [
    "<p>text</p>", "<form action='app/x'><input name='attributes'><input name='getAttributeNames'></form>", "",
    "<p title='once = 1, on load = 2'>javascript: a word</p>", "<svg viewBox='0 0 1 1'><path d='M0 0'/></svg>",
    "<script type='module' src='static/page/load-lab.js'></script>", "<a href='app/pool' hx-get='app/pool'>x</a>",
]  # fmt: skip
HARMFUL = [
    "<img src=x onerror=alert(1)>", "<a href=' java\nscript:alert(1)'>x</a>", "<a hx-on:click='alert(1)'>x</a>",
    "<script>alert(1)</script>", "<script src='https://evil.example/x.js'></script>", "<iframe srcdoc='x'></iframe>",
    "<template><iframe></iframe></template>", "<base href='https://evil.example/'>", "<style>*{color:red}</style>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>", "<object data=x></object>",
    "<form onsubmit=alert(1)><input name='attributes'><input name='getAttributeNames'></form>",
    "<link rel=stylesheet href='//evil.example/x.css'>", "<svg><a xlink:href='javascript:alert(1)'></a></svg>",
    "<script src='app/kept.js'></script>",
    "<div><template ShadowRootMode=closed><img src=x onerror=alert(1)></template></div>",
    "<p><template shadowrootmode=open><iframe></iframe></template></p>",
]  # fmt: skip
SINKS = """() => {
  const tries = {
    worker: () => new Worker('data:text/javascript,1'),
    foreign: () => { document.createElement('script').src = 'https://evil.example/x.js'; },
    answer: () => { document.createElement('script').src = 'app/crypto/hash'; },
    inline: () => { document.createElement('script').textContent = '1'; },
    policy: () => globalThis.trustedTypes.createPolicy('mine', {createHTML: text => text}),
    again: () => globalThis.trustedTypes.createPolicy('keriwasm-inert', {createHTML: text => text}),
  };
  return Object.fromEntries(Object.entries(tries).map(([name, run]) => {
    try { run(); return [name, 'taken']; } catch (error) { return [name, error.name]; }
  }));
}"""


def test_markup_that_could_run_is_refused(boot: Callable[..., Watched]) -> None:
    """Behind the templates' escaping: htmx and everybody else gets no markup past router/boot/trusted.js that could do harm."""
    watched = boot(workers=1)
    assert watched.page.evaluate(MARKUP, HARMLESS) == [["taken"] * len(HARMLESS)] * 2
    assert watched.page.evaluate(PARSED) == [0, "Post-quantum"]
    watched.allow("Content Security Policy|TrustedScript|TrustedHTML|trusted-types|Refused")
    for refusals in watched.page.evaluate(MARKUP, HARMFUL):
        assert all("it was refused" in text for text in refusals), dict(zip(HARMFUL, refusals, strict=True))
    assert set(watched.page.evaluate(SINKS).values()) == {"TypeError"}


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A host that sends the isolation headers only: no policy, no nosniff."""
    few = {name: value for name, value in serve.SECURITY_HEADERS.items() if name.startswith("Cross-Origin")}
    monkeypatch.setattr(serve, "SECURITY_HEADERS", few)
    site = Site(tmp_path / "site")
    site.start()
    yield site
    site.stop()


# What a worker's own file is served with, what the service worker makes by itself, and whether text can become code.
ASK = """async () => {
  const id = /@([0-9a-f]{16})/.exec(performance.getEntriesByType('resource').find(({name}) => name.includes('/@')).name)[1];
  const out = {};
  for (const path of [`@${id}/workers/worker.js`, `@${id}/workers/gateway.js`, `@${id}/nothing<b>`, '@0123456789abcdef/index.html']) {
    const answer = await fetch(path);
    out[path.slice(18)] = [answer.status, answer.headers.get('content-security-policy'), answer.headers.get('content-type')];
  }
  try { new Function('return 1')(); out.code = 'ran'; } catch (error) { out.code = error.name; }
  return out;
}"""


def test_a_host_without_a_policy(playwright: Playwright, bare: Site, tmp_path: Path, watch: Callable[[Page], Watched]) -> None:
    profile = Profile(playwright, tmp_path / "profile")
    try:
        page = profile.open()
        page.goto(f"{bare.url}?workers=1")
        kept(page)
        page.goto(f"{bare.url}app/pool?workers=1")
        until(page, "document.documentElement.dataset.state === 'ready'", 120_000)
        assert generation(page)
        watch(page).allow("Content Security Policy|TrustedScript|Refused|404|410")
        found = page.evaluate(ASK)
        assert found.pop("code") == "EvalError"
        (status, policy, _), gateway, missing, gone = found.values()
        assert status == 200 and sorted(policy.split("; ")) == sorted(serve.CONTENT_SECURITY_POLICY.split("; "))
        assert gateway[0] == 200 and sorted(gateway[1].split("; ")) == sorted(serve.GATEWAY_POLICY.split("; "))
        for code, answer in ((404, missing), (410, gone)):
            assert answer[0] == code and answer[1].startswith("default-src 'none'") and answer[2].startswith("text/plain")
    finally:
        profile.close()
