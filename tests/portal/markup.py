"""What every page must be: sound HTML that everybody can use, without inline code."""

from collections import Counter
from html.parser import HTMLParser
from typing import Final

VOID: Final = {"meta", "link", "input", "br", "hr", "img"}
DRAWN: Final = {"rect", "path"}
CAPTIONED: Final = {"input", "select", "progress", "textarea"}
POINTERS: Final = ("for", "aria-labelledby", "aria-describedby")


class Page(HTMLParser):
    """A page taken apart."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.ids: list[str] = []
        self.pointed: set[str] = set()
        self.labelled: set[str] = set()
        self.fields: list[dict[str, str | None]] = []
        self.tags: Counter[str] = Counter()
        self.headings: list[int] = []
        self.language: str | None = None
        self.text: list[str] = []
        self.links: list[str] = []
        self._open: list[str] = []
        self._captions: list[bool] = []
        self.feed(html)
        self.close()

    @property
    def words(self) -> str:
        """All text, spaces made one."""
        return " ".join(" ".join(self.text).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        self.tags[tag] += 1
        self._look(tag, has)
        if tag == "html":
            self.language = has.get("lang")
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append(int(tag[1]))
        if tag == "table":
            self._captions.append(False)
        if tag == "caption" and self._captions:
            self._captions[-1] = True
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._look(tag, dict(attrs))
        if tag not in VOID | DRAWN:
            self.wrong.append(f"<{tag}/> is not closed in HTML")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.wrong.append(f"</{tag}> closes {self._open[-1:]}")
            return
        self._open.pop()
        if tag == "table" and not self._captions.pop():
            self.wrong.append("a table has no caption")

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def _look(self, tag: str, has: dict[str, str | None]) -> None:
        if identity := has.get("id"):
            self.ids.append(identity)
        for pointer in POINTERS:
            self.pointed |= set((has.get(pointer) or "").split())
        if tag == "label":
            self.labelled.add(has.get("for") or "")
        if tag in CAPTIONED and has.get("type") != "hidden":
            self.fields.append(has)
        if tag == "a" and has.get("href"):
            self.links.append(has["href"] or "")
        if tag == "th" and "scope" not in has:
            self.wrong.append("a <th> has no scope")
        if tag == "script" and "src" not in has:
            self.wrong.append("a script stands in the page")
        self.wrong += [f"{tag} {name}" for name in has if name == "style" or name.startswith("on")]


def faults(html: str) -> list[str]:
    """What is wrong with a page, one sentence each; empty when nothing."""
    page = Page(html)
    wrong = list(page.wrong)
    if not html.startswith("<!DOCTYPE html>"):
        wrong.append("no doctype")
    wrong += [f"the id {name} is there {count} times" for name, count in _twice(page.ids)]
    wrong += [f"nothing has the id {name}" for name in page.pointed - set(page.ids)]
    wrong += [f"{one} has no label" for one in page.fields if one.get("id") not in page.labelled]
    for tag in ("h1", "main", "title"):
        if page.tags[tag] != 1 + (tag == "title" and "chart-title" in page.ids):
            wrong.append(f"{page.tags[tag]} <{tag}>")
    steps = zip(page.headings, page.headings[1:], strict=False)
    wrong += [f"h{one} is followed by h{two}" for one, two in steps if two > one + 1]
    return wrong


def _twice(names: list[str]) -> list[tuple[str, int]]:
    return [(name, count) for name, count in Counter(names).items() if count > 1]
