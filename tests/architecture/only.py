"""An import-linter contract that names what may be imported, so that nothing new slips in."""

import sys
from collections.abc import Iterable

import grimp
from importlinter import Contract, ContractCheck, fields, output


class OnlyContract(Contract):
    """Source packages import themselves, the standard library and the allowed, nothing else."""

    type_name = "only"

    source_modules = fields.SetField(subfield=fields.ModuleField())
    allowed_modules = fields.SetField(subfield=fields.StringField())

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        """Find direct imports that lead out of the source and to nothing that is allowed."""
        strangers = sorted(
            (importer, imported)
            for source in self.source_modules
            for importer in {source.name, *graph.find_descendants(source.name)}
            for imported in graph.find_modules_directly_imported_by(importer)
            if not self._may(source.name, imported)
        )
        return ContractCheck(kept=not strangers, metadata={"strangers": strangers})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Say which module imports what it should not."""
        strangers: Iterable[tuple[str, str]] = check.metadata["strangers"]
        for importer, imported in strangers:
            output.print_error(f"{importer} is not allowed to import {imported}")
        output.new_line()

    def _may(self, source: str, imported: str) -> bool:
        root = imported.partition(".")[0]
        return (
            imported == source
            or imported.startswith(f"{source}.")
            or root in sys.stdlib_module_names
            or root in self.allowed_modules
        )
