"""One place says how Kafka is reached; every client and FastStream's broker say the same."""

import ssl
from pathlib import Path
from typing import Any

import aiokafka
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from faststream.kafka.security import parse_security

from shared import kafka
from shared.broker import access, client_settings
from shared.settings import CommonSettings, KafkaProtocol, Profile
from tests.shared.authority import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def common(authority: Authority, **knobs: Any) -> CommonSettings:
    given: dict[str, Any] = {
        "profile": Profile.PRODUCTION,
        "kafka_protocol": KafkaProtocol.SASL_SSL,
        "kafka_ca_file": authority.file,
        "kafka_user": "training",
        "kafka_password": "open sesame",
    }
    return CommonSettings(**given | knobs)


def test_nothing_is_protected_unless_it_is_asked_for() -> None:
    assert access(CommonSettings()) == {"security_protocol": "PLAINTEXT"}


def test_a_login_travels_in_a_verified_connection(authority: Authority) -> None:
    found = access(common(authority))
    context = found.pop("ssl_context")
    assert isinstance(context, ssl.SSLContext)
    assert context.check_hostname
    assert len(context.get_ca_certs()) == 1
    assert found == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "training",
        "sasl_plain_password": "open sesame",
    }


def test_a_certificate_of_our_own_needs_no_password(authority: Authority) -> None:
    found = access(
        common(
            authority,
            kafka_protocol=KafkaProtocol.SSL,
            kafka_user="",
            kafka_password=None,
            kafka_certificate_file=authority.certify("training"),
        )
    )
    assert found.keys() == {"security_protocol", "ssl_context"}


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
@pytest.mark.parametrize("protocol", KafkaProtocol)
def test_faststream_reaches_the_broker_as_all_others_do(
    protocol: KafkaProtocol, mechanism: str, authority: Authority
) -> None:
    knobs: dict[str, Any] = {"kafka_protocol": protocol, "kafka_mechanism": mechanism}
    if not protocol.encrypts:
        knobs["kafka_ca_file"] = None
    if not protocol.asks_who:
        knobs |= {"kafka_user": "", "kafka_password": None}
    ours = access(common(authority, profile=Profile.EMBEDDED, **knobs))
    theirs = parse_security(kafka._security(ours))
    assert {name: value for name, value in theirs.items() if value is not None} == ours


async def test_every_client_takes_the_settings(authority: Authority) -> None:
    settings = client_settings("training", common(authority))
    for kind in (aiokafka.AIOKafkaConsumer, aiokafka.AIOKafkaProducer, AIOKafkaAdminClient):
        client = kind(**settings)
        await (client.close() if kind is AIOKafkaAdminClient else client.stop())
