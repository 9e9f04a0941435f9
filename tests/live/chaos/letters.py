"""E-mails: none is sent twice but where somebody died between sending one and noting that."""

import signal
from collections.abc import Iterator
from uuid import UUID

from tests.live.chaos.post import Post
from tests.live.chaos.storm import Storm

FEWEST = 500
"""Letters there must be, for this to prove anything."""


def wrong_letters(storm: Storm, post: Post) -> Iterator[str]:
    """What is wrong with the letters that came so far; ends notifications, so that none comes."""
    storm.running.kill("notifications", signal.SIGTERM)
    if code := storm.running.end("notifications"):
        yield f"notifications ended with {code}"
    query = "select notice_id, state from delivery"
    states = {UUID(str(one)): state for one, state in storm.ground.ask("notifications", query)}
    if len(post.came) < FEWEST:
        yield f"only {len(post.came)} letters came"
    if unknown := post.came.keys() - states.keys():
        yield f"{len(unknown)} letters nobody was to send"
    sent = {one for one, state in states.items() if state == "sent"}
    if lost := sent - post.came.keys():
        yield f"{len(lost)} letters were noted as sent and did not come"
    if failed := sum(state == "failed" for state in states.values()):
        yield f"{failed} letters were given up"
    repeated = post.came.total() - len(post.came)
    unnoted = len(post.came.keys() - sent)  # each of these would have come again
    deaths = storm.count("notifications", "postgres")
    if repeated + unnoted > deaths:
        yield (
            f"{repeated} letters came again and {unnoted} would have, "
            f"though there were only {deaths} deaths"
        )
