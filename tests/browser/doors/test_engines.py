"""The main job in other engines: Debian's Firefox ESR and WebKitGTK."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import blake3
import pytest
from conftest import ROOT
from tablekit import TABLE

from tests.standstill import NotInTime

HERE = Path(__file__).parents[1] / "engines"
QUERY = "?workers=2&faults=1"


def check(result: dict) -> None:
    """What job.js must have seen."""
    print(json.dumps(result, indent=1))
    assert result["state"] == "ready"
    assert result["parts"] == [name for name, _ in next(route.parts for route in TABLE if route.parts)]
    assert result["digest"] == blake3.blake3(b"engine").hexdigest()
    assert result["valid"] is True
    assert result["shared"] is True
    assert result["generations"] == [1, 2]
    assert len(result["workers"]) == 2 and {*result["workers"]} <= {"ready", "busy"}  # busy: it serves, but did not beat for a moment
    assert result["controlled"]


def firefox(script: str, *arguments: str | Path) -> dict:
    """What a script in tests/browser/engines saw in Debian's Firefox ESR: its line of JSON.

    Raises: NotInTime, where it waited in vain; AssertionError with its words for any other end.
    """
    command = ["node", HERE / script, *arguments]
    result = subprocess.run(command, cwd=ROOT / "tests", capture_output=True, text=True, timeout=300)
    if any(words in result.stderr for words in ("waited in vain", "not within", "TimeoutError")):
        raise NotInTime(result.stderr)
    assert result.returncode == 0, result.stderr
    if "no sign of life" in result.stdout:  # a worker that got no processor for seconds, and was replaced
        raise NotInTime(result.stdout)
    return json.loads(result.stdout)


def test_firefox(app_url: str) -> None:
    answer = firefox("firefox.mjs", app_url + QUERY)
    check(answer)
    errors = [error for error in answer["errors"] if "was told to crash" not in error]
    assert not errors, errors


def test_a_hand_in_firefox(app_url: str, tmp_path: Path) -> None:
    """The first five of "Right in the hand", as tests/browser/page/test_hand.py and test_credentials.py have them in Chromium."""
    gone = tmp_path / "gone.txt"
    gone.write_text("here for now")
    seen = firefox("hand.mjs", f"{app_url}?workers=2", gone)
    assert blake3.blake3(b"a\nb").hexdigest() in seen["digest"] and "3 bytes" in seen["digest"]
    assert "cannot be read" in seen["gone"] and "Choose it again" in seen["gone"]
    assert (seen["made"], seen["rotated"], seen["identifiers"]) == (0, 0, [["twice", 1]])
    assert seen["name"] == "می\u200cرود 👩\u200d🚀"
    assert "The holder of this identifier’s current keys signed your words." in seen["challenge"]
    assert not [error for error in seen["errors"] if "status of 400" not in error], seen["errors"]


def test_a_private_window_of_firefox(app_url: str) -> None:
    """All works, a reload too; footer and wallet say that nothing is kept beyond the window."""
    seen = firefox("private.mjs", f"{app_url}?workers=1")
    assert (seen["state"], seen["role"], seen["sn"]) == ("ready", "leader", 0)
    assert "private window: nothing is kept" in seen["note"]
    assert "gone when the last private window is closed" in seen["warning"]
    assert seen["storage"]["private"] is True
    assert (seen["again"]["exists"], seen["again"]["name"], seen["again"]["locked"]) == (True, "Mine", True)
    assert not seen["errors"], seen["errors"]


@pytest.fixture
def display() -> Iterator[None]:
    """A virtual screen, because WebKitGTK's MiniBrowser has no headless mode."""
    if os.environ.get("DISPLAY"):
        yield
        return
    number = next(n for n in range(90, 190) if not Path(f"/tmp/.X11-unix/X{n}").exists())
    screen = subprocess.Popen([shutil.which("Xvfb") or "Xvfb", f":{number}", "-screen", "0", "1280x900x24", "-nolisten", "tcp"])
    os.environ["DISPLAY"] = f":{number}"
    try:
        yield
    finally:
        del os.environ["DISPLAY"]
        screen.terminate()
        screen.wait(10)


def test_webkit(app_url: str, display: None) -> None:
    from selenium import webdriver
    from selenium.webdriver.webkitgtk.options import Options
    from selenium.webdriver.webkitgtk.service import Service

    options = Options()
    options.add_argument("--automation")
    options.binary_location = str(next(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser")))
    driver = webdriver.WebKitGTK(options=options, service=Service("/usr/bin/WebKitWebDriver"))
    try:
        driver.set_script_timeout(280)
        driver.get(app_url + QUERY)
        job = (HERE / "job.js").read_text().strip()
        script = f"const done = arguments[arguments.length - 1]; {job}().then(done, error => done({{failure: String(error)}}));"
        result = driver.execute_async_script(script)
        assert "failure" not in result, result
        check(result)
    finally:
        driver.quit()
