"""The bench itself: six real witnesses answer with their own OOBIs, `kli` works with them, and one can be stopped and ended."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request

import pytest
import witnesses as kit


def get(url: str, seconds: float = 20) -> bytes:
    request = urllib.request.Request(url, headers={"Origin": "http://127.0.0.1:8000"})
    with urllib.request.urlopen(request, timeout=seconds) as answer:
        assert answer.headers["Content-Type"] == "application/json+cesr"
        assert answer.headers["Access-Control-Allow-Origin"] == "*", "a page could not ask it"
        return bytes(answer.read())


def test_every_witness_tells_who_and_where_it_is(witnesses):
    for name, witness in witnesses.items():
        stream = get(witness.oobi)
        first = json.loads(stream[: stream.index(b"}-") + 1])
        assert (first["t"], first["i"]) == ("icp", kit.AIDS[name])
        assert f'"url":"{witness.url}"'.encode() in stream and b'"r":"/loc/scheme"' in stream


def test_kli_makes_an_identifier_that_all_witnesses_receipt(witnesses):
    said = witnesses.introduce("bob")
    assert all(f"{witness.oobi} succeeded" in said for witness in witnesses.values()), said
    wits = [part for witness in witnesses.values() for part in ("--wits", witness.aid)]
    made = witnesses.kli(
        *("incept", "--name", "bob", "--alias", "bob", "--icount", "1", "--isith", "1", "--ncount", "1", "--nsith", "1"),
        *(*wits, "--toad", "6", "--transferable", "--receipt-endpoint"),
    )
    aid = next(word for word in made.split() if word.startswith("E") and len(word) == 44)
    logs = {get(f"{witness.url}oobi/{aid}") for witness in witnesses.values()}
    assert len(logs) == len(witnesses), "each tells its own way to it"
    for log in logs:
        assert b'"t":"icp"' in log and f'"i":"{aid}"'.encode() in log and b'"bt":"6"' in log


def test_a_stopped_witness_says_nothing_and_a_killed_one_refuses(witnesses):
    witnesses["wes"].stop()
    try:
        with pytest.raises((TimeoutError, socket.timeout)):
            get(witnesses["wes"].oobi, seconds=0.5)
    finally:
        witnesses["wes"].go_on()
    witnesses["wes"].wait()
    witnesses["wub"].kill()
    with pytest.raises(urllib.error.URLError):
        get(witnesses["wub"].oobi)
    witnesses["wub"].start()
    witnesses["wub"].wait()
