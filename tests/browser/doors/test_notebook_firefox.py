"""The notebook in Firefox ESR: cells run and stop, and nothing of the app's, of this origin's or of anybody's is in reach."""

from __future__ import annotations

import json
import re
from pathlib import Path

from notebookkit import CHANNEL, HTML_ESCAPES, PATH, WALLS, escapes, listening
from test_engines import firefox

ENDLESS = "x = 41\nprint('first')\nwhile True: pass"


def test_the_notebook_in_firefox(app_url: str, tmp_path: Path) -> None:
    with listening() as (port, came):
        cells = [
            ["value", "6 * 7", 0], ["stopped", ENDLESS, 1], ["kept", "x + 1", 0], ["asks", "input('Name? ') + '!'", 0, "Änne"],
            ["escapes", escapes(app_url), 0], ["html", HTML_ESCAPES % {"port": port}, 0],
        ]  # fmt: skip
        inside = {name: expression for name, (expression, _) in WALLS.items()}
        given = tmp_path / "jobs.json"
        given.write_text(json.dumps({"cells": cells, "inside": inside, "channel": CHANNEL}))
        seen = firefox("notebook.mjs", app_url + PATH, given)
        assert not came()
    shown = seen["cells"]
    assert shown["html"].split() == ["before", "after"]
    assert shown["asks"].split("\n")[:2] == ["Name? Änne", "'Änne!'"]
    assert (shown["value"].strip(), shown["kept"].strip()) == ("42", "42")
    assert shown["stopped"].startswith("first") and "What the cell had done is still there" in shown["stopped"]
    got = json.loads(shown["escapes"])
    assert not {name: what for name, what in got.items() if what.startswith("got")}, got
    assert seen["inside"] == {name: wanted for name, (_, wanted) in WALLS.items()}
    assert seen["heard"] == [] and seen["isolated"]
    # Of what tries to get out, and nothing else.
    assert not [error for error in seen["errors"] if not re.search("Content-Security-Policy|can’t establish a connection", error)]
