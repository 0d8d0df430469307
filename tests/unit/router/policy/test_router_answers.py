"""What every answer carries, and the three shapes it may take."""

import pytest
from routerkit import HTML, SHELL, House

from router.policy.http.shell import Shell
from router.policy.text import percent_decode, percent_encode, tenths

JSON = {"accept": "application/json"}
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def answered(house, headers, reply_headers=HTML, status=200, path="/app/crypto", method="GET", **more):
    asked = house.ask(path, method, headers=headers)
    house.reply(house.holder(asked.id), asked.id, status, reply_headers, **more)
    return asked


def test_a_page_is_wrapped_around_the_fragment():
    house = House()
    asked = answered(house, BROWSER)
    assert asked.text() == (
        '<!doctype html><html><head><base href="/sub/"><title>A title</title></head><body>'
        '<main id="main" data-rendered hx-history-elt tabindex="-1"><!-- main:start -->\n'
        f"[{asked.id}]<!-- main:end --></main></body></html>"
    )
    assert "boot screen" not in asked.text()
    house.settle()


@pytest.mark.parametrize(
    ("headers", "whole"),
    [
        ({}, True),
        ({"accept": "*/*"}, True),
        ({"hx-request": "true"}, False),
        ({"HX-Request": "true"}, False),
        ({"hx-request": "false"}, True),
        ({"hx-history-restore-request": "true"}, True),
        ({"hx-history-restore-request": "true", **BROWSER}, True),
        (JSON, False),
        ({"accept": "text/html, application/json;q=0.1"}, True),
        ({"accept": "application/json, text/html;q=0.9"}, False),
        ({"accept": "application/json;q=0"}, True),
        ({"accept": "application/problem+json"}, False),
    ],
)
def test_who_gets_a_whole_page(headers, whole):
    house = House()
    asked = answered(house, headers)
    assert asked.text().startswith("<!doctype html>") is whole


@pytest.mark.parametrize(
    ("kind", "status", "whole"),
    [
        ("text/html", 200, True),
        ("TEXT/HTML; charset=utf-8", 422, True),
        ("text/html", 500, True),
        ("text/html", 302, False),
        ("application/octet-stream", 200, False),
        ("text/html-not", 200, False),
        ("application/json", 200, False),
    ],
)
def test_only_html_is_wrapped(kind, status, whole):
    house = House()
    asked = answered(house, BROWSER, {"content-type": kind}, status)
    assert asked.status == status
    assert (len(asked.pieces) == 3) is whole


@pytest.mark.parametrize("status", [204, 304])
def test_no_body_where_http_has_none(status):
    assert answered(House(), BROWSER, status=status, body=0).pieces == []


def test_titles_are_decoded_and_then_escaped():
    house = House()
    asked = answered(house, BROWSER, {**HTML, "x-title": "%3C/title%3E%3Cscript%3E %E2%9C%93 &amp;"})
    assert "<title>&lt;/title&gt;&lt;script&gt; ✓ &amp;amp;</title>" in asked.text()
    asked = answered(house, BROWSER, {**HTML, "x-title": "%ff%zz%"})
    assert "<title>%ff%zz%</title>" in asked.text()
    asked = answered(house, BROWSER, {**HTML, "x-title": "x" * 5000})
    assert len(asked.text()) < 1000


def test_every_answer_says_how_long_and_by_whom():
    house = House()
    asked = house.ask("/app/crypto", "GET", headers=JSON)
    worker = house.holder(asked.id)
    house.advance(12)
    house.reply(worker, asked.id, timings={"run": 3.04, "render": 0.26, "commit": 1})
    assert asked.headers["server-timing"] == "queue;dur=0.0, run;dur=3.0, render;dur=0.3, commit;dur=1.0"
    assert asked.headers["x-worker"] == worker
    assert asked.headers["cache-control"] == "no-store"
    assert asked.headers["x-content-type-options"] == "nosniff"
    assert asked.headers["vary"] == "Accept, HX-Request"


def test_run_is_measured_here_if_the_worker_does_not_say():
    house = House()
    asked = house.ask("/app/crypto", "GET")
    worker = house.holder(asked.id)
    house.advance(12)
    house.reply(worker, asked.id, timings={"run": "long", "render": -1})
    assert asked.headers["server-timing"].startswith("queue;dur=0.0, run;dur=12.0, render;dur=0.0")


def test_headers_of_a_reply_that_may_not_pass():
    house = House()
    asked = answered(
        house,
        JSON,
        {
            "Content-Type": "text/plain",
            "content-length": "9999",
            "transfer-encoding": "chunked",
            "set-cookie": "a=b",
            "x-worker": "w99",
            "cache-control": "max-age=3600",
            "vary": "Accept, Origin",
            "content-disposition": 'attachment; filename="a.cesr"',
            "x-bad": "a\r\nset-cookie: b",
            "bad name": "x",
            "x-number": 7,
            "x-object": {},
        },
    )
    assert set(asked.headers) == {
        "content-type",
        "content-disposition",
        "x-number",
        "vary",
        "server-timing",
        "x-worker",
        "cache-control",
        "x-content-type-options",
    }
    assert asked.headers["vary"] == "Accept, HX-Request, Origin"
    assert asked.headers["cache-control"] == "no-store"
    assert asked.headers["x-worker"] == "w1"


