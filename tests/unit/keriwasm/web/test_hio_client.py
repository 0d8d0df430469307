"""hio's client over the outside: what keripy sees of it is what it sees of hio's own, and it always comes to an end."""

from __future__ import annotations

import email
import http.server
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from hio.base import doing
from hio.core import http as hio_http
from hio.help import Hict
from keriwasm.web.hio_client import Client, Outgoing, Purpose
from keriwasm.web.outside import Answer, Request
from outsidekit import FakeOutside, answer

HIO = hio_http.clienting.Client


class Doist:
    """Takes what lingers."""

    def __init__(self) -> None:
        self.doers: list[doing.Doer] = []

    def extend(self, doers: list[doing.Doer]) -> None:
        self.doers += doers


@pytest.fixture
def outside() -> Iterator[FakeOutside]:
    yield FakeOutside()
    assert hio_http.clienting.Client is HIO, "hio's own stands there when nothing of ours runs"


@pytest.fixture
def doist() -> Doist:
    return Doist()


def net(outside: FakeOutside, doist: Doist | None = None) -> Outgoing:
    return Outgoing(SimpleNamespace(outside=outside, doist=doist or Doist()))


PURPOSE = Purpose("keripy", "x")


def made(outside: FakeOutside, doist: Doist, *args: Any, purpose: Purpose = PURPOSE, **kwa: Any) -> Client:
    """A client as keripy makes it."""

    def steps():
        return hio_http.clienting.Client(*args, **kwa)
        yield

    return ended(net(outside, doist).within(purpose, steps()))


def ended(steps: Any) -> Any:
    with pytest.raises(StopIteration) as stop:
        next(steps)
    return stop.value.value


def sent(outside: FakeOutside) -> list[str]:
    return [ticket.request.body.decode() for ticket in outside.tickets]


def test_one_at_a_time_in_order_and_one_answer_each(outside, doist):
    client = made(outside, doist, "127.0.0.1", 5642)
    for body in (b"1", b"2", b"3"):
        client.request("POST", "/", body=body)
    assert sent(outside) == ["1"] and len(client.requests) == 2, "the first begins at once, the others wait"
    for number in range(3):
        assert len(client.responses) == number
        outside.tickets[number].answer = answer(204, b"%d" % number)
        assert [bytes(each["body"]) for each in client.responses] == [b"%d" % n for n in range(number + 1)]
    assert sent(outside) == ["1", "2", "3"] and not client.requests
    assert [client.respond().status for _ in range(3)] == [204] * 3 and client.respond() is None


def test_what_nobody_answered_is_an_answer(outside, doist):
    client = made(outside, doist, "127.0.0.1", 5642)
    client.request("GET", "/oobi")
    outside.tickets[0].answer = Answer(599, [], b"No answer came in time.", "No answer came in time.", "late")
    got = client.respond()
    assert (got.status, bytes(got.body), got.errored, got.error) == (
        *(599, b"No answer came in time.", True, "No answer came in time."),
    )
    assert got.headers["Content-Type"] == "" and got.request["path"] == "/oobi"


def test_a_closed_client_still_sends_what_changes_something(outside, doist):
    client = made(outside, doist, "127.0.0.1", 5642)
    client.request("POST", "/", body=b"icp")
    client.request("GET", "/oobi", body=b"read")
    client.request("PUT", "/", body=b"rot")
    client.close()
    assert not outside.tickets[0].cancelled and len(doist.doers) == 1
    doer = doist.doers[0]
    assert doer.transient and not doer.recur(0.0)
    outside.tickets[0].answer = answer(204)
    assert not doer.recur(0.0) and sent(outside) == ["icp", "rot"], "what only wanted to read is not sent any more"
    outside.tickets[1].answer = answer(204)
    assert doer.recur(0.0)


def test_a_closed_client_cancels_what_it_reads(outside, doist):
    client = made(outside, doist, "127.0.0.1", 5642)
    client.request("GET", "/oobi")
    client.close()
    assert outside.tickets[0].cancelled
    idle = made(outside, doist, "127.0.0.1", 5642)
    idle.close()
    assert all(doer.recur(0.0) for doer in doist.doers), "nothing is left to wait for"


