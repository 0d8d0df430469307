"""hio's and keripy's own servers and clients, unmodified, over sockets of this worker (python/standins/loopback.py)."""

import falcon
import loopback
import pytest
from hio.base import doing, tyming
from hio.core import http, tcp
from hio.help import decking
from keri.app import directing, habbing


@pytest.fixture(autouse=True)
def sockets():
    """Under Pyodide they are in place as soon as keripy is imported; anywhere else for the length of a test."""
    import socket

    before = socket.socket, socket.SocketType, socket.socketpair
    loopback.install()
    yield
    socket.socket, socket.SocketType, socket.socketpair = before
    assert not loopback._bound, "every socket was closed"


def test_tcp():
    server = tcp.Server(host="127.0.0.1", port=56_101, bufsize=1 << 14)
    assert server.reopen() and server.ha == ("127.0.0.1", 56_101)
    client = tcp.Client(host="127.0.0.1", port=56_101, bufsize=1 << 14)
    assert client.reopen()
    while not (client.connected and client.ca in server.ixes):
        client.serviceConnect()
        server.serviceConnects()
    incomer = server.ixes[client.ca]
    large = bytes(range(256)) * 2000
    client.tx(large)
    while len(incomer.rxbs) < len(large):
        client.serviceSends()
        server.serviceReceivesAllIx()
    assert bytes(incomer.rxbs) == large
    incomer.tx(b"thanks")
    while bytes(client.rxbs) != b"thanks":
        server.serviceSendsAllIx()
        client.serviceReceives()
    client.close()
    while not incomer.cutoff:
        server.serviceReceivesAllIx()
    server.close()


def test_the_world_is_out_of_reach():
    client = tcp.Client(host="192.0.2.1", port=80)
    client.reopen()
    assert not client.serviceConnect()
    with pytest.raises(OSError, match="no network sockets"):
        client.cs.connect(client.ha)
    client.close()


def test_http():
    class Echo:
        def on_post(self, req, rep):
            rep.media = {"said": req.bounded_stream.read().decode(), "path": req.path}

    app = falcon.App()
    app.add_route("/echo", Echo())
    tymist = tyming.Tymist(tyme=0.0)
    server = http.Server(host="127.0.0.1", port=56_102, app=app, tymth=tymist.tymen())
    assert server.reopen()
    client = http.Client(hostname="127.0.0.1", port=56_102, tymth=tymist.tymen())
    assert client.reopen()
    client.request(method="POST", path="/echo", body=b"hello " * 20_000)
    for _ in range(2000):
        client.service()
        server.service()
        tymist.tick(tock=0.01)
        if client.responses:
            break
    answer = client.respond()
    assert answer.status == 200
    assert b'"path": "/echo"' in bytes(answer.body) and len(answer.body) > 120_000
    client.close()
    server.close()


def test_two_controllers_in_direct_mode():
    """Directors and reactants of keripy: each learns the other's log over TCP, and receipts it."""
    with habbing.openHby(name="sam", base="test") as sams, habbing.openHby(name="eve", base="test") as eves:
        sam, eve = sams.makeHab(name="sam"), eves.makeHab(name="eve")
        client = tcp.Client(host="127.0.0.1", port=56_103)
        server = tcp.Server(host="127.0.0.1", port=56_103)
        doers = [
            tcp.ClientDoer(client=client),
            directing.Reactor(hab=sam, client=client),
            tcp.ServerDoer(server=server),
            directing.Directant(hab=eve, server=server),
        ]
        client.tx(bytes(sam.makeOwnInception()))
        doist = doing.Doist(tock=0.03125, limit=2.0, doers=decking.Deck(doers), real=False)
        doist.do()
        assert sam.pre in eve.kevers and eve.pre in sam.kevers
        assert eve.kevers[sam.pre].sn == 0
        assert sams.db.getVrcs(_key(sam)), "eve's receipt came back"


def _key(hab):
    from keri.db.dbing import dgKey

    return dgKey(hab.pre.encode(), hab.kever.serder.saidb)
