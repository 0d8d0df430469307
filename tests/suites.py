"""`python test.py suites`: every suite of the page, headless in Chromium, with the totals of each.

    python tests/suites.py [--suites NAME,NAME] [--effort quick|standard|full] [--workers 2] [--timeout 60]
                           [--junit FILE] [--json FILE]

Exit status 0 means that every suite was run to its end and nothing failed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent / "browser"))

from conftest import CHROMIUM, FLAGS, fetch, serving, wait_ready
from playwright.sync_api import Page, sync_playwright

PERIOD = 1.0
"""Seconds between two looks at a run."""


def finish(page: Page, id: str, say: Any) -> dict[str, Any]:
    """Wait for the end of a run, saying how far it is; returns it."""
    told = -1
    while True:
        answer = fetch(page, f"app/suites/runs/{id}")
        if answer["status"] == 200:
            run = answer["json"]
            ended = run["passed"] + run["failed"] + run["errors"] + run["skipped"]
            if run["state"] != "running":
                return run
            if ended * 10 // max(1, run["total"]) != told:
                told = ended * 10 // max(1, run["total"])
                say(f"  {ended} of {run['total']}")
        elif answer["status"] not in (502, 503, 504):  # a worker that is being replaced answers again in a moment
            raise SystemExit(f"the run was lost: {answer['text'][:500]}")
        time.sleep(PERIOD)


def main(arguments: list[str]) -> int:
    """Run the suites and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suites", default="", help="names, separated by commas; all when left out")
    parser.add_argument("--effort", default="standard", choices=("quick", "standard", "full"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--timeout", type=int, default=60, help="seconds that one test may take")
    parser.add_argument("--junit", type=Path, help="write JUnit XML of each suite to FILE-SUITE.xml")
    parser.add_argument("--json", type=Path, help="write all runs to a file")
    options = parser.parse_args(arguments)
    site = serving()
    runs = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.goto(f"{next(site)}?workers={options.workers}")
        wait_ready(page)
        known = [suite["name"] for suite in fetch(page, "app/suites")["json"]["suites"]]
        names = [name for name in options.suites.split(",") if name] or known
        for name in names:
            body = {"effort": options.effort, "timeout_s": options.timeout}
            answer = fetch(page, f"app/suites/{name}/runs", "POST", json=body)
            if answer["status"] != 202:
                raise SystemExit(f"{name}: {answer['text'][:500]}")
            print(name, flush=True)
            run = finish(page, answer["json"]["id"], lambda text: print(text, flush=True))
            runs.append((name, run))
            if options.junit:
                xml = fetch(page, f"app/suites/runs/{run['id']}.xml")["text"]
                options.junit.with_name(f"{options.junit.stem}-{name}.xml").write_text(xml)
        browser.close()
    site.close()
    if options.json:
        options.json.write_text(json.dumps(dict(runs), indent=1))
    return report(runs)


def report(runs: list[tuple[str, dict[str, Any]]]) -> int:
    """Print the failures, the reasons of skips, and a line of totals per suite; the exit status."""
    bad = 0
    for name, run in runs:
        for failure in run["failures"]:
            print(f"\n{name}: {failure['outcome']} {failure['id']} ({failure['worker']})\n{failure['message']}")
    print(f"\n{'suite':16}{'total':>7}{'passed':>8}{'failed':>8}{'errors':>8}{'skipped':>9}{'seconds':>9}  at once")
    for name, run in runs:
        good = run["state"] == "done" and not run["failed"] and not run["errors"]
        bad += not good
        rate = run["test_seconds"] / run["seconds"] if run["seconds"] else 0.0
        print(f"{name:16}{run['total']:>7}{run['passed']:>8}{run['failed']:>8}{run['errors']:>8}{run['skipped']:>9}"
              f"{run['seconds']:>9.1f}  {rate:.2f}{'' if good else '   ' + run['state'] + ' ' + run['reason']}")  # fmt: skip
        for note in run["notes"]:
            print(f"    {note}")
        for skip in run["skips"]:
            print(f"    {skip['tests']} skipped: {skip['reason']}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
