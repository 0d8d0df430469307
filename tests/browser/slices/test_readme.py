"""The README's example slice works as it stands there."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from conftest import ROOT, Watched, content, fetch, wait_ready
from playwright.sync_api import BrowserContext, Page

sys.path.insert(0, str(ROOT / "wheels"))

from vendoring import filelists


def test_example_slice(broken: Callable[..., str], context: BrowserContext, watch: Callable[[Page], Watched]) -> None:
    section = (ROOT / "README.md").read_text().split("## Add a slice")[1].split("\n## ")[0]
    code, template, route, slices, command = re.findall(r"```\w+\n(.*?)```", section, re.S)

    def add(path: Path) -> None:
        root = path.parent
        (root / "python/slices/hello").mkdir()
        (root / "python/slices/hello/__init__.py").write_text(code)
        (root / "templates/pages/hello.html").write_text(template)
        (root / "python/slices/hello/routes.py").write_text(route)
        text, begin, lists = path.read_text().partition(filelists.BEGIN)
        path.write_text(f"{text}{slices}\n{begin}{lists}")
        assert command == "python wheels/vendor.py manifest\n"
        filelists.write(root)  # as the command does for its own checkout

    url = broken("pyscript.toml", add)
    page = watch(context.new_page()).page
    page.goto(f"{url}?workers=1")
    wait_ready(page)
    answer = fetch(page, "app/hello?name=%3Cb%3Eyou")
    assert (answer["status"], answer["json"]) == (200, {"name": "<b>you", "by": "w1"})
    page.goto(f"{url}app/hello?name=you")
    assert content(page) == "Hello, you"
    assert page.title().startswith("Hello")
