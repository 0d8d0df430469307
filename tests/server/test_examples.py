"""The examples for process managers are well-formed, and what they start starts."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from keriwasm.server import setup
from serverkit import ROOT, serving

FOLDER = ROOT / "examples" / "server"


def unit() -> list[str]:
    """The words of the unit's ExecStart."""
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment]
    read.read(FOLDER / "keriwasm.service")
    return shlex.split(read["Service"]["ExecStart"])


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    program = tmp_path / "keriwasm"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text = (FOLDER / "keriwasm.service").read_text().replace(unit()[0], str(program))
    (tmp_path / "keriwasm.service").write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", tmp_path / "keriwasm.service"], capture_output=True, text=True)
    said = [line for line in (done.stdout + done.stderr).splitlines() if "keriwasm" in line]
    assert not said, said


def test_what_the_unit_starts_answers_by_its_name() -> None:
    program, *options = unit()
    assert program.endswith("/.server/keriwasm")
    at = options.index("--port")
    del options[at : at + 2]  # the kit takes a free one
    workers = options.index("--workers")
    del options[workers : workers + 2]
    with serving(*options, workers=1, ready=False) as own:
        assert own.get("/app/pool", host="keriwasm.example").status == 200


def test_the_compose_file_publishes_on_loopback_and_starts_what_there_is() -> None:
    service = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]["keriwasm"]
    assert all(str(port).startswith("127.0.0.1:") for port in service["ports"])
    build = service["build"]
    assert (FOLDER / build["context"]).resolve() == ROOT and (ROOT / build["dockerfile"]).is_file()
    lines = (ROOT / build["dockerfile"]).read_text().splitlines()
    entry = next(line for line in lines if line.startswith("ENTRYPOINT"))
    words = [*yaml.safe_load(entry.removeprefix("ENTRYPOINT ")), *service["command"]]
    with serving(*words[1:3], *service["command"], ready=False, workers=1) as own:  # --host 0.0.0.0
        assert any("other machines" in line for line in own.lines)
        assert own.ask("POST", "/app/pool/size", {"workers": 3}).status == 409
        assert own.get("/app/load").status == 501


def test_the_pins_are_those_of_the_tests_where_both_have_one() -> None:
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["server"]
    assert setup.requirements() == extra and all("==" in line for line in extra)
    tests = (ROOT / "tests" / "requirements.txt").read_text().splitlines()
    names = {line.partition("==")[0].lower(): line.lower() for line in tests if "==" in line}
    wrong = [line for line in extra if names.get(line.partition("==")[0].lower(), line.lower()) != line.lower()]
    assert not wrong
