"""What a cell writes reaches the page as it runs, in bounds."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from markupsafe import Markup
from slices.notebook.output import BURST, KEPT, PACE, SHOWN, TAIL, Output, Stream


class Page(HTMLParser):
    """The text that stands in an output's element when all its events were swapped in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.done = ""
        self.tail = ""
        self.events: list[str] = []
        self._in_tail = 0

    def push(self, event: Markup) -> None:
        self.events.append(event)
        self.tail = ""
        self.feed(event)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if dict(attrs).get("id", "").startswith("tail-") or self._in_tail:
            self._in_tail += tag == "span"

    def handle_endtag(self, tag: str) -> None:
        self._in_tail -= tag == "span" and self._in_tail > 0

    def handle_data(self, data: str) -> None:
        if self._in_tail:
            self.tail += data
        else:
            self.done += data


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def made(page: Page, clock: Clock) -> Output:
    return Output("c1", page.push, clock)


def test_the_first_words_go_at_once_and_a_rush_as_often_as_a_screen_shows_it(page: Page, clock: Clock) -> None:
    output = made(page, clock)
    output.write("stdout", "now")
    assert page.done + page.tail == "now"
    for _ in range(1000):
        output.write("stdout", "x\n")
    assert len(page.events) == BURST
    clock.now += PACE * 1.5
    output.write("stdout", "y")
    assert len(page.events) == BURST + 1
    output.flush()
    assert page.done == "now" + "x\n" * 1000 and page.tail == "y"


@pytest.mark.parametrize(("writes", "shown"), [
    (["10%\r", "20%\r", "30%\n"], "30%\n"),
    (["a\rb\rc"], "c"),
    (["abc", "\r", "d\n"], "d\n"),
    (["one\r\ntwo\r\n"], "one\ntwo\n"),
    (["\x1b[31mred\x1b[0m\n"], "red\n"),
    (["<b>&\n"], "<b>&\n"),
])  # fmt: skip
def test_lines_stand_as_a_terminal_would_show_them(page: Page, clock: Clock, writes: list[str], shown: str) -> None:
    output = made(page, clock)
    for text in writes:
        output.write("stdout", text)
    output.flush()
    assert page.done + page.tail == shown
    assert "<b>" not in "".join(page.events)


def test_a_flood_is_bounded_and_its_end_is_shown(page: Page, clock: Clock) -> None:
    output = made(page, clock)
    for number in range(400_000):
        clock.now += 0.001
        output.write("stdout", f"{number:06} {'x' * 20}\n")
    assert output._beyond_size <= KEPT + 100
    page.push(output.end(Markup("")))
    assert sum(map(len, page.events)) < 3 * (SHOWN + TAIL) + 300 * len(page.events)
    assert page.done.startswith("000000 x") and f"{399_999:06}" in page.done
    assert "characters are left out here" in page.done
    assert f"Show all of it ({output.written:,} characters" in page.events[-1]
    whole = output.whole()
    assert "characters were not kept" in whole and whole.endswith("x\n")
    assert sum(len(item["text"]) for item in output.items) < SHOWN + TAIL + 100


def test_text_and_pictures_keep_their_order(page: Page, clock: Clock) -> None:
    output = made(page, clock)
    output.write("stdout", "before")
    output.show(Markup('<img alt="a plot">'), {"output_type": "display_data", "data": {}, "metadata": {}})
    output.write("stderr", "after")
    output.flush()
    text = "".join(page.events)
    assert text.index("before") < text.index("<img") < text.rindex("after")
    assert [item["output_type"] for item in output.items] == ["stream", "display_data", "stream"]


def test_a_stream_takes_text_only(page: Page, clock: Clock) -> None:
    stream = Stream("stdout", made(page, clock))
    assert stream.write("ab") == 2
    with pytest.raises(TypeError, match="must be str, not bytes"):
        stream.write(b"ab")  # type: ignore[arg-type]
