"""What the images and the compose files promise, read from the files alone."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.cli import rights
from tests.architecture.house import PROJECT, SERVICE_NAMES
from tests.live import engine

FILES = ("docker-compose.yml", "docker-compose.override.yml", "docker-compose.secure.yml")
JOBS = ("secrets", "topics", "migrate-appraisal", "migrate-training", "migrate-notifications")
OURS = ("appraisal", "training", "notifications", "portal")
LARGEST_SCRIPT = 4_000

Service = dict[str, Any]


def services(file: str) -> dict[str, Service]:
    return dict(yaml.safe_load((PROJECT / file).read_text())["services"])


PRODUCTION = services("docker-compose.yml")
DEVELOPMENT = services("docker-compose.override.yml")
SECURE = services("docker-compose.secure.yml")
EVERY = [
    pytest.param(name, service, id=f"{file}: {name}")
    for file, found in (("compose", PRODUCTION), ("override", DEVELOPMENT), ("secure", SECURE))
    for name, service in found.items()
]
WHOLE = {**{name: one for name, one in DEVELOPMENT.items() if "image" in one}, **PRODUCTION}
LASTING = {name: one for name, one in WHOLE.items() if name not in JOBS}
DOCKERFILE = (PROJECT / "deploy" / "Dockerfile").read_text()

every_service = pytest.mark.parametrize(("name", "service"), EVERY)
each = pytest.mark.parametrize(("name", "service"), WHOLE.items(), ids=WHOLE)
each_lasting = pytest.mark.parametrize(("name", "service"), LASTING.items(), ids=LASTING)


def test_every_service_of_ours_has_its_container() -> None:
    assert set(SERVICE_NAMES) == set(OURS)
    assert set(OURS) | set(JOBS) <= PRODUCTION.keys()


@every_service
def test_ports_are_open_to_this_machine_only(name: str, service: Service) -> None:
    for port in service.get("ports", ()):
        assert str(port).startswith("127.0.0.1:"), name


@each
def test_a_container_can_change_nothing_and_become_nobody(name: str, service: Service) -> None:
    assert service["read_only"], name
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "pid", "ipc", "devices"} & service.keys()
    assert ("cap_add" in service) == (name == "secrets")
    assert any(mount.startswith("/tmp:") for mount in service["tmpfs"])  # noqa: S108  # a mount, no file


@each_lasting
def test_what_lasts_is_watched_and_has_time_to_end(name: str, service: Service) -> None:
    assert service["restart"] == "unless-stopped", name
    assert int(service["stop_grace_period"].removesuffix("s")) >= 10
    ours = "kinerja-" in service["image"]
    assert ours or "test" in service["healthcheck"], "only our images bring their own check"
    assert "HEALTHCHECK" in DOCKERFILE


@pytest.mark.parametrize("name", JOBS)
def test_a_job_runs_once_and_somebody_waits_for_it(name: str) -> None:
    assert PRODUCTION[name]["restart"] == "no"
    waiting = [one.get("depends_on", {}).get(name) for one in PRODUCTION.values()]
    assert {"condition": "service_completed_successfully"} in waiting


@each
def test_images_are_pinned_to_a_version(name: str, service: Service) -> None:
    assert re.fullmatch(
        r"[a-z/]+:(v?\d[\w.-]*)|kinerja-[a-z]+:\$\{KINERJA_VERSION:-local\}", service["image"]
    ), name


@each
def test_any_number_of_a_service_can_run(name: str, service: Service) -> None:
    assert not {"container_name", "hostname"} & service.keys()
    if name == "training":
        assert "ports" not in service
        [port] = DEVELOPMENT["training"]["ports"]
        assert "-8119}" in port, "a range: one port for each that runs"


@every_service
def test_no_secret_is_written_down_or_passed_in_the_environment(
    name: str, service: Service
) -> None:
    for variable, value in service.get("environment", {}).items():
        if re.search("PASSWORD|SECRET|KEY(?!STORE)", variable):
            assert variable.endswith("_FILE"), f"{name}: {variable}"
            assert value.startswith("/run/secrets/")
        assert not re.search(r"://[^/]*:[^/]*@", str(value)), f"{name}: {variable} has a password"


def test_a_secret_is_mounted_by_its_reader_alone() -> None:
    readers: dict[str, set[str]] = {}
    for name, service in WHOLE.items():
        for mount in service.get("volumes", ()):
            if "-secrets:" in mount and name != "secrets":
                assert mount.endswith(":/run/secrets:ro"), name
                readers.setdefault(mount.partition("-secrets:")[0], set()).add(name)
    assert readers == {
        "postgres": {"postgres"},
        "appraisal": {"appraisal", "migrate-appraisal"},
        "training": {"training", "migrate-training"},
        "notifications": {"notifications", "migrate-notifications"},
        "portal": {"portal"},
    }


def test_the_portal_and_the_mail_sink_cannot_reach_broker_or_database() -> None:
    compose = yaml.safe_load((PROJECT / FILES[0]).read_text())
    assert compose["networks"]["stores"] == {"internal": True}
    assert PRODUCTION["kafka"]["networks"] == PRODUCTION["postgres"]["networks"] == ["stores"]
    assert PRODUCTION["portal"]["networks"] == PRODUCTION["mail"]["networks"] == ["front"]


def test_development_is_in_the_override_alone() -> None:
    production = (PROJECT / FILES[0]).read_text()
    assert "embedded" not in production
    assert "desk" not in PRODUCTION
    assert "ADDRESS_PATTERN" not in production
    assert (PROJECT / FILES[1]).read_text().startswith("# DEVELOPMENT ONLY.")


def test_encrypted_each_service_has_a_user_of_its_own_and_proves_its_servers() -> None:
    users = {"topics": "operator"} | {name: name for name in rights.declared() if name in OURS}
    asked = {name: SECURE[name]["environment"] for name in users}
    assert {name: one["KINERJA_KAFKA_USER"] for name, one in asked.items()} == users
    for one in asked.values():
        assert one["KINERJA_KAFKA_PROTOCOL"] == "SASL_SSL"
        assert one["KINERJA_KAFKA_CA_FILE"] == "/run/secrets/authority.pem"
    for name, service in PRODUCTION.items():
        for variable in service.get("environment", {}):
            if variable.endswith("_DATABASE_URL"):
                tls = variable.replace("_URL", "_TLS")
                assert SECURE[name]["environment"][tls] == "verify", name


def test_encrypted_kafka_lets_in_nobody_unknown_but_from_its_own_container() -> None:
    knobs = SECURE["kafka"]["environment"]
    listeners = dict(one.split("://") for one in knobs["KAFKA_LISTENERS"].split(","))
    protocols = dict(
        one.split(":") for one in knobs["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")
    )
    for name, address in listeners.items():
        inside = address.startswith(("127.0.0.1:", "localhost:"))
        assert protocols[name] == ("PLAINTEXT" if inside else "SASL_SSL"), name
    assert knobs["KAFKA_SUPER_USERS"] == "User:ANONYMOUS;User:admin"
    assert "KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND" not in knobs


def test_every_user_of_kafka_gets_a_password_that_only_it_reads() -> None:
    script = (PROJECT / "deploy" / "secrets" / "make.sh").read_text()
    users = (PROJECT / "deploy" / "kafka" / "users.sh").read_text()
    named = set(rights.declared())
    assert set(re.findall(r"set -- (.*)", users)[0].split()) == {"admin", *named}
    [made] = re.findall(r"for name in (.*); do\n        own=/secrets/kafka", script)
    assert set(made.split()) == named
    readers = {
        name: mount
        for name, service in SECURE.items()
        for mount in service.get("volumes", ())
        if name != "secrets"
    }
    assert readers == {
        "kafka": "kafka-secrets:/run/secrets:ro",
        "topics": "operator-secrets:/run/secrets:ro",
    }


def test_a_role_may_enter_its_own_database_alone() -> None:
    script = (PROJECT / "deploy" / "postgres" / "roles.sql").read_text()
    for name in ("appraisal", "training", "notifications"):
        assert f"create database {name} owner {name};" in script
        assert re.search(rf"revoke all on database [^;]*\b{name}\b[^;]* from public;", script)
    assert re.findall(r"password (\S+);", script) == [
        ":'appraisal'",
        ":'training'",
        ":'notifications'",
    ]


def test_an_image_is_built_from_the_lock_and_runs_as_nobody_in_particular() -> None:
    assert "--require-hashes -r" in DOCKERFILE
    assert "://" not in DOCKERFILE.replace("http://127.0.0.1", "")
    last = DOCKERFILE[DOCKERFILE.index("AS service") :]
    assert "USER 10001:10001" in last
    assert re.findall(r"^(ENTRYPOINT|CMD) (\[.*)\]$", last, re.MULTILINE)[0] == (
        "ENTRYPOINT",
        '["python", "-m"',
    )
    assert DOCKERFILE.rstrip().endswith("FROM service"), "production is what is built by itself"


def test_an_image_holds_one_service() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert copied == [
        "${LOCK}",
        "shared/",
        "services/__init__.py",
        "services/${SERVICE}/",
        "deploy/__init__.py",  # these two for the development issuer
        "deploy/local/",
    ]
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored, "only what is named goes into a build"


def test_the_live_tests_run_on_the_same_broker_and_database() -> None:
    images = {service["image"] for service in PRODUCTION.values() if "image" in service}
    assert {engine.KAFKA, engine.POSTGRES} <= images


@pytest.mark.parametrize(
    "file",
    [*FILES, "deploy/secrets/make.sh", "deploy/kafka/users.sh", "deploy/postgres/roles.sql"],
)
def test_it_stays_readable(file: str) -> None:
    text = (PROJECT / file).read_text()
    assert max(map(len, text.splitlines())) <= 120
    assert Path(file).suffix != ".sh" or len(text) < LARGEST_SCRIPT
