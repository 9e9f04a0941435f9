"""Our partitions are everybody's partitions."""

from aiokafka.partitioner import DefaultPartitioner
from aiokafka.partitioner import murmur2 as told_by_aiokafka
from hypothesis import given
from hypothesis import strategies as st

from shared.placing import murmur2, partition_of, partitions_of


@given(st.binary(max_size=80))
def test_a_key_has_the_hash_kafkas_clients_give_it(key: bytes) -> None:
    assert murmur2(key) == told_by_aiokafka(key)


@given(st.uuids(), st.integers(min_value=1, max_value=100))
def test_an_id_lies_where_every_client_puts_it(identity: object, count: int) -> None:
    key = str(identity).encode()
    places = list(range(count))
    assert partition_of(key, count) == DefaultPartitioner()(key, places, places)


def test_the_hash_is_the_one_of_kafkas_own_tests() -> None:
    """`UtilsTest.testMurmur2` of Apache Kafka: signed there."""
    vectors = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536}
    for key, signed in vectors.items():
        assert murmur2(key) == signed & 0xFFFFFFFF


@given(st.lists(st.uuids(), max_size=60), st.integers(min_value=1, max_value=100))
def test_many_ids_at_once_lie_where_each_lies_alone(found: list[object], count: int) -> None:
    keys = [str(one).encode() for one in found]
    assert partitions_of(keys, count) == [partition_of(key, count) for key in keys]


@given(st.lists(st.binary(max_size=40), min_size=20, max_size=40))
def test_many_keys_of_any_length_lie_where_each_lies_alone(keys: list[bytes]) -> None:
    assert partitions_of(keys, 7) == [partition_of(key, 7) for key in keys]
