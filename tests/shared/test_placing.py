"""Our partitions are everybody's partitions."""

from aiokafka.partitioner import DefaultPartitioner
from aiokafka.partitioner import murmur2 as told_by_aiokafka
from hypothesis import given
from hypothesis import strategies as st

from shared.placing import foresee, murmur2, partition_of


@given(st.binary(max_size=80))
def test_a_key_has_the_hash_kafkas_clients_give_it(key: bytes) -> None:
    assert murmur2(key) == told_by_aiokafka(key)


@given(st.uuids(), st.integers(min_value=1, max_value=100))
def test_an_id_lies_where_every_client_puts_it(identity: object, count: int) -> None:
    key = str(identity).encode()
    places = list(range(count))
    assert partition_of(key, count) == DefaultPartitioner()(key, places, places)


@given(st.lists(st.uuids(), min_size=1, max_size=200))
def test_hashes_reckoned_together_are_those_of_each_key(identities: list[object]) -> None:
    keys = [str(identity).encode() for identity in identities]
    foresee([*keys, b"no id"])
    assert [murmur2(key) for key in keys] == [told_by_aiokafka(key) for key in keys]


def test_the_hash_is_the_one_of_kafkas_own_tests() -> None:
    """`UtilsTest.testMurmur2` of Apache Kafka: signed there."""
    vectors = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536}
    for key, signed in vectors.items():
        assert murmur2(key) == signed & 0xFFFFFFFF
