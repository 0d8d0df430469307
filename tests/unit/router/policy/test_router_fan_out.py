"""One request, several slices: joined in order, as the parts come, and never without an answer."""

import pytest
from routerkit import HTML, JSON, SLICES, House


class Parts(House):
    """A house whose home page has four parts, however many the table knows: those of slices that are not there are left out."""

    def __init__(self, *args, **more):
        super().__init__(*args, **{"slices": {name: SLICES[name] for name in NAMES}, **more})


ACCEPT = {"accept": "application/json"}
HTMX = {"hx-request": "true"}
NAMES = ["home", "crypto", "pq", "pool"]


def home(house, headers, **more):
    return house.ask("/app/", "GET", headers=headers, **more)


def part(asked, name):
    return f"{asked.id}/{name}"


def reply(house, asked, name, **more):
    id = part(asked, name)
    return house.reply(house.holder(id), id, **more)


def test_parts_are_asked_for_side_by_side():
    house = Parts(4)
    asked = home(house, HTMX)
    assert {message["worker"] for message in house.dispatched} == {"w1", "w2", "w3", "w4"}
    assert [message["path"] for message in house.dispatched] == [f"/app/{name}/panel" for name in NAMES]
    message = house.dispatched[0]
    assert message["headers"]["accept"] == "text/html" and message["headers"]["hx-request"] == "true"
    assert asked.at + 29000 < message["deadline"] < asked.at + 30000, "parts end a little before the whole"
    assert house.dispatched[3]["context"]["pool"]["state"] == "ready"
    house.settle()


def test_htmx_gets_them_in_order_however_they_come():
    house = Parts(4)
    asked = home(house, HTMX)
    for name in reversed(NAMES):
        assert asked.status is None
        reply(house, asked, name, headers={**HTML, "x-title": "Welcome%20%3C"} if name == "home" else HTML)
    assert asked.status == 200
    assert asked.text() == "<title>Welcome &lt;</title>\n" + "".join(f"[{part(asked, name)}]" for name in NAMES)
    assert asked.headers["x-worker"] == "w1,w2,w3,w4" and asked.headers["x-title"] == "Welcome%20%3C"
    assert asked.headers["content-type"] == "text/html; charset=utf-8"
    house.settle()


def test_a_page_flows_as_its_parts_come():
    house = Parts(4)
    asked = home(house, {})
    reply(house, asked, "crypto")
    assert asked.status is None
    reply(house, asked, "home")
    assert asked.status == 200 and asked.more
    assert asked.text().startswith("<!doctype html>")
    assert asked.text().endswith(f"[{part(asked, 'home')}][{part(asked, 'crypto')}]")
    reply(house, asked, "pool")
    assert asked.text().endswith(f"[{part(asked, 'crypto')}]")
    reply(house, asked, "pq")
    assert asked.text().endswith(f"[{part(asked, 'pq')}][{part(asked, 'pool')}]<!-- main:end --></main></body></html>")
    assert not asked.more and asked.headers["x-worker"] == "w1,w2,w3,w4"
    house.settle()


def test_json_is_joined_too():
    house = Parts(2)
    asked = home(house, ACCEPT)
    assert house.dispatched[0]["headers"]["accept"] == "application/json"
    for name in NAMES:
        reply(house, asked, name, headers=JSON)
    inner = ",".join(f'"{name}":[{part(asked, name)}]' for name in NAMES)
    assert asked.text() == '{"parts":{' + inner + "}}"
    assert asked.headers["content-type"] == "application/json"
    house.settle()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"status": 500}, "status 500"),
        ({"status": 404}, "status 404"),
        ({"headers": {"content-type": "text/plain"}}, "type text/plain"),
        ({"headers": {}}, "type (none)"),
        ({"body": 0}, "empty body"),
        ({"status": "x"}, "with status x"),
    ],
)
def test_a_failed_part_becomes_a_panel_that_says_so(more, words):
    house = Parts(4)
    asked = home(house, HTMX)
    for name in NAMES:
        reply(house, asked, name, **(more if name == "pq" else {}))
    assert asked.status == 200
    text = asked.text()
    assert '<section class="panel error" id="panel-pq" role="alert"' in text and words in text
    assert 'hx-get="app/pq/panel" hx-target="closest .panel" hx-swap="outerHTML"' in text
    assert text.index(f"[{part(asked, 'crypto')}]") < text.index("panel-pq") < text.index(f"[{part(asked, 'pool')}]")
    house.settle()


def test_a_part_that_streams_is_refused():
    house = Parts(4)
    asked = home(house, HTMX)
    worker = house.holder(part(asked, "pq"))
    reply(house, asked, "pq", stream=True, body=0)
    assert house.papers[worker].cancels == [part(asked, "pq")]
    house.let_go(worker, part(asked, "pq"))
    house.serve()
    assert asked.status == 200 and "a stream, where a panel" in asked.text()
    house.settle()


