"""No secret has a value before somebody makes one, and each may lie in a file."""

import importlib
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from deploy.cli.doctor.site import KEYS, PASSWORDS
from shared.settings import CommonSettings
from tests.architecture.house import SERVICE_NAMES


def kinds() -> list[type[BaseSettings]]:
    found = [
        importlib.import_module(f"services.{name}.settings").Settings for name in SERVICE_NAMES
    ]
    return [CommonSettings, *found]


def secrets() -> Iterator[tuple[type[BaseSettings], str, FieldInfo]]:
    for kind in kinds():
        for name, field in kind.model_fields.items():
            if "SecretStr" in str(field.annotation):
                yield kind, name, field


EVERY = [
    pytest.param(kind, name, field, id=f"{kind.model_config['env_prefix']}{name.upper()}")
    for kind, name, field in secrets()
]
each = pytest.mark.parametrize(("kind", "name", "field"), EVERY)


@each
def test_a_secret_has_no_value_of_its_own(
    kind: type[BaseSettings], name: str, field: FieldInfo
) -> None:
    given = field.default
    text = given.get_secret_value() if isinstance(given, SecretStr) else given
    assert field.is_required() or text in {None, ""}, "a default password is everybody's"


@each
def test_a_secret_may_lie_in_a_file(kind: type[BaseSettings], name: str, field: FieldInfo) -> None:
    assert f"{name}_file" in kind.model_fields


def test_the_doctor_looks_at_every_secret() -> None:
    named = {f"{kind.model_config['env_prefix']}{name.upper()}" for kind, name, _ in secrets()}
    assert named == {*KEYS, *PASSWORDS}


def test_what_sounds_like_a_secret_is_kept_as_one() -> None:
    held = {(kind, name) for kind, name, _ in secrets()}
    for kind in kinds():
        for name in kind.model_fields:
            if name.endswith(("password", "secret", "secret_key", "session_key", "token")):
                assert (kind, name) in held, f"{kind.__name__}.{name}"
