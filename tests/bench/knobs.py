"""How large benches are: the standard sizes end within twenty minutes on two cores."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Knobs:
    """Sizes of all benches.

    Attributes:
        n: events of a stage or pipeline run on servers.
        n_embedded: the same on the embedded stack.
        n_peers: the same where other ways are compared.
        reps: how often floor and product take turns.
        seconds: how long each rate of the latency bench lasts.
        burst: results told at once.
        rows: of the export that is imported.
        table_rows: what the tables hold already in the growth bench.
        table_events: of a run on them; enough to see work go on, not only the first touch of pages.
        memory_events, dead: facts that memory is watched over, and how many of them are dead.
        evaluations: what is kept while lists are asked for over HTTP.
        nation: evaluations told in one go.
    """

    n: int = 100_000
    n_embedded: int = 30_000
    n_peers: int = 5_000
    reps: int = 3
    seconds: int = 15
    burst: int = 10_000
    rows: int = 100_000
    table_rows: int = 500_000
    table_events: int = 50_000
    memory_events: int = 200_000
    dead: int = 20_000
    evaluations: int = 100_000
    nation: int = 100_000


STANDARD = Knobs()
FULL = replace(
    STANDARD,
    seconds=60,
    table_rows=5_000_000,
    table_events=250_000,
    memory_events=1_000_000,
    dead=200_000,
    evaluations=1_000_000,
    nation=4_700_000,
)
"""The sizes goals are set for."""
