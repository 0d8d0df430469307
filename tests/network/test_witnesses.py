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


def test_kli_has_an_identifier_that_its_witnesses_receipt(witnesses, anna):
    logs = [get(f"{witnesses[name].url}oobi/{anna.aid}") for name in anna.witnesses]
    for log in logs:
        assert b'"t":"icp"' in log and f'"i":"{anna.aid}"'.encode() in log and b'"bt":"3"' in log
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(f"{witnesses['wub'].url}oobi/{anna.aid}")


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
