"""What bounds a scan: how large a picture says it is, and which texts are put into the form."""

from __future__ import annotations

import json
import re
import struct
import subprocess
from pathlib import Path

import pytest
from slices.ledger import scanning
from slices.ledger.oobis import read

ROOT = Path(__file__).resolve().parents[4]
PICTURES = (ROOT / "workers/scanner/pictures.js").as_uri()
PROGRAM = f"""import {{ size }} from {json.dumps(PICTURES)};
const bytes = text => Uint8Array.from(text.match(/../g) ?? [], each => parseInt(each, 16)).buffer;
let all = ''; for await (const part of process.stdin) all += part;
console.log(JSON.stringify(JSON.parse(all).map(each => size(bytes(each)))));"""
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 70_000, 3) + b"\x08\2\0\0\0"
EXIF = b"\xff\xe1" + struct.pack(">H", 3000) + b"Exif" * 750
FRAME = b"\xff\xff\xc2" + struct.pack(">HBHH", 17, 8, 3024, 4032) + b"\3" * 10
RIFF = b"RIFF\0\0\0\0WEBP"
GOOD = {
    "png": (PNG, (70_000, 3)),
    "gif": (b"GIF89a" + struct.pack("<HH", 640, 400) + b"\0\0\0", (640, 400)),
    "jpeg": (b"\xff\xd8" + EXIF[:-2] + b"\xff\xc4" + struct.pack(">H", 4) + b"\0\0" + FRAME, (4032, 3024)),
    "webp, simple": (RIFF + b"VP8 " + b"\0" * 10 + struct.pack("<HH", 1920 | 0x4000, 1080), (1920, 1080)),
    "webp, lossless": (RIFF + b"VP8L\0\0\0\0\x2f" + struct.pack("<I", 99 | 49 << 14) + b"\0" * 5, (100, 50)),
    "webp, extended": (RIFF + b"VP8X" + b"\0" * 8 + b"\xff\xff\0\x01\0\1", (65_536, 65_538)),
}  # fmt: skip
BAD = (
    b"", b"\x89PNG", PNG[:20], b"GIF89a\1", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0" + b"\0" * 30, b"\xff\xd8\xff\xda" + FRAME,
    b"\xff\xd8" + EXIF[:-2], RIFF, RIFF + b"VP8Z" + b"\0" * 20, b"<svg/>", b"BM" + b"\0" * 60, b"II*\0" + b"\0" * 60,
)  # fmt: skip


def sizes(files: list[bytes]) -> list[dict[str, int] | None]:
    done = subprocess.run(
        ["node", "--input-type=module", "-e", PROGRAM], input=json.dumps([each.hex() for each in files]),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_a_picture_says_how_large_it_is() -> None:
    """Whole, cut anywhere, or with any byte of its beginning another: a size or none, and never an exception."""
    found = sizes([data for data, _ in GOOD.values()])
    assert [(each["width"], each["height"]) for each in found if each] == [size for _, size in GOOD.values()]
    assert sizes(list(BAD)) == [None] * len(BAD)
    cut = [data[:at] for data, _ in GOOD.values() for at in range(min(len(data), 60))]
    other = [data[:at] + b"\xff" + data[at + 1 :] for data, _ in GOOD.values() for at in range(min(len(data), 60))]
    assert len(sizes(cut + other)) == len(cut + other)


def test_bounds_are_the_same_on_both_sides() -> None:
    said = (ROOT / "workers/scanner/scanner.js").read_text()
    assert f"BYTES_MOST = {scanning.PICTURE_MOST >> 20} << 20;" in said
    assert "PIXELS_MOST = 50_000_000;" in said and "50 million" in (ROOT / "templates/macros/scan.html").read_text()
    words = set(re.findall(r'data-word="(\w+)"', (ROOT / "templates/macros/scan.html").read_text()))
    used = re.findall(r"@param \{('kind'[^}]*)\} word", said)[0].replace("'", "").split(" | ")
    page = (ROOT / "static/page/scan.js").read_text()
    said = re.findall(r"(?:say\([\w.]+, |stop\(|[?] |problem: |\w+Error: |\?\? )'([a-z]+)'", page)
    assert words == {*used, *said}, "each word that is said is in the page, and none stands there for nothing"


@pytest.mark.parametrize("text", [
    "http://127.0.0.1:5642/oobi", "https://a.b/oobi/", f"https://a.b/x/oobi/{'E' * 44}",
    f"https://a.b/oobi/{'E' * 44}/witness/{'B' * 44}?name=Eve",
    f"https://a.b/.well-known/keri/oobi/{'E' * 44}", "https://a.b/oobi?name=x",
])  # fmt: skip
def test_what_can_be_read_is_put_into_the_form(text: str) -> None:
    assert read(text).url == text and re.search(scanning.LIKE, text)


@pytest.mark.parametrize("text", ["WIFI:S:x;;", "oobi/E", "ftp://a.b/oobi", "https://a.b/", '{"v":"KERI10JSON"}', "https://a.b/oobiwan"])
def test_other_texts_are_not(text: str) -> None:
    assert not re.search(scanning.LIKE, text)
