"""One module a bench; `REGISTER` says by which name each runs, and whether it does by itself."""

from collections.abc import Callable, Iterator
from typing import Final

from tests.bench.benches import growth, imports, latency, nation, peers, stage, starting, web
from tests.bench.knobs import Knobs
from tests.bench.results import Row
from tests.bench.site import Site

Bench = Callable[[Site, Knobs], Iterator[Row]]
REGISTER: Final[dict[str, Bench]] = {
    "stage": stage.stages,
    "pipeline": stage.pipelines,
    "latency": latency.latencies,
    "import": imports.imports,
    "growth": growth.growth,
    "http": web.lists,
    "start": starting.starts,
    "nation": nation.nation,
    "peers": peers.peers,
}
ONLY_WHEN_NAMED: Final = frozenset({"nation", "peers"})
