"""An OOBI is scanned: by Chromium's own pretended camera, and from pictures; what a stranger's picture may be is told in words."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import segno
from conftest import CHROMIUM, FLAGS, SAVE_DATA, Watched, until, wait_ready
from playwright.sync_api import Page, Playwright

HOST = "http://127.0.0.1:5642/oobi/"
SEEN, DRAWN, PASTED = (f"{HOST}{letter * 44}" for letter in "ABC")
WIDTH, HEIGHT, SIDE = 640, 480, 8
# What the page asked of the camera stays in the test's sight: a track that was not stopped keeps the camera's light on.
KEEP = """globalThis.streams = [];
const ask = MediaDevices.prototype.getUserMedia;
MediaDevices.prototype.getUserMedia = async function (...all) {
  if (globalThis.failing) throw new DOMException('by the test', globalThis.failing);
  const stream = await ask.apply(this, all);
  streams.push(stream);
  return stream;
};"""
PASTE = """async ([name, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name, {type: 'image/png'}));
  document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
}"""
OFF = "streams.length > 0 && streams.every(each => each.getTracks().every(track => track.readyState === 'ended'))"


def film(path: Path, text: str) -> None:
    """A film of one frame, as Chromium's camera plays it again and again: a code on grey."""
    rows = [bytearray(b"\x90" * WIDTH) for _ in range(HEIGHT)]
    for row, line in enumerate(segno.make(text, micro=False).matrix_iter(scale=SIDE, border=4)):
        rows[20 + row][100 : 100 + len(line)] = bytes(16 if dark else 235 for dark in line)
    frame = b"FRAME\n" + b"".join(rows) + b"\x80" * (WIDTH * HEIGHT // 2)
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420\n".encode() + frame)


def picture(text: str) -> bytes:
    made = io.BytesIO()
    segno.make(text, micro=False).save(made, kind="png", scale=4)
    return made.getvalue()


def empty(width: int, height: int) -> bytes:
    """A PNG of so many white pixels, or that says so: of one that is refused nobody looks at its pixels."""
    pixels = zlib.compress((b"\0" + b"\xff" * -(-width // 8)) * height) if width * height < 1 << 20 else b""
    parts = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


class Spoilt:
    """The reader's WebAssembly as it is served: with a byte that is another, until it is mended."""

    def __init__(self, path: Path) -> None:
        self.path, self.right = path, path.read_bytes()
        path.write_bytes(self.right[:-1] + bytes([self.right[-1] ^ 1]))

    def mend(self) -> None:
        self.path.write_bytes(self.right)


@pytest.fixture
def ledger(
    playwright: Playwright, watch: Callable[[Page], Watched], broken: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Page, Spoilt]]:
    """The ledger, in a browser of its own whose camera sees a code; and what is wrong with it."""
    code = tmp_path_factory.mktemp("film") / "code.y4m"
    film(code, SEEN)
    spoilt: list[Spoilt] = []
    url = broken("static/vendor/zxing/*/reader/*.wasm", lambda path: spoilt.append(Spoilt(path)))
    pretend = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=[*FLAGS, *pretend, f"--use-file-for-fake-video-capture={code}"]
    )
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.add_init_script(SAVE_DATA + KEEP)
    watched = watch(context.new_page())
    watched.page.goto(f"{url}app/ledger?workers=1")
    wait_ready(watched.page)
    until(watched.page, "document.documentElement.dataset.page === 'ready' && !!document.querySelector('[data-scan]')", 60_000)
    watched.allow("integrity")
    yield watched.page, spoilt[0]
    browser.close()


def said(page: Page, words: str) -> str:
    """What the scan says, once it has these words."""
    until(page, f"document.querySelector('[data-scan-said]').textContent.includes({words!r})")
    return page.inner_text("[data-scan-said]")


def choose(page: Page, name: str, data: bytes) -> None:
    page.set_input_files("#oobi-picture", {"name": name, "mimeType": "application/octet-stream", "buffer": data})


def test_an_oobi_is_scanned(ledger: tuple[Page, Spoilt]) -> None:
    page, spoilt = ledger
    loaded = "performance.getEntriesByType('resource').map(each => each.name).filter(each => each.includes('scanner'))"
    assert page.evaluate(loaded) == [], "the reader comes when somebody scans"
    assert page.evaluate("document.featurePolicy.allowsFeature('camera')")
    assert not page.evaluate("document.featurePolicy.allowsFeature('microphone')")
    choose(page, "code.png", picture(DRAWN))
    assert "not what static/lock.json says" in said(page, "could not be loaded"), "it runs only as it is locked"
    assert page.input_value("#oobi-url") == ""
    spoilt.mend()

    page.click("text=Scan a QR code")
    until(page, f"document.querySelector('#oobi-url').value === {SEEN!r}")
    assert said(page, "Found") and page.evaluate(OFF), "the camera goes off when its work is done"
    assert page.evaluate("document.activeElement.textContent") == "Resolve it"
    assert page.is_hidden("[data-scan] video") and page.is_hidden("[data-scan-stop]")

    # What is no OOBI is shown, and looked past; whatever replaces the page, or says stop, switches the camera off.
    like = page.evaluate("document.querySelector('[data-scan]').dataset.like")
    page.evaluate("document.querySelector('[data-scan]').dataset.like = '^never$'")
    page.click("text=Scan a QR code")
    assert SEEN in said(page, "no OOBI") and page.is_visible("[data-scan] video") and not page.evaluate(OFF)
    page.keyboard.press("Escape")
    assert said(page, "camera is off") and page.evaluate(OFF)
    assert page.evaluate("document.activeElement.textContent").strip() == "Scan a QR code"
    page.evaluate("like => { document.querySelector('[data-scan]').dataset.like = like }", like)

    for name, words in {
        "NotAllowedError": "may not use the camera", "NotFoundError": "No camera was found", "NotReadableError": "in use elsewhere",
    }.items():  # fmt: skip
        page.evaluate("name => { globalThis.failing = name }", name)
        page.click("text=Scan a QR code")
        assert said(page, words) and page.is_visible("[data-scan-start]")
    page.evaluate("globalThis.failing = ''")

    choose(page, "code.png", picture(DRAWN))
    until(page, f"document.querySelector('#oobi-url').value === {DRAWN!r}")
    for data, words in (
        (picture("WIFI:S:home;;"), "no OOBI. It says: “WIFI:S:home"),
        (empty(300, 300), "No QR code was found"),
        (empty(60_000, 60_000), "more pixels than the 50 million"),
        (empty(30_000, 1), "No QR code was found"),
        (picture(DRAWN)[:60], "damaged"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture of a kind"),
    ):
        choose(page, "strange.png", data)
        said(page, words)
    assert page.input_value("#oobi-url") == DRAWN, "what was no OOBI is not put there"
    page.evaluate(PASTE, ["pasted.png", list(picture(PASTED))])
    until(page, f"document.querySelector('#oobi-url').value === {PASTED!r}")

    page.evaluate("document.querySelector('[data-scan]').dataset.like = '^never$'")
    page.click("text=Scan a QR code")
    said(page, "no OOBI")
    page.click(".site-nav a[href='app/pool']")
    until(page, f"!document.querySelector('[data-scan]') && {OFF}")
