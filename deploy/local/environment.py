"""The embedded stack's addresses and knobs, in one place: every process on 127.0.0.1.

What the caller's own environment says comes first: `TRAINING_BATCH=200 make run` works.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[2]
HOST: Final = "127.0.0.1"
SERVICES: Final = ("appraisal", "training", "notifications")
"""Those with a database."""
_OFFSETS: Final = {
    "portal": 0,
    "appraisal": 1,
    "training": 2,
    "notifications": 3,
    "desk": 4,
    "smtp": 25,
}
"""Who listens how far above the port base."""
USUAL_BASE: Final = 8100
USUAL_KAFKA: Final = 19092


@dataclass(frozen=True, slots=True)
class Stack:
    """Where this embedded stack keeps its data and listens.

    Attributes:
        data: the folder all of it writes to.
        base: the port the HTTP and SMTP ports are counted from.
        kafka: the broker's port.
    """

    data: Path = PROJECT / ".kinerja"
    base: int = USUAL_BASE
    kafka: int = USUAL_KAFKA

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Stack":
        """The stack these variables describe.

        Raises:
            ValueError: a port is no number.
        """
        return cls(
            data=Path(environ.get("KINERJA_DATA") or PROJECT / ".kinerja").resolve(),
            base=int(environ.get("KINERJA_PORT_BASE") or USUAL_BASE),
            kafka=int(environ.get("KINERJA_KAFKA_PORT") or USUAL_KAFKA),
        )

    def port(self, name: str) -> int:
        """The port a process listens on."""
        return self.kafka if name == "broker" else self.base + _OFFSETS[name]

    def url(self, name: str) -> str:
        """A process's web address."""
        return f"http://{HOST}:{self.port(name)}"

    @property
    def kafka_servers(self) -> str:
        """The broker's address."""
        return f"{HOST}:{self.kafka}"

    @property
    def logs(self) -> Path:
        """One log file a process."""
        return self.data / "log"

    @property
    def keys(self) -> Path:
        """What must stay secret."""
        return self.data / "keys"

    @property
    def reports(self) -> Path:
        """Rejected rows, ready to be corrected."""
        return self.data / "reports"


def agreed(stack: Stack) -> dict[str, str]:
    """What all processes of the stack agree on (`KINERJA_…`), and what keeps them small."""
    return {
        "KINERJA_PROFILE": "embedded",
        "KINERJA_DATA": str(stack.data),
        "KINERJA_PORT_BASE": str(stack.base),
        "KINERJA_KAFKA_PORT": str(stack.kafka),
        "KINERJA_ISSUER": stack.url("desk"),
        "KINERJA_JWKS_URL": f"{stack.url('desk')}/.well-known/jwks.json",
        "KINERJA_KAFKA_SERVERS": stack.kafka_servers,
        # the embedded broker: no idempotent producer, forgets topics when it dies, answers a
        # fetch only after the longest wait, and takes six seconds to let anybody into a group
        "KINERJA_KAFKA_IDEMPOTENT": "false",
        "KINERJA_KAFKA_PROVISION": "true",
        "KINERJA_KAFKA_FETCH_WAIT_MS": "10",
        "KINERJA_KAFKA_ALONE": "true",
        "KINERJA_KAFKA_METADATA_MS": "10000",
        "KINERJA_KAFKA_CHECK_SECONDS": "2",
        "MALLOC_ARENA_MAX": "2",  # glibc takes eight a core, each with memory of its own
    }


def own(stack: Stack, name: str) -> dict[str, str]:
    """What only this process needs; secrets lie in files, see `folder`."""
    knobs: dict[str, dict[str, str]] = {
        "notifications": {
            "NOTIFICATIONS_PORTAL_URL": stack.url("portal"),
            "NOTIFICATIONS_SMTP_HOST": HOST,
            "NOTIFICATIONS_SMTP_PORT": str(stack.port("smtp")),
            "NOTIFICATIONS_SMTP_TLS": "none",
            "NOTIFICATIONS_SENDER": "Kinerja <kinerja@surat.example>",
            "NOTIFICATIONS_ADDRESS_PATTERN": "{id}@pegawai.example",
            # the desk is near and quick: after a kill, whoever starts again need not wait longer
            "NOTIFICATIONS_LEASE_SECONDS": "20",
        },
        "portal": {
            "PORTAL_APPRAISAL_URL": stack.url("appraisal"),
            "PORTAL_TRAINING_URL": stack.url("training"),
            "PORTAL_NOTIFICATIONS_URL": stack.url("notifications"),
            "PORTAL_DESK_URL": stack.url("desk"),
        },
    }
    found = knobs.get(name, {})
    if name in SERVICES:
        found[f"{name.upper()}_DATABASE_URL"] = f"sqlite+aiosqlite:///{stack.data / name}.db"
    return found


def without_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    """Keep calls between our own processes away from a proxy the machine may have."""
    direct = [HOST, "localhost"]
    asked = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    spared = ",".join(dict.fromkeys([*filter(None, asked.split(",")), *direct]))
    return {"NO_PROXY": spared, "no_proxy": spared}
