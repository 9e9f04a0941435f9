"""`python -m shared.contracts [FOLDER]` writes all contracts: here, or into another folder."""

import sys
from pathlib import Path

from shared.contracts import generate

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else generate.FOLDER
written = generate.write(folder)
sys.stdout.write(f"{len(written)} contracts written to {folder}\n")