def test_every_client_knows_what_it_is_for(outside, doist):
    def asking(name):
        for number in range(2):
            client = hio_http.clienting.Client("127.0.0.1", 5642)
            client.request("GET", f"/{name}{number}")
            yield name
        return f"{name} ended"

    out = net(outside, doist)
    one = out.within(Purpose("wallet", "to collect receipts", 3.0, 5000), asking("a"))
    other = out.within(Purpose("ledger", "to resolve the OOBI you pasted"), asking("b"))
    for _ in range(2):
        assert (next(one), next(other)) == ("a", "b")
        assert hio_http.clienting.Client is HIO
    assert ended(one) == "a ended"
    told = {ticket.request.url[-2:]: ticket.request for ticket in outside.tickets}
    assert (told["a1"].who, told["a1"].reason, told["a1"].deadline, told["a1"].limit) == (
        *("wallet", "to collect receipts", 3.0, 5000),
    )
    assert {told["b0"].who, told["b1"].who} == {"ledger"}


def test_doers_of_keripy_have_a_purpose_too(outside, doist):
    seen = []

    def asking(tymth=None, tock=0.0, **_):
        for number in range(2):
            hio_http.clienting.Client("127.0.0.1", 5642).request("GET", f"/{number}")
            yield tock
        seen.append(hio_http.clienting.Client is HIO)
        return True

    doer = net(outside, doist).doer(Purpose("ledger", "to ask"), [doing.doify(asking)])
    running = doing.Doist(tock=0.01, doers=[doer])
    running.enter()
    while not doer.done:
        assert hio_http.clienting.Client is HIO
        running.recur()
    assert [ticket.request.who for ticket in outside.tickets] == ["ledger", "ledger"] and seen == [False]


def test_a_generator_within_is_closed_and_thrown_into_as_any(outside):
    seen = []

    def steps():
        try:
            got = yield "first"
            seen.append(got)
            yield "second"
        except ValueError:
            seen.append(out._purpose.who)
            yield "mended"
        finally:
            seen.append(f"closed for {out._purpose.who}")

    out = net(outside)
    run = out.within(Purpose("wallet", "x"), steps())
    assert (next(run), run.send(5), run.throw(ValueError())) == ("first", "second", "mended")
    run.close()
    assert seen == [5, "wallet", "closed for wallet"] and out._purpose is None


@pytest.mark.parametrize(
    ("place", "path", "qargs", "url"),
    [
        (("w.example", 80), "/oobi?name=Anna", None, "http://w.example:80/oobi?name=Anna"),
        (("w.example", None, "https"), "/oobi?", None, "https://w.example/oobi"),
        (("w.example", None, "HTTPS"), "log", {"pre": "E a"}, "https://w.example/log?pre=E+a"),
        (("::1", 5642), "/log?pre=E", {"s": "1f"}, "http://[::1]:5642/log?pre=E&s=1f"),
        (("x", 1, "http", "https://w.example/base/?a=b"), None, None, "https://w.example:1/base/"),
    ],
)
def test_addresses(outside, doist, place, path, qargs, url):
    made(outside, doist, *place).request("GET", path, qargs=qargs)
    assert outside.tickets[0].request.url == url


def test_a_mailbox_brings_events_and_no_answer(outside, doist):
    client = made(outside, doist, "127.0.0.1", 5642)
    stream = b"retry: 5000\n\nid: 0\nevent: /receipt\ndata: {}\n\nid: 1\nevent: /credential\ndata: a\ndata: b\n\nid: 2\nevent: /cut"
    client.request("POST", "/")
    outside.tickets[0].answer = answer(200, stream, "text/event-stream")
    assert not client.responses and not client.waited
    assert [(each["id"], each["name"], each["data"]) for each in client.events] == [
        ("0", "/receipt", "{}"), ("1", "/credential", "a\nb"),
    ]  # fmt: skip
    for bad in (b"data: " + b"x" * (1 << 17) + b"\n\n", b"id: \xff\n\n"):
        client.request("POST", "/")
        outside.tickets[-1].answer = answer(200, bad, "text/event-stream; charset=utf-8")
        assert client.respond().status == 599 and len(client.events) == 2
    client.request("POST", "/")
    outside.tickets[-1].answer = answer(503, stream, "text/event-stream")
    assert client.respond().status == 503


