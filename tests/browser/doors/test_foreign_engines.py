"""Other sites, in Firefox ESR and WebKitGTK: the main attacks of test_foreign.py. Their service workers see a navigation's
referrer as Chromium's does, and no `Origin` (so the walls do not need it); WebKit never asks ours about another site's frames.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from conftest import ROOT
from foreignkit import BODIES, SEND, other_site
from test_engines import display  # noqa: F401 (fixture)
from walletkit_browser import PASSCODE

HERE = Path(__file__).parents[1] / "engines"
POSTS = [
    "/app/identifiers/{aid}/rotate", "/app/identifiers/{aid}/interact", "/app/identifiers/{aid}/rename", "/app/wallet/autolock",
    "/app/wallet/recovery-key", "/app/wallet/lock", "/app/wallet/unlock", "/app/wallet/delete", "/app/pool/size",
]  # fmt: skip
FILES = ["app/identifiers/{aid}/kel", "app/wallet/backup"]
CALL = """const call = async (path, method = 'GET', body = null) => {
  const headers = {accept: 'application/json', 'content-type': 'application/json'};
  const response = await fetch(path, {method, headers, body: body && JSON.stringify(body)});
  return {status: response.status, ...await response.json()};
};"""
# The app as it is when it has started, with a wallet; gives the identifier.
SETUP = f"""async () => {{ {CALL}
  while (!['ready', 'follower'].includes(document.documentElement.dataset.state)) await new Promise(done => setTimeout(done, 50));
  await call('app/wallet', 'POST', {{name: 'Mine', passcode: '{PASSCODE}'}});
  return (await call('app/identifiers', 'POST', {{alias: 'me'}})).aid;
}}"""
STATE = f"""async () => {{ {CALL}
  const wallet = await call('app/wallet');
  const each = await Promise.all(wallet.identifiers.map(({{aid}}) => call(`app/identifiers/${{aid}}`)));
  return {{exists: wallet.exists, locked: wallet.locked, failures: wallet.failures, autolock: wallet.autolock_s,
    recovery: (await call('app/wallet/backup/reminder')).recovery, workers: (await call('app/pool')).workers.length,
    identifiers: each.map(({{alias, sn, digest, next_digests}}) => [alias, sn, digest, next_digests])}};
}}"""
# A form of our own, sent without htmx: it still does something. Gives what the page says then.
OWN = "() => { const form = document.querySelector('#rename-form'); form.querySelector('[name=alias]').value = 'renamed'; form.submit(); }"


def jobs() -> dict[str, Any]:
    posts = [[pattern.lstrip("/"), BODIES.get(pattern, {"text": "x"})] for pattern in POSTS]
    return {"setup": SETUP, "state": STATE, "send": SEND, "own": OWN, "posts": posts, "files": FILES}


def check(result: dict, ways: int) -> None:
    """Nothing was changed, and each page said why."""
    assert result["before"]["exists"] and not result["before"]["locked"] and len(result["before"]["identifiers"]) == 1
    assert result["after"] == result["before"]
    assert len(result["answers"]) == ways * (len(POSTS) + len(FILES))
    for address, status, text in result["answers"]:
        assert status in (403, None) and "Not from this app" in text, (address, status, text)


def test_firefox(app_url: str, tmp_path: Path) -> None:
    given = tmp_path / "jobs.json"
    given.write_text(json.dumps(jobs()))
    with other_site() as port:
        result = subprocess.run(
            ["node", HERE / "foreign.mjs", app_url, str(port), given], cwd=ROOT / "tests", capture_output=True, text=True, timeout=300
        )
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    check(told, 3)
    assert told["own"]["identifiers"][0][0] == "renamed"


def test_webkit(app_url: str, display: None) -> None:  # noqa: F811
    from selenium import webdriver
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait
    from selenium.webdriver.webkitgtk.options import Options
    from selenium.webdriver.webkitgtk.service import Service

    options = Options()
    options.add_argument("--automation")
    options.binary_location = str(next(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser")))
    driver = webdriver.WebKitGTK(options=options, service=Service("/usr/bin/WebKitWebDriver"))

    def run(program: str) -> Any:
        script = f"const done = arguments[arguments.length - 1]; ({program})().then(done, error => done({{failure: String(error)}}));"
        told = driver.execute_async_script(script)
        assert not (isinstance(told, dict) and "failure" in told), told
        return told

    try:
        driver.set_script_timeout(280)
        driver.get(f"{app_url}?workers=1")
        mine = driver.current_window_handle
        aid = run(SETUP)
        result: dict[str, Any] = {"before": run(STATE), "answers": []}
        driver.switch_to.new_window("tab")
        with other_site() as port:
            for way in ("", "?no-referrer", "?unsafe-url"):
                for address, fields in [*jobs()["posts"], *((file, None) for file in FILES)]:
                    driver.get(f"http://localhost:{port}/app/wallet{way}")
                    what = {"method": "post" if fields else "get", "fields": fields or {"download": "1"}, "target": "_self"}
                    what["action"] = app_url + address.replace("{aid}", aid)
                    driver.execute_script(f"({SEND})({json.dumps(what)});")
                    WebDriverWait(driver, 60).until(lambda driver: driver.current_url.startswith(app_url))
                    text = WebDriverWait(driver, 60).until(lambda driver: driver.find_element(By.TAG_NAME, "body").text)
                    result["answers"].append([address, None, text])
        driver.switch_to.window(mine)
        result["after"] = run(STATE)
        check(result, 3)
    finally:
        driver.quit()
