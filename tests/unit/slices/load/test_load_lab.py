"""The load lab without a browser: histogram, settings, points, findings, exports, charts, and a whole run on CPython."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slicekit import Page, get, post, problem
from slices.load.contenders import CONTENDERS, OWN
from slices.load.findings import findings
from slices.load.histogram import Histogram, bucket, middle
from slices.load.lab import Lab
from slices.load.measuring import batch_for
from slices.load.operations import OPERATIONS, looped
from slices.load.pages import charts, view
from slices.load.results import COLUMNS, Target, Window, as_csv, finish, point, ratios
from slices.load.settings import PRESETS, about_seconds, link, preset, sweep
from workerkit import Kit, run, running

ROOT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT))

import loadtest  # noqa: E402

SLICES = {"load": {"module": "slices.load"}}


# ---------------------------------------------------------------- histogram


@given(st.integers(0, 2**60))
def test_a_bucket_is_no_wider_than_a_part_in_128(value: int) -> None:
    assert abs(middle(bucket(value)) - value) <= max(0.5, value / 128)


@given(st.integers(0, 2**60), st.integers(0, 2**60))
def test_buckets_ascend_with_values(a: int, b: int) -> None:
    low, high = sorted((a, b))
    assert bucket(low) <= bucket(high)


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=300), st.floats(0, 100))
def test_percentiles_are_the_exact_ones_within_a_bucket(values: list[int], percent: float) -> None:
    histogram = Histogram()
    histogram.record(values)
    exact = sorted(values)[max(1, math.ceil(len(values) * percent / 100)) - 1]
    assert abs(histogram.percentile(percent) - exact) <= max(1.0, exact / 64)
    assert histogram.percentile(100) <= histogram.high == max(values)


@given(st.lists(st.integers(0, 2**40), max_size=60), st.lists(st.integers(0, 2**40), max_size=60))
def test_merging_is_recording_both_and_travelling_changes_nothing(first: list[int], second: list[int]) -> None:
    both, a, b = Histogram(), Histogram(), Histogram()
    both.record(first + second)
    a.record(first)
    b.record(second)
    a.merge(Histogram.from_json(json.loads(json.dumps(b.as_json()))))
    assert a.as_json() == both.as_json() and a.count == both.count


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(("pool", "counts"), [(1, (1,)), (2, (1, 2)), (3, (1, 2, 3)), (8, (1, 2, 4, 8))])
def test_sweep(pool: int, counts: tuple[int, ...]) -> None:
    assert sweep(pool) == counts


@pytest.mark.parametrize("name", PRESETS)
def test_presets_name_what_there_is(name: str) -> None:
    made = preset(name, 2)
    assert set(made.operations) <= set(OPERATIONS) and set(made.peers) <= set(CONTENDERS)
    assert link(made).startswith("app/load?operations=control,")


def test_the_quick_look_is_planned_for_less_than_half_a_minute() -> None:
    assert about_seconds(preset("quick", 2)) < 28


def test_peers_are_asked_only_for_operations_that_exist() -> None:
    for each in CONTENDERS.values():
        assert set(each.operations) <= set(OPERATIONS)


def test_batches_outlast_the_clocks_step() -> None:
    assert batch_for(1_000_000, 5_000) == 1
    assert batch_for(100, 5_000) * 100 >= 40 * 5_000
    assert batch_for(0.0, 1) <= 1_000_000


def test_an_operation_runs_as_often_as_it_is_told() -> None:
    called: list[int] = []
    looped(called.append, 1)(7)
    assert called == [1] * 7


# ---------------------------------------------------------------- results


def share(ops: int, wall_ms: float, each_ns: int = 1000) -> dict[str, Any]:
    histogram = Histogram()
    histogram.record([each_ns] * ops)
    return {"ops": ops, "wall_ns": wall_ms * 1e6, "late_ms": 0.5, "histogram": histogram.as_json()}


def measured(operation: str, contender: str, workers: int, rates: tuple[int, ...]) -> dict[str, Any]:
    """A point whose windows last a second and have these rates in all."""
    windows = [Window(tuple(share(rate // workers, 1000.0) for _ in range(workers))) for rate in rates]
    return point(Target(operation, contender, workers, 1, windows))


def a_run(points: list[dict[str, Any]], cores: int = 2, **more: Any) -> dict[str, Any]:
    finish(points, cores)
    return {
        "points": points, "ratios": ratios(points), "skipped": [], "jank": None, "environment": {"cores": cores}, **more
    }  # fmt: skip


def test_a_point_is_the_median_of_its_windows() -> None:
    made = measured("ed25519-sign", OWN, 2, (100, 900, 200))
    assert (made["ops_per_s"], made["low_ops_per_s"], made["high_ops_per_s"]) == (200, 100, 900)
    assert made["ops"] == 1200 and made["seconds"] == 3.0 and made["p50_ms"] == 0.001
    assert tuple(made) == COLUMNS


def test_speedup_and_efficiency_count_cores() -> None:
    points = [measured("ed25519-sign", OWN, count, (rate,) * 3) for count, rate in ((1, 1000), (2, 1900), (4, 2000))]
    finish(points, cores=2)
    assert [each["speedup"] for each in points] == [1.0, 1.9, 2.0]
    assert [each["efficiency"] for each in points] == [1.0, 0.95, 1.0]


def test_findings_say_what_the_points_say() -> None:
    points = [
        measured("ed25519-sign", OWN, 1, (1000, 1000, 1000)),
        measured("ed25519-sign", OWN, 4, (1900, 1900, 1900)),
        measured("ed25519-sign", "libsodium.js", 1, (2000, 2000, 2000)),
        measured("ed25519-sign", "noble", 1, (500, 500, 500)),
    ]
    made = a_run(points, skipped=[
        {"operation": "htmx", "contender": "page", "workers": 1, "reason": "no load page was open to run it"}
    ])  # fmt: skip
    assert {(each["contender"], each["ratio"]) for each in made["ratios"]} == {("libsodium.js", 0.5), ("noble", 2.0)}
    said = [each["text"] for each in findings(made)]
    assert said[0] == "4 workers give 1.9x on 2 cores (median of one operation)."
    assert any("more workers than cores" in each for each in said)
    assert any("at or above the fastest peer in 0 of 1" in each for each in said)
    assert any("Ed25519 sign, 0.50 of libsodium.js’s rate" in each for each in said)
    assert any("htmx round trip: no load page was open" in each for each in said)
    assert not any("noisy" in each for each in said)


def test_noise_and_jank_are_told() -> None:
    points = [measured("ed25519-sign", OWN, 1, (1000, 2000, 1000))]
    made = a_run(points, jank={"samples": 10, "p50_ms": 0.1, "p95_ms": 3.0, "max_ms": 250.0})
    said = {each["text"][:20]: each["kind"] for each in findings(made)}
    assert said["1 of 1 points are no"] == "warn" and said["The page was held up"] == "warn"


def test_charts_keep_within_their_frame() -> None:
    points = [measured(name, OWN, count, (rate,) * 3) for name in ("blake3-200", "ml-dsa-65-sign")
              for count, rate in ((1, 100), (2, 260))]  # fmt: skip
    finish(points, cores=2)
    for chart in charts.scaling(points, 2):
        assert all(0 <= dot["x"] <= 260 and 0 <= dot["y"] <= 150 for dot in chart["dots"])
    for chart in (charts.side_by_side(points), charts.latencies(points)):
        assert chart is not None
        assert all(charts.LABELS <= row["to"] <= charts.LABELS + charts.SPAN for row in chart["rows"])
    assert charts.side_by_side([]) is None and charts.latencies([]) is None


def test_csv_has_every_point_in_full() -> None:
    points = [measured("blake3-200", OWN, 1, (123456,) * 3), measured("blake3-200", "noble", 1, (5,) * 3)]
    finish(points, 2)
    rows = list(csv.DictReader(io.StringIO(as_csv(points))))
    assert [{name: row[name] for name in COLUMNS} for row in rows] == [
        {name: "" if each[name] is None else str(each[name]) for name in COLUMNS} for each in points
    ]


# ---------------------------------------------------------------- routes


async def finished(kit: Kit, id: str) -> dict[str, Any]:
    while (made := (await get(kit, f"/app/load/runs/{id}", "application/json")).json)["state"] == "running":
        pass
    return made


def answering(kit: Kit) -> None:
    """Stand in for the router: what the worker asks of itself goes back to its inbox, the answers as well."""

    def route(message: dict[str, Any], body: bytes | None) -> None:
        sent = {name: value for name, value in message.items() if name not in ("v", "body")}
        if message["type"] == "http:request" or (message["type"] == "http:reply" and message["id"].startswith("w1.")):
            kit.worker.inbox.push({"v": 1, **sent}, body or b"")
        elif message["type"] == "http:cancel":
            kit.send("http:cancel", id=message["id"], reason="the test's router")

    kit.host.on_post = route


@run
async def test_a_run_from_start_to_exports() -> None:
    async with running(slices=SLICES) as kit:
        answering(kit)
        listed = (await get(kit, "/app/load", "application/json")).json
        assert [each["name"] for each in listed["operations"]] == list(OPERATIONS)
        started = await post(kit, "/app/load/runs", operations=["control", "blake2b-200"], workers=[1], seconds=0.1)
        assert started.status == 202, started.text
        id = started.json["id"]
        problem(await post(kit, "/app/load/runs", preset="quick"), 409)
        made = await finished(kit, id)
        assert made["state"] == "done", made["error"]
        assert [(each["operation"], each["workers"]) for each in made["points"]] == [("control", 1), ("blake2b-200", 1)]
        assert all(each["ops"] > 0 and each["seconds"] > 0 and each["windows"] == 3 for each in made["points"])

        exported = await get(kit, f"/app/load/runs/{id}.csv", "*/*")
        assert exported.text == as_csv(made["points"]) and "attachment" in exported.headers["content-disposition"]
        assert (await get(kit, f"/app/load/runs/{id}.json", "*/*")).json["points"] == made["points"]
        page = await get(kit, f"/app/load/runs/{id}")
        assert [each["data-value"] for each in Page(page.text).all("td", **{"class": "num"})][1] == str(
            made["points"][0]["ops_per_s"]
        )
        compared = (await get(kit, f"/app/load/compare?a={id}&b={id}", "application/json")).json
        assert [each["ratio"] for each in compared["points"]] == [1.0, 1.0] and compared["alike"] == 2
        problem(await get(kit, f"/app/load/runs/{id}.xml", "application/json"), 404)


@run
async def test_a_first_visit_s_own_work_is_waited_for_or_told() -> None:
    async with running(slices=SLICES) as kit:
        answering(kit)
        looks: list[str] = []

        def pool(state: str | None) -> dict[str, Any]:
            return {"pool": {"workers": [{"id": "w1", "state": "ready"}], "size": 1, "snapshot": {"state": state}}}

        for state, told in ((None, True), ("none", True), ("making", True), ("kept", False), ("used", False), ("off", False)):
            shown = await kit.ask("GET", "/app/load", accept="text/html", context=pool(state))
            assert ('id="load-settling"' in shown.text) == told, state

        asked = {"operations": ["control"], "workers": [1], "seconds": 0.1}
        before = kit.host.on_post

        def route(message: dict[str, Any], body: bytes | None) -> None:
            if message["type"] == "http:request" and message["path"] == "/app/pool":
                looks.append("kept" if looks else "making")
                media = json.dumps({"snapshot": {"state": looks[-1]}}).encode()
                headers = {"content-type": "application/json"}
                kit.send("http:reply", media, id=message["id"], status=200, headers=headers, stream=False)
            else:
                before(message, body)

        kit.host.on_post = route
        started = await kit.ask("POST", "/app/load/runs", json_body=asked, context=pool("making"))
        here = f"/app/load/runs/{started.json['id']}"
        while not (await kit.ask("GET", here, accept="application/json")).json["waiting"]:
            pass  # it ends by itself: the run does not wait for ever
        assert 'id="load-waiting"' in (await kit.ask("GET", here, accept="text/html")).text
        made = await finished(kit, started.json["id"])
        assert looks == ["making", "kept"] and made["state"] == "done" and not made["waiting"]
        assert not any("first visit" in each["text"] for each in made["findings"])
        started = await kit.ask("POST", "/app/load/runs", json_body=asked, context=pool("none"))
        made = await finished(kit, started.json["id"])
        assert "first visit" in made["findings"][0]["text"] and made["findings"][0]["kind"] == "warn"


@run
async def test_a_run_that_wants_nothing_of_the_page_learns_how_its_clock_was() -> None:
    """The page tells with each request for a job; such a run saw one, made before there was anything to tell."""
    nothing, seen = ({"samples": count, "p50_ms": 0.1, "p95_ms": 1.0, "max_ms": 2.0} for count in (0, 40))
    async with running(slices=SLICES) as kit:
        answering(kit)
        id = (await post(kit, "/app/load/runs", operations=["control"], workers=[1], seconds=0.2)).json["id"]
        waits = kit.begin("POST", f"/app/load/runs/{id}/page", body=json.dumps({"result": None, "jank": nothing}).encode(),
                          headers={"content-type": "application/json"})  # fmt: skip
        asked = (await kit.answer(waits, 20.0)).json
        assert asked["job"]["kind"] == "look" and not asked["ended"]
        last = await post(kit, f"/app/load/runs/{id}/page", result={"job": asked["job"]["job"]}, jank=seen)
        assert last.json == {"job": None, "ended": True}
        told = await finished(kit, id)
        assert told["state"] == "done" and told["jank"] == seen
        assert any("responsive" in each["text"] for each in told["findings"])


@run
async def test_cancel_keeps_what_was_measured() -> None:
    async with running(slices=SLICES) as kit:
        answering(kit)
        started = await post(kit, "/app/load/runs", operations=["control", "blake2b-1m"], workers=[1], seconds=30)
        id = started.json["id"]
        assert (await post(kit, f"/app/load/runs/{id}/cancel")).json["state"] == "cancelled"
        assert not kit.worker.shared(Lab).bench.busy or len(kit.worker.inflight) <= 1
        assert (await finished(kit, id))["state"] == "cancelled"
        again = await post(kit, "/app/load/runs", operations=["control"], workers=[1], seconds=0.1)
        assert again.status == 202
        assert (await finished(kit, again.json["id"]))["state"] == "done"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "operations"),
        ({"operations": []}, "operations"),
        ({"operations": ["nothing"]}, "operations"),
        ({"operations": [True]}, "operations"),
        ({"operations": ["control"], "workers": [0]}, "workers"),
        ({"operations": ["control"], "workers": "1,two"}, "workers"),
        ({"operations": ["control"], "workers": [2]}, "workers"),
        ({"operations": ["control"], "seconds": 0}, "seconds"),
        ({"operations": ["control"], "seconds": "soon"}, "seconds"),
        ({"operations": ["control"], "batch": -1}, "batch"),
        ({"operations": ["control"], "payload_bytes": 2**30}, "payload_bytes"),
        ({"operations": ["control"], "peers": ["nobody"]}, "peers"),
        ({"preset": "slow"}, "preset"),
    ],
)
@run
async def test_bad_settings_name_their_field(sent: dict[str, Any], field: str) -> None:
    async with running(slices=SLICES) as kit:
        problem(await post(kit, "/app/load/runs", **sent), 422, field)


@run
async def test_pages_keep_the_rules() -> None:
    async with running(slices=SLICES) as kit:
        for path in ("/app/load", "/app/load?preset=full", "/app/load?operations=control&workers=1&peers=noble", "/app/load/panel"):
            found = Page((await get(kit, path)).text).problems
            assert found == [], path
        answer = await get(kit, "/app/load?operations=nothing")
        assert answer.status == 200 and "there is no operation" in answer.text


def test_numbers_for_people_lose_no_more_than_they_say() -> None:
    assert [view.shown("ops_per_s", each) for each in (2603000.0, 309.4, None)] == ["2,603,000", "309.4", "–"]
    assert [view.shown("p50_ms", each) for each in (0.00081, 0.8008, 31.13)] == ["0.0008", "0.801", "31.1"]


# ---------------------------------------------------------------- peers and the command


def test_peers_are_the_vendored_versions() -> None:
    packages = {each["name"]: each["version"] for each in tomllib.loads((ROOT / "wheels" / "vendor.toml").read_text())["npm"]}
    names = {"libsodium.js": "libsodium-wrappers-sumo", "noble": "@noble/curves", "hash-wasm": "hash-wasm"}
    for name, each in CONTENDERS.items():
        assert each.version == packages[names.get(name, "@oqs/liboqs-js")], name
    host = (ROOT / "workers/lab/peers.js").read_text()
    for path in re.findall(r"'((?:[a-z-]+)/[0-9.]+)(?:/[^']*)?'", host):
        assert (ROOT / "static" / "vendor" / "peers" / path).is_dir(), path


def test_no_worker_and_no_other_page_loads_what_is_the_labs_own() -> None:
    manifest = tomllib.loads((ROOT / "pyscript.toml").read_text())
    loaded = [*manifest["files"], *manifest["packages"], *manifest["router"]["files"]]
    assert not [path for path in loaded if "peers" in path or "lab.js" in path or "load.css" in path]
    assert not [path for path in manifest["app"]["files"] if "vendor/peers" in path]  # nor are peers kept for offline use
    assert "lab.js" not in (ROOT / "index.html").read_text()


@pytest.mark.parametrize(
    ("given", "body"),
    [
        ([], {"preset": "quick"}),
        (["--preset", "full", "--seconds", "1"], {"preset": "full", "seconds": 1.0}),
        (
            ["--operations", "control,htmx", "--workers", "1,2", "--batch", "0"],
            {"operations": "control,htmx", "workers": "1,2", "batch": 0},
        ),
    ],
)
def test_the_commands_settings(given: list[str], body: dict[str, Any]) -> None:
    assert loadtest.settings(loadtest.arguments(given)) == body


@pytest.mark.parametrize("given", [["--workers", "0"], ["--workers", "1,x"], ["--nodes", "2"], ["--preset", "slow"]])
def test_the_command_refuses_what_it_cannot_do(given: list[str]) -> None:
    with pytest.raises(SystemExit):
        loadtest.arguments(given)


def test_nodes_add_up() -> None:
    runs = [a_run([measured("blake3-200", OWN, 1, (rate,) * 3)]) for rate in (100, 250)]
    runs[1]["points"].append(measured("control", OWN, 1, (5,) * 3))
    (merged,) = loadtest.merge(runs)
    assert (merged["ops_per_s"], merged["nodes"], merged["ops"]) == (350, 2, 1050)
    assert "blake3-200" in loadtest.report([{**each, "findings": []} for each in runs])
