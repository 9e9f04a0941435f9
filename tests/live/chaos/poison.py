"""What nobody can read, put on the topics by somebody who keeps to no contract."""

import asyncio
import itertools
import threading
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

LISTENERS = {
    "workforce.employees.v1": {"notifications"},
    "appraisal.evaluations.v1": {"training", "notifications"},
    "appraisal.imports.v1": {"notifications"},
    "training.recommendations.v1": {"notifications"},
}
"""Who hears each topic, and sets aside what it cannot read."""
TYPES = (
    b"employee.registered.v1",
    b"evaluation.finalized.v1",
    b"import.completed.v1",
    b"recommendations.issued.v1",
)
KINDS = ("no JSON", "an unknown type", "another schema", "no envelope")
MARK = b"poison "


class Poisoner:
    """Puts poison on one topic after the other; `put` names each, with its topic."""

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._numbers = itertools.count()
        self._threads: list[threading.Thread] = []
        self.put: dict[bytes, str] = {}

    def inject(self) -> None:
        """Begin to put one there; it takes as long as the broker is away."""
        thread = threading.Thread(target=lambda: asyncio.run(self._inject()), daemon=True)
        self._threads.append(thread)
        thread.start()

    def done(self) -> dict[bytes, str]:
        """Wait until all are there."""
        for thread in self._threads:
            thread.join(timeout=90)
            assert not thread.is_alive(), "poison could not be put"
        return self.put

    async def _inject(self) -> None:
        number = next(self._numbers)
        place = number % len(TYPES)
        topic = tuple(LISTENERS)[place]
        kind = KINDS[(number // len(TYPES) + number) % len(KINDS)]
        said = MARK + uuid4().hex.encode()
        value = said if kind != "another schema" else b'{"' + said + b'": 1}'
        envelope = [
            ("ce_id", str(uuid4()).encode()),
            ("ce_type", b"nobody.knows.v1" if kind == "an unknown type" else TYPES[place]),
            ("ce_source", b"urn:stranger"),
            ("ce_time", b"2026-01-01T00:00:00+00:00"),
        ]
        headers = [] if kind == "no envelope" else envelope
        self.put[value] = topic
        while True:  # one producer for all tries: idempotent, so that it is there once
            producer = AIOKafkaProducer(
                bootstrap_servers=self._servers, enable_idempotence=True, request_timeout_ms=90_000
            )
            try:
                await producer.start()
            except (KafkaError, OSError):
                await producer.stop()
                await asyncio.sleep(0.5)
                continue
            try:
                key = uuid4().hex.encode()
                await producer.send_and_wait(topic, value, key=key, headers=headers)
            finally:
                await producer.stop()
            return
