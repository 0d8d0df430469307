"""What the page says, on CPython and, the same file, on the MicroPython that the browser runs."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page import words
from page.places import PARENTS, PLACES

ROOT = Path(__file__).resolve().parents[3]

STATUS = {
    "state": "booting",
    "size": 4,
    "ready": 1,
    "workers": [
        {"id": "w1", "state": "ready", "stage": None, "done": None, "total": None},
        {"id": "w2", "state": "booting", "stage": "import", "done": 20, "total": 40},
        {"id": "w3", "state": "booting", "stage": "fetch", "done": 1, "total": 4},
        {"id": "w4", "state": "booting", "stage": None, "done": None, "total": None},
    ],
    "bytes": {"done": 5 << 20, "total": 20 << 20},
}


def test_boot_screen_of_a_pool_that_starts():
    shown = words.boot(STATUS)
    assert shown["workers"] == [
        ("w1", "ready", "ok"),
        ("w2", "importing modules 20/40", "plain"),
        ("w3", "fetching 25 %", "plain"),
        ("w4", "waiting", "plain"),
    ]
    assert shown["percent"] == 50 * 0.25 + 50 * (1 + 3.5 / 4 + 0.25 / 4 + 0) / 4
    assert shown["text"] == "1 of 4 workers ready; the page can be used. · 5.0 MiB of 20.0 MiB"


def test_boot_screen_tells_why_a_worker_does_not_start():
    workers = [{"id": "w1", "state": "ready"}, {"id": "w2", "state": "dead", "error": "it could not be fetched"}]
    shown = words.boot({"state": "booting", "size": 2, "ready": 1, "workers": workers})
    assert shown["trouble"] == "w2 did not start and tries again: it could not be fetched"
    assert shown["workers"][1] == ("w2", "tries again soon", "bad")


def test_boot_screen_before_anything_is_known():
    assert words.boot({}) == {"percent": None, "text": "Loading the runtime", "trouble": "", "workers": []}


number = st.one_of(st.none(), st.integers(0, 10**9), st.floats(0, 1e9))
worker = st.fixed_dictionaries(
    {},
    optional={
        "id": st.text(max_size=4),
        "state": st.sampled_from(["booting", "ready", "busy", "hung", "dead", "failed", "draining", None]),
        "stage": st.sampled_from(["fetch", "start", "install", "import", "ready", "something new", None]),
        "done": number,
        "total": number,
    },
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "size": st.integers(0, 16),
            "ready": st.integers(0, 16),
            "workers": st.lists(worker, max_size=16),
            "bytes": st.fixed_dictionaries({}, optional={"done": number, "total": number}),
        },
    )
)
def test_boot_screen_takes_any_status(status):
    shown = words.boot(status)
    assert shown["percent"] is None or shown["percent"] >= 0
    # More workers than the size says are possible while a pool shrinks; the bar itself is then clamped by <progress>.
    if len(status.get("workers") or []) <= (status.get("size") or len(status.get("workers") or [])):
        assert shown["percent"] is None or shown["percent"] <= 100.0001
    assert shown["text"] and len(shown["workers"]) == len(status.get("workers") or [])


@pytest.mark.parametrize(
    ("header", "timings"),
    [
        ("queue;dur=0.2, run;dur=1.2", {"queue": 0.2, "run": 1.2}),
        ('run;desc="a, b; dur=9";dur=1.5', {"run": 1.5}),
        ('run;dur="3"', {"run": 3.0}),
        ("miss, db;dur=x, ok;dur=1", {"ok": 1.0}),
        ("", {}),
        (None, {}),
    ],
)
def test_server_timing(header, timings):
    assert words.server_timing(header) == timings


def test_timing_line():
    timings = {"queue": 0.2, "run": 1.2, "render": 0.7}
    assert words.timing_line(timings, ["w3"], 2.14) == "2.1 ms in w3 (queued 0.2, run 1.2, render 0.7)"
    assert words.timing_line(timings, "w1, w2") == "2.1 ms in w1 and w2 (queued 0.2, run 1.2, render 0.7)"
    assert words.timing_line({}, ["w1", "w2", "w3", "w4", "w5"], 1234) == "1.2 s in 5 workers"
    assert words.timing_line({}, []) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "just now"),
        (0, "just now"),
        (3, "3 s ago"),
        (61, "1 min ago"),
        (7300, "2 h ago"),
        (90000, "1 day ago"),
        (200000, "2 days ago"),
    ],
)
def test_ago(seconds, text):
    assert words.ago(1_700_000_000_000, 1_700_000_000_000 + 1000 * seconds) == text


def test_chord():
    chord = words.Chord(PLACES)
    assert chord.press("g", 0) is None and chord.press("p", 900) == ("go", "app/pool")
    assert chord.press("g", 0) is None and chord.press("p", 5000) is None, "the g has gone stale"
    assert chord.press("g", 0) is None and chord.press("?", 10) == "help"
    assert chord.press("p", 20) is None
    assert chord.press("Escape", 30) == "cancel" and chord.press("/", 40) == "focus" and chord.press("t", 50) == "theme"


@pytest.mark.parametrize(
    ("path", "base", "place"),
    [
        ("/", "/", "app/"),
        ("/index.html", "/", "app/"),
        ("/app/", "/", "app/"),
        ("/sub/app/pool", "/sub/", "app/pool"),
        ("/app/pq/kem/ML-KEM-768", "/", "app/pq"),
        ("/app/pool/", "/", "app/pool"),
        ("/elsewhere", "/", None),
    ],
)
def test_current_place(path, base, place):
    assert words.current_place(path, base, PARENTS) == place


def test_banner_and_notes():
    for state, offered in (("failed", True), ("update", True), ("restarting", False), ("offline", False)):
        text, kind, reload_offered = words.banner(state, "because")
        assert text and kind and reload_offered is offered
    assert words.banner("ok", "") == ("", "", False) == words.banner(None, None)
    assert "service worker" in words.browser_note("", False)
    assert words.browser_note("the service worker is starting", True) == "" == words.browser_note(None, True)
    assert words.browser_note("No service worker: denied", True) == "No service worker: denied"
    blocked = words.browser_note("No service worker: denied", True, "The request was denied.")
    assert "nothing is kept" in words.browser_note("", True, "", private=True)
    assert words.browser_note("", True, "denied", private=True) == words.browser_note("", True, "denied")
    assert "blocks site data" in blocked and "(The request was denied)" in blocked and "nothing is kept" in blocked
    text, kind, reload_offered = words.banner("given-up", "router/tabs/own-router.js: slip")
    assert "(router/tabs/own-router.js: slip)" in text and "did not start here" in text and (kind, reload_offered) == ("warn", False)
    themes = [words.next_theme(choice) for choice in ("auto", "light", "dark", "", None)]
    assert themes == ["light", "dark", "auto", "auto", "auto"]
    assert words.chip("ready", 4, 4) == ("4/4", "ok") and words.chip("booting", 0, 0) == ("starting", "plain")
    assert words.chip("degraded", 3, 4) == ("3/4", "warn") and words.chip("failed", 0, 4) == ("stopped", "bad")


MICROPYTHON = """
import { readFileSync } from 'node:fs';
const [mjs, source, status] = process.argv.slice(2);
const { loadMicroPython } = await import(mjs);
const lines = [];
const python = await loadMicroPython({ heapsize: 1 << 20, stdout: line => lines.push(line), linebuffer: true });
python.FS.mkdir('/page');
python.FS.writeFile('/page/words.py', readFileSync(source));
globalThis.given = readFileSync(status, 'utf8');
python.runPython(`
import sys, json, js
sys.path.append('/')
from page import words
chord = words.Chord({'p': 'app/pool'})
print(json.dumps([
    words.boot(json.loads(js.given)), words.server_timing('run;desc="a, b";dur=1.5, x;dur=y'),
    words.timing_line({"queue": 0.2, "run": 1.24}, "w1, w2", 2.14), words.ago(1700000000000, 1700000061000),
    [chord.press('g', 0), chord.press('p', 900), chord.press('?', 901)], words.current_place('/s/app/pool/x', '/s/', {}),
    words.banner('failed', 'x'), words.browser_note('', False), words.next_theme('dark'), words.chip('degraded', 3, 4),
]))
`);
console.log(lines.join('\\n'));
"""


def test_same_words_on_micropython(tmp_path):
    """Every function, on the interpreter that runs it in the page: it lacks more of Python than one remembers."""
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is missing: test.py brings it")
    (interpreter,) = (ROOT / "static" / "micropython").glob("*/micropython.mjs")
    script, status = tmp_path / "run.mjs", tmp_path / "status.json"
    script.write_text(MICROPYTHON)
    status.write_text(json.dumps(STATUS))
    command = [node, script, interpreter, ROOT / "python" / "page" / "words.py", status]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    chord = words.Chord(PLACES)
    here = [
        words.boot(STATUS),
        words.server_timing('run;desc="a, b";dur=1.5, x;dur=y'),
        words.timing_line({"queue": 0.2, "run": 1.24}, "w1, w2", 2.14),
        words.ago(1700000000000, 1700000061000),
        [chord.press("g", 0), chord.press("p", 900), chord.press("?", 901)],
        words.current_place("/s/app/pool/x", "/s/", {}),
        words.banner("failed", "x"),
        words.browser_note("", False),
        words.next_theme("dark"),
        words.chip("degraded", 3, 4),
    ]
    assert json.loads(done.stdout) == json.loads(json.dumps(here))


def test_the_kept_app_in_words():
    assert words.offline_note({}) == ("", "")
    assert words.offline_note({"state": "keeping", "done": 3 << 20, "total": 32 << 20})[0].endswith("3.0 MiB of 32.0 MiB")
    assert words.offline_note({"state": "kept", "size": 32 << 20}) == (
        "Works offline: the whole app (32.0 MiB) is kept in this browser.", "")  # fmt: skip
    assert words.offline_note({"state": "kept"})[0].startswith("Works offline")
    room = {"state": "failed", "name": "QuotaExceededError", "usage": 7 << 20, "quota": 8 << 20}
    assert "no more room (7.0 MiB of 8.0 MiB are used)" in words.offline_note(room)[0]
    assert words.offline_note({"state": "failed", "reason": "x.whl could not be fetched"}) == (
        "Not kept for offline use: x.whl could not be fetched.", "Try again")  # fmt: skip
    assert words.offline_note({"state": "ask"})[1] == "Keep it"
    assert words.offline_note({"state": "kept", "trouble": "a is damaged"}) == ("a is damaged", "")
    for state in ("dev", "off"):
        assert words.offline_note({"state": state})[0] and not words.offline_note({"state": state})[1]


def test_a_tab_says_whose_pool_it_uses():
    assert words.role_note("leader", False) == words.role_note(None, False) == ""
    assert "another tab" in words.role_note("follower", False)
    assert "no effect" in words.role_note("follower", True)
    for state in ("takeover", "robbed", "retired"):
        text, kind, reload_offered = words.banner(state, "Because.")
        assert text and kind and not reload_offered
    assert "Granted" in words.persistence(True) and "backup" in words.persistence(False)


def test_what_cannot_be_sent_is_told_before():
    assert words.too_large(1, 64 << 20, 64 << 20) == "" == words.too_large(0, 0, 64 << 20)
    assert words.too_large(1, (64 << 20) + 1, 64 << 20).startswith("This file is larger than 64.0 MiB")
    assert words.too_large(3, (64 << 20) + 1, 64 << 20).startswith("These files together are larger")
    assert "is a folder" in words.folder("holiday")


def test_a_line_is_put_into_a_text_and_taken_out() -> None:
    assert words.with_line("", "b", True) == "b"
    assert words.with_line("a\n\n b \nc\n", "b", True) == "a\nc\nb"
    assert words.with_line("a\nb\nc", "b", False) == "a\nc" and words.with_line("b", "b", False) == ""
