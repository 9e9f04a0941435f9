"""Parsing the XML parts of a package as streams, within bounds.

Expat calls back as it reads, so nothing is held but what the callbacks keep. A part that declares a
document type is refused before an entity could be expanded; one tag or text may not grow for ever.
"""

from collections.abc import Callable, Generator
from contextlib import closing
from typing import Final, Protocol
from xml.parsers import expat

from services.appraisal.workbooks.refusals import ExportRefused, Refusal

LONGEST_TOKEN: Final = 1 << 20
"""Bytes of one tag or one cell's text; a spreadsheet's own limit is 32,767 characters."""
DEEPEST: Final = 64
"""Elements within elements."""


class Reader(Protocol):
    """What reads a part.

    Attributes:
        text: pieces of character data since the reader last cleared it; expat appends to it.
    """

    text: list[str]

    def start(self, name: str, attributes: list[str]) -> None:
        """An element begins; names and values of its attributes in turn."""

    def end(self, name: str) -> None:
        """An element ends."""


def parsed(unpacked: Generator[bytes], reader: Reader) -> Generator[None]:
    """Parse a part; yields after each chunk, so that what was read can be passed on.

    Raises:
        ExportRefused: it is no well-formed XML, declares a document type, or breaks a bound.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text.append
    parser.StartDoctypeDeclHandler = _refuse
    fed = 0
    with closing(unpacked) as chunks:
        for chunk in chunks:
            _feed(parser, chunk, last=False)
            fed += len(chunk)
            held = sum(map(len, reader.text))
            if max(held, fed - parser.CurrentByteIndex) > LONGEST_TOKEN:
                raise ExportRefused(Refusal.UNSAFE)
            yield
    _feed(parser, b"", last=True)
    yield


def _feed(parser: expat.XMLParserType, chunk: bytes, *, last: bool) -> None:
    try:
        parser.Parse(chunk, last)
    except expat.ExpatError as error:
        raise ExportRefused(Refusal.DAMAGED) from error


def _refuse(*_: object) -> None:
    raise ExportRefused(Refusal.UNSAFE)


class Elements:
    """A reader for small parts: tells each element and its attributes, without prefixes."""

    def __init__(self, found: Callable[[str, dict[str, str]], None]) -> None:
        self.text: list[str] = []
        self._found: Final = found
        self._depth = 0

    def start(self, name: str, attributes: list[str]) -> None:
        """An element begins."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExportRefused(Refusal.UNSAFE)
        self._found(
            local(name),
            dict(zip(map(local, attributes[::2]), attributes[1::2], strict=True)),
        )

    def end(self, _name: str) -> None:
        """An element ends."""
        self._depth -= 1
        self.text.clear()


def read_elements(unpacked: Generator[bytes], found: Callable[[str, dict[str, str]], None]) -> None:
    """Read a small part whole."""
    for _ in parsed(unpacked, Elements(found)):
        pass


def local(name: str) -> str:
    """A name without its namespace prefix."""
    return name.rpartition(":")[2]
