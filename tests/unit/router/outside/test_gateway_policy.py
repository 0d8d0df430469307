"""router/offline/generations.js: the kept gateway script and the notebook's page carry their own policies, and no other file does.
Run by Node."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from serve_site import serve

ROOT = Path(__file__).resolve().parents[4]

PLAYER = """
const {Generations} = globalThis.keriwasmGenerations;
const kept = new Generations(new URL('https://app.example/'));
const [headers, paths] = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const files = Object.fromEntries(paths.map(path => [path, {type: 'text/javascript'}]));
const answer = async path => Object.fromEntries((await kept.response({headers, files}, path, 'x')).headers);
Promise.all(paths.map(answer)).then(all => console.log(JSON.stringify(all)));
"""


def answers(headers: dict[str, str], *paths: str) -> list[dict[str, str]]:
    source = (ROOT / "router/offline/generations.js").read_text() + PLAYER
    done = subprocess.run(["node", "-e", source], input=json.dumps([headers, paths]), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def directives(policy: str) -> set[str]:
    return set(policy.split("; "))


def test_the_kept_gateway_may_ask_others_and_nobody_else() -> None:
    sent = {"content-security-policy": serve.CONTENT_SECURITY_POLICY, "cross-origin-embedder-policy": "require-corp"}
    gateway, worker, page = answers(sent, serve.GATEWAY, "workers/worker.js", "index.html")
    assert directives(gateway["content-security-policy"]) == directives(serve.GATEWAY_POLICY)
    assert worker["content-security-policy"] == page["content-security-policy"] == serve.CONTENT_SECURITY_POLICY
    assert gateway["cross-origin-embedder-policy"] == "require-corp" and gateway["content-type"] == "text/javascript"


def test_a_host_s_policy_without_that_word_is_opened_too_and_none_stays_none() -> None:
    (gateway,) = answers({"content-security-policy": "default-src 'none'; script-src 'self'"}, serve.GATEWAY)
    assert directives(gateway["content-security-policy"]) == {
        "default-src 'none'", "script-src 'self'", "connect-src http: https:"
    }  # fmt: skip
    (gateway,) = answers({}, serve.GATEWAY)
    assert "content-security-policy" not in gateway


def test_the_kept_notebook_has_the_policy_that_serve_py_sends_with_it() -> None:
    (page,) = answers({"content-security-policy": serve.CONTENT_SECURITY_POLICY}, serve.NOTEBOOK)
    assert directives(page["content-security-policy"]) == directives(serve.OWN_POLICIES[serve.NOTEBOOK])
