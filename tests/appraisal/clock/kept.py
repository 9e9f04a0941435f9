"""What appraisal has kept, looked at with queries of our own."""

import json
from typing import Any

from services.appraisal.store import Vault
from tests.services.stage import SECRET, Stage


async def results(stage: Stage) -> dict[str, dict[str, Any]]:
    """What counts now, by NIP as our own vault opens it."""
    vault = Vault(SECRET)
    rows = await stage.appraisal.query(
        "select p.nip_sealed, v.result from evaluation e "
        "join evaluation_version v on v.evaluation_id = e.evaluation_id and v.version = e.version "
        "join employee p on p.employee_id = e.employee_id"
    )
    return {vault.open(sealed).decode(): json.loads(result) for sealed, result in rows}