def test_a_form_is_hio_s_own_and_json_is_refused_by_name(outside, doist):
    made(outside, doist).request("POST", "/aids", headers={"Content-Type": "multipart/form-data"}, fargs={"kel": "x\r\ny", "delkel": "z"})
    sent = outside.tickets[-1].request
    read = email.message_from_bytes(f"Content-Type: {dict(sent.headers)['content-type']}\r\n\r\n".encode() + sent.body)
    assert [(each.get_param("name", header="content-disposition"), each.get_payload()) for each in read.get_payload()] == [
        ("kel", "x\r\ny"),
        ("delkel", "z"),
    ]
    with pytest.raises(ValueError, match="data"):
        made(outside, doist).request("POST", "/", data={"kel": "x"})


def test_what_is_known_is_not_sent(outside, doist):
    heard = []
    known = {"/k": answer(200, b"k")}
    purpose = Purpose("x", "y", heard=lambda *told: heard.append(told), known=lambda each: known.get(each["path"]))
    client = made(outside, doist, purpose=purpose)
    for path in ("/a", "/k", "/b"):
        client.request("POST", path)
    assert [each.request.url[-2:] for each in outside.tickets] == ["/a"]
    outside.tickets[0].answer = answer(200, b"a")
    assert bytes(client.respond().body) == b"a" and bytes(client.respond().body) == b"k"
    outside.tickets[1].answer = answer(200, b"b")
    assert bytes(client.respond().body) == b"b" and len(heard) == 2


# -- beside hio's own -------------------------------------------------------------------------------------------------


class Echo(http.server.BaseHTTPRequestHandler):
    """Notes what came, answers by the path."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[tuple]] = []

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = {name.lower(): value for name, value in self.headers.items()}
        kept = {name: told[name] for name in ("content-type", "content-length", "cesr-attachment", "cesr-destination") if name in told}
        if not body:
            kept.pop("content-length", None)  # one client says 0, another nothing
        Echo.seen.append((self.command, self.path, kept, body))
        status = 404 if "missing" in self.path else 200
        text = b"" if "empty" in self.path else b"echo:" + body
        self.send_response(status)
        self.send_header("Content-Type", "application/json+cesr")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def fetch(request: Request) -> Answer:
    """The outside, by Python's own client."""
    asked = urllib.request.Request(request.url, request.body or None, dict(request.headers), method=request.method)
    try:
        with urllib.request.urlopen(asked, timeout=60) as got:
            return Answer(got.status, list(got.headers.items()), got.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, list(error.headers.items()), error.read())


ATTACHED = Hict(
    [
        ("Content-Type", "application/cesr+json"),
        ("Content-Length", 7),
        ("CESR-ATTACHMENT", bytearray(b"-VAX-AAB")),
        ("CESR-DESTINATION", "BABC"),
    ]
)
REQUESTS = [
    {"method": "GET", "path": "/oobi/EAbc/witness?name=Anna"},
    {"method": "GET", "path": "/log?pre=EAbc&s=1f"},
    {"method": "GET", "path": "/missing"},
    {"method": "POST", "path": "/", "headers": ATTACHED, "body": b'{"v":1}'},
    {"method": "PUT", "path": "/empty", "headers": {"Content-Type": "application/cesr+json"}, "body": bytearray(b"stream")},
    {"method": "POST", "path": "/text", "headers": {"Content-Type": b"text/plain"}, "body": "caf\xe9"},
]


def play(make: Any, port: int) -> tuple[list, list]:
    """What a server sees of these requests through a client in a ClientDoer, and what keripy would see of its answers."""
    Echo.seen = []
    client = make(scheme="http", hostname="127.0.0.1", port=port, portOptional=True)
    for request in REQUESTS:
        client.request(**request)
    doer = hio_http.clienting.ClientDoer(client=client)
    answers: list = []

    def collect(tymth=None, tock=0.0, **_):
        yield tock
        while len(answers) < len(REQUESTS):
            if client.responses:
                got = client.respond()
                answers.append((got.status, got.headers["content-TYPE"], bytes(got.body), type(got.body), got.request["method"]))
            yield tock

    doist = doing.Doist(tock=0.01, real=True, doers=[doer, doing.doify(collect)])
    doist.enter()
    ends = time.monotonic() + 60
    while len(answers) < len(REQUESTS) and time.monotonic() < ends:
        doist.recur()
        time.sleep(0.001)
    doist.exit()
    return Echo.seen, answers


def test_a_server_and_keripy_see_the_same_as_with_hios_own(outside, doist, port):
    outside.serve = fetch
    own = play(HIO, port)
    assert len(own[0]) == len(own[1]) == len(REQUESTS)
    assert play(partial(made, outside, doist), port) == own