def test_a_late_part_is_replaced_and_the_page_still_comes_in_time():
    house = Parts(4)
    asked = home(house, HTMX, within=4000)
    for name in ("home", "crypto", "pool"):
        reply(house, asked, name)
    house.advance(4000)
    assert asked.status == 200 and asked.answered_at == asked.at + 3750
    assert "panel-pq" in asked.text() and "Worker" in asked.text()
    house.settle()


def test_a_late_part_of_a_page_that_flows():
    house = Parts(4)
    asked = home(house, {}, within=4000)
    reply(house, asked, "home")
    house.advance(3990)
    assert not asked.more and asked.text().count('role="alert"') == 3
    house.settle()


def test_a_failed_first_part_does_not_decide_alone():
    house = Parts(4)
    asked = home(house, {})
    reply(house, asked, "home", status=500)
    assert asked.status is None
    reply(house, asked, "crypto")
    assert asked.status == 200 and asked.more
    house.serve()
    house.settle()


@pytest.mark.parametrize("headers", [{}, HTMX, ACCEPT])
def test_if_all_fail_the_whole_fails(headers):
    house = Parts(4)
    asked = home(house, headers)
    for name in NAMES:
        reply(house, asked, name, status=500)
    assert asked.status == 500
    house.settle()


def test_failed_parts_in_json_are_problems():
    house = Parts(4)
    asked = home(house, ACCEPT)
    reply(house, asked, "home", headers=JSON)
    reply(house, asked, "crypto", headers={"content-type": "application/problem+json"}, status=422)
    reply(house, asked, "pq", headers=HTML)
    worker = house.holder(part(asked, "pool"))
    house.crash(worker)
    house.crash(house.holder(part(asked, "pool")))
    assert asked.status == 200
    body = asked.text().replace(f"[{part(asked, 'home')}]", "{}").replace(f"[{part(asked, 'crypto')}]", "{}")
    import json

    parts = json.loads(body)["parts"]
    assert list(parts) == NAMES
    assert parts["pq"]["status"] == 502 and "text/html" in parts["pq"]["detail"]
    assert parts["pool"]["status"] == 502 and "Two workers" in parts["pool"]["detail"] and parts["pool"]["fault"]
    house.settle()


def test_a_dead_worker_costs_no_part():
    house = Parts(4)
    asked = home(house, HTMX)
    house.crash("w2")
    house.serve()
    assert asked.status == 200 and "alert" not in asked.text()
    house.settle()


def test_a_cancel_ends_all_parts():
    house = Parts(4)
    asked = home(house, {})
    reply(house, asked, "home")
    reply(house, asked, "pool")
    house.cancel(asked.id)
    assert not house.replies, "what was kept for the join is dropped"
    house.serve()
    house.settle()


def test_slices_that_the_manifest_lacks_are_left_out():
    house = Parts(slices={name: SLICES[name] for name in ("home", "pool")})
    asked = home(house, HTMX)
    house.serve()
    assert asked.text().endswith(f"[{part(asked, 'home')}][{part(asked, 'pool')}]")


def test_a_garbage_reply_for_a_part_that_was_joined_takes_nothing_away():
    house = Parts(4)
    asked = home(house, HTMX)
    holder = house.holder(part(asked, "home"))
    reply(house, asked, "home")
    for worker in ("w1", "w2"):
        house.from_worker(worker, "reply", id=part(asked, "home"), status=200, headers={}, stream=False, body_bytes=1)
    assert part(asked, "home") in house.replies, holder
    house.serve()
    assert asked.status == 200
    house.settle()


def test_a_worker_may_ask_for_the_home_page():
    house = Parts(2)
    parent = house.ask("/app/crypto/hash-many")
    worker = house.holder(parent.id)
    child = house.ask_child(worker, parent.id, "/app/", method="GET")
    fragment = house.ask_child(worker, parent.id, "/app/", method="GET", headers={})
    for paper in house.papers.values():
        for id, message in list(paper.work.items()):
            if id != parent.id:
                house.reply(paper.id, id, headers=JSON if message["headers"]["accept"] == "application/json" else HTML)
    assert child.text().startswith('{"parts":{"home":')
    assert fragment.text().startswith("<title>A title</title>")
    house.serve()
    house.settle()


def test_home_while_booting_waits_for_the_first_worker():
    house = Parts(4, boot=False)
    asked = home(house, {})
    house.advance(9000)
    house.ready("w1")
    house.serve()
    assert asked.status == 200 and asked.headers["x-worker"] == "w1"
    house.settle()


def test_home_without_any_worker_is_a_503_in_time():
    house = Parts(4, boot=False)
    asked = home(house, {}, within=3000)
    house.advance(3000)
    assert asked.status == 503 and asked.text().count('role="alert"') == 4
    house.settle()
