"""Facts as they were released, with anything at all in some place of them."""

import json
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from shared import envelope
from shared.envelope import Read, Refused
from shared.events import KNOWN
from tests.shared.broker import Record
from tests.shared.facts import NOW

RELEASED = Path(__file__).parents[1] / "contracts" / "messages"
MESSAGES: dict[str, Any] = {
    file.stem: json.loads(file.read_text()) for file in sorted(RELEASED.glob("*.full.json"))
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
messages = st.sampled_from(sorted(MESSAGES)).map(MESSAGES.__getitem__)


def read(message: Any, value: bytes) -> Read | Refused:
    headers = tuple((name, said.encode()) for name, said in message["headers"].items())
    kind = KNOWN[message["headers"]["ce_type"]]
    key = str(message["data"][kind.key_field]).encode()
    return envelope.read(Record(kind.topic.name, 0, 0, key, value, headers), NOW)


@given(messages)
def test_every_fact_as_it_was_released_is_read(message: Any) -> None:
    assert isinstance(read(message, json.dumps(message["data"]).encode()), Read)


@given(messages, st.data(), JSON)
def test_whatever_stands_for_a_member_is_read_or_refused(
    message: Any, data: st.DataObject, other: Any
) -> None:
    member = data.draw(st.sampled_from([*sorted(message["data"]), "more"]))
    odd = json.dumps(message["data"] | {member: other}).encode()
    said = read(message, odd)
    assert isinstance(said, Read | Refused)
    if isinstance(said, Read):
        assert msgspec.json.decode(msgspec.json.encode(said.fact.data), type=type(said.fact.data))


@given(messages, st.data(), st.binary(max_size=6))
def test_whatever_bytes_stand_somewhere_are_read_or_refused(
    message: Any, data: st.DataObject, put: bytes
) -> None:
    value = json.dumps(message["data"]).encode()
    places = st.integers(0, len(value))
    first, beyond = sorted((data.draw(places), data.draw(places)))
    assert isinstance(read(message, value[:first] + put + value[beyond:]), Read | Refused)
