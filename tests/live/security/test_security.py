"""On servers that speak encrypted only: facts get through, strangers do not, secrets stay."""

import asyncio
import contextlib
import json
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from aiokafka.structs import OffsetAndMetadata

from deploy.cli.rights import Kind, Operation, declared
from deploy.local.environment import PROJECT, SERVICES
from shared import tls
from tests.live.security.servers import Servers
from tests.live.security.stage import MAIL_PASSWORD, MAIL_USER, OFFICE, Stage
from tests.notifications.channels.office import Office

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

SAMPLE = PROJECT / "samples" / "laporan-penilaian-skp-2025.xlsx"
EVALUATIONS = "appraisal.evaluations.v1"
GROUPS = ("training", "notifications")
Doing = Callable[[Stage, str, TopicPartition], Awaitable[None]]


def client(stage: Stage, user: str) -> dict[str, object]:
    """A client of our own, made without the code under test."""
    return {
        "bootstrap_servers": f"localhost:{stage.servers.kafka}",
        "security_protocol": "SASL_SSL",
        "ssl_context": tls.context(stage.servers.authority.file),
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": user,
        "sasl_plain_password": stage.servers.passwords[user].read_text(),
        "request_timeout_ms": 10_000,
    }


async def read(stage: Stage, user: str, where: TopicPartition) -> None:
    consumer = AIOKafkaConsumer(**client(stage, user), enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([where])
        consumer.seek(where, 0)
        await consumer.getmany(timeout_ms=1000)
    finally:
        await consumer.stop()


async def write(stage: Stage, user: str, where: TopicPartition) -> None:
    """Poison, as every service meets it, by an idempotent producer."""
    producer = AIOKafkaProducer(**client(stage, user), acks="all", enable_idempotence=True)
    await producer.start()
    try:
        topic, partition = where
        await producer.send_and_wait(topic, b"not JSON", key=b"k", partition=partition)
    finally:
        await producer.stop()


async def granted(stage: Stage, user: str, doing: Doing) -> set[str]:
    """The topics a user may do this to; what it may not even see it cannot do anything to."""
    found = set()
    for topic in await visible(stage, user):
        with contextlib.suppress(TopicAuthorizationFailedError):
            await doing(stage, user, TopicPartition(topic, 0))
            found.add(topic)
    return found


async def visible(stage: Stage, user: str) -> list[str]:
    """The topics a user may know of."""
    consumer = AIOKafkaConsumer(**client(stage, user), enable_auto_commit=False)
    await consumer.start()
    try:
        return sorted(await consumer.topics())
    finally:
        await consumer.stop()


async def joinable(stage: Stage, user: str) -> set[str]:
    """The groups in whose name a user may commit."""
    found = set()
    for group in GROUPS:
        where = TopicPartition(EVALUATIONS, 0)
        consumer = AIOKafkaConsumer(**client(stage, user), group_id=group, enable_auto_commit=False)
        try:
            await consumer.start()
            consumer.assign([where])
            await consumer.committed(where)
            await consumer.commit({where: OffsetAndMetadata(0, "")})
            found.add(group)
        except GroupAuthorizationFailedError:
            pass
        finally:
            await consumer.stop()
    return found


def allowed(user: str, operation: Operation, kind: Kind = Kind.TOPIC) -> set[str]:
    rights = declared()[user]
    return {one.name for one in rights if (one.kind, one.operation) == (kind, operation)}


def test_a_fact_travels_protected_from_the_import_to_the_letter(
    stage: Stage, mail: tuple[Office, int]
) -> None:
    office, _ = mail
    import_id = stage.hand_in(SAMPLE)

    def told() -> bool:
        sums = stage.get("training", "/recommendations/summary", import_id=import_id)
        notices = stage.get("notifications", "/notices/summary", import_id=import_id)
        return sums["sets"] == 588 and notices["inbox"] == 1009

    stage.wait(told, "588 sets and 1,009 notices")
    stage.wait(lambda: OFFICE in office.recipients, "a letter to the personnel office")
    assert office.encrypted == {True}
    assert set(office.logins) == {MAIL_USER}
    assert json.loads(stage.kinerja("operator", "dead", "list", "--json").stdout)["count"] == 0
    query = """
        select distinct usename, ssl, version from pg_stat_ssl join pg_stat_activity using (pid)
        where client_addr is not null order by usename"""
    found = [line.split("|") for line in stage.servers.ask("postgres", query).splitlines()]
    assert {name for name, *_ in found} == set(SERVICES)
    assert {encrypted for _, encrypted, _ in found} == {"t"}


def test_an_operator_s_tools_work_with_the_operator_s_rights(stage: Stage) -> None:
    for command in (["topics", "diff"], ["topics", "apply"], ["lag"], ["dead", "list"]):
        done = stage.kinerja("operator", *command)
        assert done.returncode == 0, done.stdout + done.stderr
    done = stage.kinerja("operator", "doctor", "--json")
    found = {one["code"] for one in json.loads(done.stdout)["findings"]}
    assert {"broker", "topics", "lag", "database", "migrated"} <= found
    assert not {"kafka_clear", "database_clear", "broker_away", "database_away"} & found
    assert stage.kinerja("admin", "acls", "diff").returncode == 0
    done = stage.kinerja("operator", "acls", "apply")
    assert done.returncode == 1
    assert "ClusterAuthorizationFailedError" in done.stderr


def test_poison_is_set_aside_with_a_service_s_own_rights_and_sent_back_with_the_operator_s(
    stage: Stage,
) -> None:
    before = json.loads(stage.kinerja("operator", "dead", "list", "--json").stdout)["count"]

    async def poison() -> None:
        producer = AIOKafkaProducer(**client(stage, "appraisal"))
        await producer.start()
        try:
            await producer.send_and_wait(EVALUATIONS, b"no fact at all", key=b"k")
        finally:
            await producer.stop()

    asyncio.run(poison())

    def aside() -> bool:
        listed = stage.kinerja("operator", "dead", "list", "--json")
        return int(json.loads(listed.stdout)["count"]) == before + 2

    stage.wait(aside, "both listeners set it aside")
    done = stage.kinerja("operator", "dead", "redrive", "--all", "--json")
    assert json.loads(done.stdout)["sent"] >= 1, done.stderr


@pytest.mark.parametrize("user", [*SERVICES, "operator"])
def test_a_user_reads_and_writes_what_the_file_gives_it_and_nothing_else(
    stage: Stage, user: str
) -> None:
    assert asyncio.run(granted(stage, user, read)) == allowed(user, Operation.READ)
    assert asyncio.run(granted(stage, user, write)) == allowed(user, Operation.WRITE)


@pytest.mark.parametrize("user", ["appraisal", "operator"])
def test_nobody_takes_part_in_another_s_group(stage: Stage, user: str) -> None:
    assert asyncio.run(joinable(stage, user)) == allowed(user, Operation.READ, Kind.GROUP)


@pytest.mark.parametrize("wrong", ["password", "user"])
def test_kafka_lets_nobody_in_on_a_wrong_word(stage: Stage, wrong: str, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("a wrong one")
    knobs = {
        "password": {"KINERJA_KAFKA_PASSWORD_FILE": str(file)},
        "user": {"KINERJA_KAFKA_USER": "stranger"},
    }
    done = stage.kinerja("operator", "topics", "diff", **knobs[wrong])
    assert done.returncode == 1
    assert "also the password and the certificates" in done.stderr
    assert "a wrong one" not in done.stdout + done.stderr


def test_a_service_does_not_start_with_a_wrong_password(stage: Stage, tmp_path: Path) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("a wrong one")
    assert ended(stage, "training", KINERJA_KAFKA_PASSWORD_FILE=str(wrong)) != 0
    done = stage.migrate("training", TRAINING_DATABASE_PASSWORD_FILE=str(wrong))
    assert done.returncode != 0
    assert "InvalidPasswordError" in done.stderr
    assert "a wrong one" not in stage.said() + done.stderr


def test_a_service_speaks_to_no_server_a_stranger_vouches_for(stage: Stage, stranger: Path) -> None:
    assert ended(stage, "training", KINERJA_KAFKA_CA_FILE=str(stranger)) != 0
    done = stage.migrate("training", TRAINING_DATABASE_CA_FILE=str(stranger))
    assert done.returncode != 0
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr
    done = stage.kinerja("operator", "doctor", "--json", TRAINING_DATABASE_CA_FILE=str(stranger))
    away = [one for one in json.loads(done.stdout)["findings"] if one["code"] == "database_away"]
    assert [one["values"]["service"] for one in away] == ["training"]


def test_a_server_under_another_name_is_not_spoken_to(stage: Stage) -> None:
    here, port = "127.0.0.1", stage.servers.kafka  # its certificate is for `localhost`
    context = tls.context(stage.servers.authority.file)
    with (
        socket.create_connection((here, port)) as connection,
        pytest.raises(ssl.SSLCertVerificationError, match="mismatch"),
    ):
        context.wrap_socket(connection, server_hostname=here)
    assert stage.kinerja("operator", "lag", "--servers", f"{here}:{port}").returncode == 1
    assert stage.kinerja("operator", "lag", "--servers", f"localhost:{port}").returncode == 0


def ended(stage: Stage, service: str, **knobs: str) -> int:
    """A second process of a service with other knobs: how it ends by itself."""
    knobs |= {f"{service.upper()}_STARTUP_SECONDS": "3", "KINERJA_PORT": "0"}
    process = stage.start_another(service, **knobs)
    return process.wait(timeout=60)


def test_no_secret_shows_in_process_lists_logs_or_error_pages(
    stage: Stage, servers: Servers
) -> None:
    secrets = [
        *servers.every_password,
        MAIL_PASSWORD,
        (stage.stack.keys / "appraisal.key").read_text(),
    ]
    pids = [stage.running[name].pid for name in SERVICES]
    shown = [Path(f"/proc/{pid}/cmdline").read_text() for pid in pids]
    shown += [Path(f"/proc/{pid}/environ").read_text() for pid in pids]
    for service in SERVICES:
        url = stage.stack.url(service)
        for path in ("/nothing", "/metrics", "/asyncapi", "/openapi.json", "/readyz", "/docs"):
            shown.append(stage.client.get(f"{url}{path}").text)
        for path in ("/imports", "/recommendations", "/inbox"):
            answer = stage.client.get(f"{url}{path}", headers={"Authorization": "Bearer x"})
            assert answer.status_code in {401, 404}
            shown.append(answer.text)
    shown.append(stage.said())
    for command in (["doctor"], ["doctor", "--json"], ["lag"], ["acls", "diff"]):
        done = stage.kinerja("admin", *command)
        shown.append(done.stdout + done.stderr)
    assert not [secret for secret in secrets if any(secret in one for one in shown)]
