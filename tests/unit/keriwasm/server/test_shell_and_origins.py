"""The served page is cut from index.html as it is; whose a request is, by what browsers say."""

from __future__ import annotations

from pathlib import Path

import pytest
from keriwasm.server.origins import look
from keriwasm.server.shell import Unmarked, served

from router.policy.http.shell import Shell

INDEX = (Path(__file__).resolve().parents[4] / "index.html").read_text()
HOST = "kiosk.example:8080"
NAVIGATED = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


def test_a_served_page_starts_no_pool_and_leads_nowhere_else() -> None:
    html = served(INDEX, {"home", "crypto", "pool", "verifying"})
    for gone in ("router/tabs/page.js", "router/boot/early.js", 'src="static/page/start.js"', "app/wallet", "app/network", "app/suites"):
        assert gone not in html
    for there in ("static/page/served.js", 'href="app/crypto"', 'href="app/ledger/check"', "answered by a server", "htmx.min.js"):
        assert there in html
    assert not Shell(html, "/sub/").complaints, "the policy can cut it"
    everything = {"home", "wallet", "ledger", "credentials", "crypto", "pq", "load", "suites", "network", "pool"}
    assert 'href="app/ledger"' in served(INDEX, everything) and "app/ledger/check" not in served(INDEX, everything)


@pytest.mark.parametrize("mark", ["router/tabs/page.js", "router/boot/early.js", 'data-network="off"', 'data-state="booting"'])
def test_a_page_without_its_marks_is_not_served(mark: str) -> None:
    with pytest.raises(Unmarked, match="times, not once"):
        served(INDEX.replace(mark, "x"), {"home"})


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        ({}, "own"),  # a program
        ({"origin": f"http://{HOST}"}, "own"),
        ({"origin": f"https://{HOST}"}, "own"),  # a proxy has taken https off
        ({"referer": f"http://{HOST}/sub/app/"}, "own"),
        ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "referer": f"http://{HOST}/sub/app/"}, "own"),
        ({"sec-fetch-site": "same-origin", **NAVIGATED, "referer": f"http://{HOST}/sub/app/"}, "own"),
        ({"sec-fetch-site": "same-origin", **NAVIGATED, "referer": f"http://{HOST}/other/"}, "foreign"),  # another app's folder
        ({"sec-fetch-site": "none", **NAVIGATED}, "unknown"),
        (NAVIGATED, "unknown"),
        ({"sec-fetch-site": "cross-site", **NAVIGATED}, "foreign"),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}, "foreign"),
        ({"origin": "null"}, "foreign"),
        ({"origin": "http://kiosk.example"}, "foreign"),  # another port
        ({"origin": f"http://{HOST}.evil.example"}, "foreign"),
        ({"origin": f"http://{HOST}@evil.example"}, "foreign"),
        ({"origin": f"http://evil.example?{HOST}"}, "foreign"),
        ({"origin": "http://[broken"}, "foreign"),
        ({"origin": f"http://{HOST}", "referer": "http://evil.example/"}, "foreign"),
        ({"sec-fetch-site": "same-origin", "origin": "http://evil.example"}, "foreign"),
    ],
)
def test_whose_it_is(headers: dict[str, str], origin: str) -> None:
    assert look(headers, HOST, "/sub/")["origin"] == origin


def test_frames_are_seen() -> None:
    for kind in ("iframe", "frame", "embed", "object", "fencedframe"):
        assert look({"sec-fetch-dest": kind}, HOST, "/")["framed"] is True
    assert look({"sec-fetch-dest": "document"}, HOST, "/")["framed"] is False
