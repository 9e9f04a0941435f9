"""The floor: the same stages by a raw client, msgspec and COPY; no framework, no safety net.

It does what any program must do for the same facts: consume, decode, decide, keep inbox and effect
and outbox in one transaction, publish, delete what was published, commit offsets. It leaves out
what makes the product safe and useful: dead letters, retries, contradictions, history, versions,
told facts kept to fill a lost topic again, indexes for lists, metrics, HTTP.
"""

from typing import Final

ASSIGNED: Final = "assigned"
"""What a process of the floor writes once it has partitions."""
