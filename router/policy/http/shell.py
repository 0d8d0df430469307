"""Whole pages around fragments: index.html is the layout, and this cuts it where the fragment goes."""

from router.policy.text import clip, escape, percent_decode

START = "<!-- main:start -->"
END = "<!-- main:end -->"
BASE = '<base href="./">'
MAIN = '<main id="main"'
MAX_SHELL = 1048576  # characters
MAX_TITLE = 300
PLAIN = (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<base href="./">\n<title></title>\n'
    '</head>\n<body>\n<main id="main">\n<!-- main:start -->\n<!-- main:end -->\n</main>\n</body>\n</html>\n'
)


class Shell:
    """index.html cut at its marks.

    ``complaints`` lists what was missing; a shell that cannot be cut is replaced by a plain page, so that an answer
    never fails for it. ``name`` is the app's, for the titles of what the router writes itself.
    """

    def __init__(self, html, base: str, name: str = ""):
        self.name = name
        self.complaints = []
        if not isinstance(html, str) or not html:
            self.complaints.append("no shell was given: plain pages are made")
            html = PLAIN
        elif len(html) > MAX_SHELL:
            self.complaints.append(
                "the shell has %d characters, more than %d: plain pages are made" % (len(html), MAX_SHELL)
            )
            html = PLAIN
        if not self.cut(html, base):
            self.cut(PLAIN, base)

    def cut(self, html: str, base: str) -> bool:
        """Find the marks; False if the fragment has no place."""
        start = html.find(START)
        end = html.find(END)
        if start < 0 or end < start:
            self.complaints.append("the shell lacks %s or %s: plain pages are made" % (START, END))
            return False
        before = html[: start + len(START)]
        self.after = html[end:]
        for mark, instead in ((BASE, '<base href="%s">' % escape(base)), (MAIN, MAIN + " data-rendered")):
            if mark not in before and not (mark is BASE and "<base href=" in before):  # an absolute one stays as it is
                self.complaints.append("the shell lacks %s" % mark)
            before = before.replace(mark, instead, 1)
        opened = before.find("<title>")
        closed = before.find("</title>")
        if opened < 0 or closed < opened:
            self.complaints.append("the shell lacks <title>")
            self.head = before
            self.title = ""
            self.tail = ""
        else:
            self.head = before[: opened + len("<title>")]
            self.title = before[opened + len("<title>") : closed]  # already HTML
            self.tail = before[closed:]
        return True

    def titled(self, words: str) -> str:
        """The title of a page of the app."""
        return words + " · " + self.name if self.name else words

    def before(self, title: str) -> str:
        """What stands before the fragment. ``title`` is the reply's ``x-title``, percent-encoded UTF-8, or empty."""
        words = escape(clip(percent_decode(title[: MAX_TITLE * 9]), MAX_TITLE)) if title else self.title
        return self.head + words + self.tail + "\n"
