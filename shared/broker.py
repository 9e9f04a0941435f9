"""How every Kafka client, of whichever library and purpose, reaches the brokers, and as whom."""

from typing import Any

from shared import tls
from shared.settings import CommonSettings


def client_settings(name: str, common: CommonSettings) -> dict[str, Any]:
    """What every client of a service is made with, in aiokafka's words."""
    return {
        "bootstrap_servers": common.kafka_addresses,
        "client_id": name,
        "metadata_max_age_ms": common.kafka_metadata_ms,
        "request_timeout_ms": 10_000,
        **access(common),
    }


def access(common: CommonSettings) -> dict[str, Any]:
    """How the connection is protected and who we are, in aiokafka's words.

    It holds the password: pass it on, do not show it.
    """
    found: dict[str, Any] = {"security_protocol": common.kafka_protocol.value}
    if common.kafka_protocol.encrypts:
        found["ssl_context"] = tls.context(
            common.kafka_ca_file, common.kafka_certificate_file, common.kafka_certificate_key_file
        )
    if common.kafka_protocol.asks_who and common.kafka_password is not None:
        found |= {
            "sasl_mechanism": common.kafka_mechanism,
            "sasl_plain_username": common.kafka_user,
            "sasl_plain_password": common.kafka_password.get_secret_value(),
        }
    return found