@pytest.mark.parametrize("status", [None, 0, 42, 600, "200", 200.5, {}, True])
def test_a_reply_without_a_status_is_a_fault_of_the_worker(status):
    house = House()
    asked = answered(house, JSON, status=status)
    assert asked.status == 502 and asked.json()["fault"].startswith("f-")
    assert any(asked.json()["fault"] in text for _, text in house.logs)
    worker = house.holder(asked.id)
    assert worker is None
    house.advance(10)
    house.settle()


def test_errors_as_problem_json():
    house = House()
    asked = house.ask("/app/<script>", "GET", headers=JSON)
    assert asked.headers["content-type"] == "application/problem+json"
    assert asked.json() == {
        "type": "about:blank",
        "title": "Not found",
        "status": 404,
        "detail": "There is nothing at this address.",
        "instance": "/app/<script>",
    }


def test_errors_as_a_fragment_a_person_can_act_on():
    house = House(1, pool={"max_queue": 1, "window": 1})
    for _ in range(2):
        house.ask("/app/crypto", "GET")
    asked = house.ask('/app/crypto/"><script>alert(1)</script>', "GET", headers={"hx-request": "true"})
    assert "<script>" not in asked.text()
    asked = house.ask("/app/crypto", "GET", query='a="><script>', headers={"hx-request": "true"})
    assert asked.status == 503 and asked.headers["retry-after"] == "1"
    assert asked.headers["content-type"] == "text/html; charset=utf-8"
    text = asked.text()
    assert 'role="alert"' in text and "The queue is full" in text and "Wait a moment" in text
    assert 'hx-get="app/crypto?a=&quot;&gt;&lt;script&gt;"' in text and "<script>" not in text
    asked = house.ask("/app/crypto/hash", headers={"hx-request": "true"})
    assert "hx-get" not in asked.text().split('href="app/"')[0] and "Press the button of the form again" in asked.text()


def test_errors_as_a_page():
    asked = House().ask("/app/nothing", "GET", headers=BROWSER)
    text = asked.text()
    assert text.startswith("<!doctype html>") and text.endswith("</html>") and 'role="alert"' in text
    assert "<title>Not found · KeriWasm</title></head>" in text


@pytest.mark.parametrize(
    ("name", "title"),
    [("Notes", "Not found · Notes"), ("a<b> 漢", "Not found · a&lt;b&gt; 漢"), ("", "Not found"), (None, "Not found"), (7, "Not found")],
)
def test_the_app_is_called_by_the_name_in_its_manifest(name, title):
    house = House(boot=False, name=name)
    for headers in (BROWSER, {"hx-request": "true"}):
        asked = house.ask("/app/nothing", "GET", headers=headers)
        assert f"<title>{title}</title>" in asked.text() and "KeriWasm" not in asked.text().split("</title>")[1]
        assert percent_decode(asked.headers["x-title"]) == title.replace("&lt;", "<").replace("&gt;", ">")


@pytest.mark.parametrize(
    ("shell", "complaint"),
    [
        (None, "no shell"),
        ("", "no shell"),
        (7, "no shell"),
        ("<html>", "lacks"),
        ("<!-- main:end --><!-- main:start -->", "lacks"),
        ("x" * 2_000_000, "characters"),
    ],
)
def test_a_shell_that_cannot_be_cut_still_makes_pages(shell, complaint):
    house = House(shell=shell)
    assert any(complaint in text for level, text in house.logs if level == "warn")
    asked = answered(house, BROWSER)
    assert asked.text().startswith("<!doctype html>") and f"[{asked.id}]" in asked.text()
    assert "<title>A title</title>" in asked.text() and 'href="/sub/"' in asked.text()


def test_the_base_is_escaped():
    shell = Shell(SHELL, '/a"><script>/')
    assert "<script>" not in shell.before("")
    assert shell.before("").startswith('<!doctype html><html><head><base href="/a&quot;&gt;')
    assert "<title>KeriWasm</title>" in shell.before("")


def test_the_real_shell_can_be_cut():
    from pathlib import Path

    html = (Path(__file__).parents[4] / "index.html").read_text(encoding="utf-8")
    shell = Shell(html, "/x/")
    assert shell.complaints == []
    capsule = (Path(__file__).parents[4] / "static/notebook/app/index.html").read_text(encoding="utf-8")
    assert Shell(capsule, "/x/").complaints == []  # its base is absolute
    assert Shell(html.replace("<base", "<bass"), "/x/").complaints == ['the shell lacks <base href="./">']
    page = shell.before("Pool") + "…" + shell.after
    assert '<base href="/x/">' in page and "<title>Pool</title>" in page and '<main id="main" data-rendered' in page


def test_text_helpers():
    assert [tenths(value) for value in (0, -1, 0.04, 0.05, 0.25, 1.95, 30000)] == [
        "0.0",
        "0.0",
        "0.0",
        "0.1",
        "0.3",
        "2.0",
        "30000.0",
    ]
    for text in ("", "a", "Pool · KeriWasm", "100 %", "漢字", "%41"):
        assert percent_decode(percent_encode(text)) == text
    assert percent_decode("%4") == "%4" and percent_decode("%") == "%" and percent_decode("%c3") == "%c3"
