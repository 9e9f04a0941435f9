"""Quix Streams: a dataframe of records, a batching sink that copies into PostgreSQL."""

import os
from pathlib import Path
from typing import Any

import psycopg
from quixstreams import Application
from quixstreams.sinks import BatchingSink, SinkBatch

from tests.bench.floor import work

stage = work.Training(work.load(Path(os.environ["PEER_ANSWERS"])))


class Rows(BatchingSink):
    """Inbox and recommendation sets, a transaction a checkpoint."""

    def __init__(self) -> None:
        super().__init__()
        self._connection = psycopg.connect(os.environ["PEER_DATABASE"])

    def setup(self) -> None:
        """Nothing: the tables are there."""

    def write(self, batch: SinkBatch) -> None:
        """Keep what came since the last checkpoint."""
        with self._connection.transaction(), self._connection.cursor() as cursor:
            with cursor.copy("copy inbox (fact_id) from stdin") as copy:
                for item in batch:
                    copy.write_row((item.value["identity"],))
            columns = "evaluation_id, employee_id, version, recommendations"
            with cursor.copy(f"copy recommendation_set ({columns}) from stdin") as copy:
                for item in batch:
                    copy.write_row(item.value["row"])


def decide(value: bytes, _key: Any, _time: int, headers: Any) -> dict[str, Any]:
    """A result's answer, with what has to be kept."""
    identity, row, key, told, out = stage(value, headers)
    return {"identity": identity, "row": row, "key": key, "told": told, "headers": out}


app = Application(
    broker_address=os.environ["PEER_KAFKA"],
    consumer_group=os.environ["PEER_GROUP"],
    auto_offset_reset="earliest",
    auto_create_topics=False,
    commit_every=1000,
    commit_interval=0.5,
)
results = app.topic(os.environ["PEER_TOPIC"], value_deserializer="bytes", key_deserializer="bytes")
answers = app.topic(os.environ["PEER_OUT"], value_serializer="bytes", key_serializer="bytes")
decided = app.dataframe(results).apply(decide, metadata=True)
told = decided.set_headers(lambda value, *_: value["headers"])
told.apply(lambda value: value["told"]).to_topic(answers)
decided.sink(Rows())

if __name__ == "__main__":
    app.run()
