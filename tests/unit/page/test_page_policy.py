"""What may run in the page: its policy is one, wherever it stands, and what the doors say by themselves cannot run."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from serve_site import serve

ROOT = Path(__file__).resolve().parents[3]
META = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">')
TRUSTED = "; require-trusted-types-for 'script'; trusted-types default keriwasm-inert"
DOORS = sorted((ROOT / "router").rglob("*.js"))


def test_the_page_s_own_policy_is_that_of_the_server() -> None:
    """A host that sends no headers leaves the page the policy that serve.py sends, but for what counts in a header only."""
    page = (ROOT / "index.html").read_text()
    told = META.findall(page)
    sent = serve.CONTENT_SECURITY_POLICY.split("; ")
    assert told == ["; ".join(part for part in sent if part != "frame-ancestors 'none'") + TRUSTED]
    before = page[: page.index("Content-Security-Policy")]
    assert not re.search(r"<(script|link|base|style|img)\b", before), "what stands before a policy is not bound by it"
    assert page.index("router/boot/trusted.js") < page.index("router/boot/early.js")  # the first script makes the policy of the rest


def test_the_keeper_finds_the_policy_for_workers() -> None:
    """Workers know no meta tag: where the host sends nothing, the kept files carry it as a header."""
    pattern = re.search(r"const policy =\s*/(.+)/\.exec", (ROOT / "router/offline/keeper.js").read_text())
    assert pattern
    found = re.search(pattern[1], (ROOT / "index.html").read_text())
    assert found and f"{found[1]}; frame-ancestors 'none'".split("; ") == sorted(
        serve.CONTENT_SECURITY_POLICY.split("; "), key=lambda part: part.startswith("frame-ancestors"))  # fmt: skip


@pytest.mark.parametrize("accept", ["text/html", "application/json", ""])
def test_what_a_door_says_by_itself_is_harmless(accept: str) -> None:
    evil = "<img src=x onerror=\"alert('1')\">&amp;"
    program = (
        "await import('data:text/javascript,' + encodeURIComponent((await import('node:fs')).readFileSync("
        f"{json.dumps(str(ROOT / 'router/doors/door.js'))}, 'utf8')));"
        f"const answer = globalThis.keriwasmDoor.problem(502, {json.dumps(evil)}, {json.dumps(accept)});"
        "console.log(JSON.stringify([answer.status, Object.fromEntries(answer.headers), await answer.text()]));"
    )
    result = subprocess.run(["node", "--input-type=module", "-e", program], capture_output=True, text=True, check=True)
    status, headers, text = json.loads(result.stdout)
    assert status == 502 and headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "script" not in policy
    if accept == "application/json":
        assert json.loads(text)["detail"] == evil and headers["content-type"] == "application/problem+json"
    else:
        assert headers["content-type"].startswith("text/html") and "<img" not in text
        assert "&#60;img src=x onerror=&#34;alert(&#39;1&#39;)&#34;&#62;&#38;amp;" in text


@pytest.mark.parametrize("path", DOORS, ids=lambda path: path.name)
def test_no_markup_is_put_together_by_hand(path: Path) -> None:
    """Markup with a value in it goes through door.js's html, which escapes; answers of our own through `made`."""
    text = re.sub(r"^\s*(\*|//|/\*).*$", "", path.read_text(), flags=re.M)
    for literal in re.finditer(r"(\w*)`((?:[^`\\]|\\.)*)`", text):
        if "${" in literal[2] and re.search(r"<[a-z/!]", literal[2]):
            assert literal[1] == "html", literal[0][:100]
    assert not re.search(r"['\"][^'\"\n]*<[a-z]+[^'\"\n]*>['\"]\s*\+\s*\w", text), "markup by +"


def test_a_policy_goes_with_every_answer_of_our_own() -> None:
    """A bare Response is for what is handed on with headers of its own; these are all of them."""
    # door.js: `made` itself, and the router's replies; capsule.js is no door: what its `fetch` gives becomes no page; policy.js: an
    # empty one, in place of what MicroPython asks for.
    handed_on = {"capsule.js": 2, "door.js": 2, "generations.js": 3, "policy.js": 1, "service-worker.js": 4}
    found = {path.name: len(re.findall(r"new Response\(", path.read_text())) for path in DOORS}
    assert {name: count for name, count in found.items() if count} == handed_on
    for path in DOORS:
        for kind in re.findall(r"new Response\(([^,]+), \{([^}]*)", path.read_text()):
            assert "headers" in kind[1], f"{path.name}: {kind}"
