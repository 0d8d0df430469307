"""The table: what is at an address, for whom, and what is not."""

import pytest
from routerkit import SLICES, House
from tablekit import TABLE

from router.policy.routes import Route
from router.policy.routing import Table

JSON = {"accept": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "pattern", "params"),
    [
        ("GET", "/app/", "/app/", {}),
        ("GET", "/app", "/app/", {}),
        ("HEAD", "/app/pool", "/app/pool", {}),
        ("GET", "/app/pool/panel", "/app/pool/panel", {}),
        ("GET", "/app/load/panel", "/app/load/panel", {}),
        ("POST", "/app/pq/kem/ML-KEM-768/encaps", "/app/pq/kem/{alg}/encaps", {"alg": "ML-KEM-768"}),
        ("POST", "/app/pq/sig/a%20b/verify", "/app/pq/sig/{alg}/verify", {"alg": "a%20b"}),
        ("POST", "/app/faults/w2", "/app/faults/{worker}", {"worker": "w2"}),
        ("POST", "/app/crypto/hash-many", "/app/crypto/hash-many", {}),
    ],
)
def test_match(method, path, pattern, params):
    route, found, allowed = Table(TABLE).match(method, path)
    assert route.pattern == pattern and found == params and allowed == []


@pytest.mark.parametrize(
    "path",
    [
        "/app/nothing",
        "/app/crypto/hash/more",
        "/app//panel",
        "/app/pq/kem//encaps",
        "/application",
        "/",
        "",
        "app/pool",
        "/app/pool/size/",
        "/app/identifiers/E%2Fkel",  # the worker would decode it and give the file, which is guarded, to any page
        "/app/identifiers/E%2fkel",
        "/app/ledger/%2F",
    ],
)
def test_nothing_there(path):
    house = House()
    assert house.ask(path, "GET", headers=JSON).status in (404, 405)
    house.settle()


def test_a_literal_wins_over_a_parameter_and_methods_do_not_shadow_each_other():
    table = Table(
        [
            Route("GET", "/app/a/{x}", slice="s"),
            Route("POST", "/app/a/b", slice="s"),
            Route("GET", "/app/{y}/b", slice="s"),
        ]
    )
    assert table.match("GET", "/app/a/b")[0].pattern == "/app/a/{x}"
    assert table.match("POST", "/app/a/b")[0].pattern == "/app/a/b"
    assert table.match("GET", "/app/c/b")[1] == {"y": "c"}
    assert table.match("PUT", "/app/a/b")[2] == ["GET", "HEAD", "OPTIONS", "POST"]


def test_a_route_is_there_only_once():
    with pytest.raises(ValueError, match="two routes"):
        Table([Route("GET", "/app/{a}", slice="s"), Route("GET", "/app/{b}", slice="s")])


def test_wrong_method_names_the_right_ones():
    house = House()
    asked = house.ask("/app/crypto/box/seal", "DELETE", headers=JSON)
    assert asked.status == 405
    assert asked.headers["allow"] == "OPTIONS, POST"
    assert asked.json()["allow"] == ["OPTIONS", "POST"]
    assert asked.headers["content-type"] == "application/problem+json"


def test_options():
    house = House()
    asked = house.ask("/app/pool", "OPTIONS")
    assert asked.status == 204 and asked.headers["allow"] == "GET, HEAD, OPTIONS" and asked.pieces == []
    house.settle()


def test_head_is_get_without_a_body():
    house = House()
    asked = house.ask("/app/crypto", "HEAD", headers={"accept": "text/html"})
    assert house.dispatched[-1]["method"] == "GET"
    house.serve()
    assert asked.status == 200 and asked.pieces == [] and asked.headers["content-type"].startswith("text/html")
    assert house.ask("/app/nothing", "HEAD").pieces == []
    assert house.ask("/app/pool", "HEAD", headers=JSON).pieces == []
    house.settle()


def test_head_of_a_stream_ends_it():
    house = House()
    asked = house.ask("/app/pool/events", "HEAD")
    worker = house.holder(asked.id)
    house.reply(worker, asked.id, headers={"content-type": "text/event-stream"}, stream=True, body=0)
    assert asked.status == 200 and not asked.streaming
    assert house.papers[worker].messages[-1]["type"] == "http:cancel"
    house.let_go(worker, asked.id)
    house.settle()


def test_a_slice_that_the_manifest_lacks_is_not_there():
    house = House(slices={name: SLICES[name] for name in ("home", "pool")})
    asked = house.ask("/app/crypto/hash", headers=JSON)
    assert asked.status == 404 and "nothing at this address" in asked.json()["detail"]
    assert house.ask("/app/wallet/panel", "GET").status == 404


def test_faults_are_not_there_unless_enabled():
    assert House(faults=False).ask("/app/faults/w1", headers=JSON).status == 404
    house = House(faults=True)
    asked = house.ask("/app/faults/w1")
    assert asked.status is None and house.dispatched[-1]["faults"] is True
    assert house.dispatched[-1]["worker"] == "w2", "a fault is not ordered by the worker it is aimed at"


def test_a_trailing_slash_is_taken_as_none():
    house = House()
    house.ask("/app/crypto/hash/")
    assert house.dispatched[-1]["path"] == "/app/crypto/hash"


def test_a_pinned_slice_runs_on_the_first_worker_alone():
    house = House(4)
    for _ in range(8):
        house.ask("/app/wallet/panel", "GET")
    assert {message["worker"] for message in house.dispatched} == {"w1"}
    house.serve()
    house.settle()


def test_addresses_and_queries_have_an_end():
    house = House()
    assert house.ask("/app/" + "x" * 5000, "GET", headers=JSON).status == 414
    assert house.ask("/app/crypto", "GET", query="x" * 70000, headers=JSON).status == 414
    assert house.ask("/app/crypto", "GET", query="x" * 60000, headers=JSON).status is None


def test_a_body_that_is_too_large():
    house = House(pool={"max_body_bytes": 1000})
    assert house.ask(size=1000).status is None
    asked = house.ask(size=1001, headers=JSON)
    assert asked.status == 413 and asked.json()["limit_bytes"] == 1000
    house.serve()
    house.settle()


@pytest.mark.parametrize(
    ("path", "heavy"),
    [
        ("/app/pq/kem/ML-KEM-768/keypair", False),
        ("/app/pq/kem/Classic-McEliece-6688128/keypair", True),
        ("/app/pq/kem/Classic-McEliece-6688128/decaps", False),
        ("/app/pq/sig/SLH_DSA_PURE_SHA2_128S/sign", True),
        ("/app/pq/sig/SLH_DSA_PURE_SHA2_128S/verify", False),
        ("/app/pq/sig/ML-DSA-65/sign", False),
        ("/app/pq/sig/XMSS-SHA2_10_256/keypair", True),
        ("/app/crypto/argon2id", True),
        ("/app/crypto/hash", False),
    ],
)
def test_what_does_not_give_way(path, heavy):
    route, params, _ = Table(TABLE).match("POST", path)
    assert route.cost(params, 0)[0] is heavy
    assert (route.cost(params, 0)[1] > 0) is heavy
    assert route.cost(params, 50_000_000)[1] >= 10_000, "a large body takes its time"
