"""A file that cannot be read as an export: one refusal, clear enough to act on."""

from enum import StrEnum


class Refusal(StrEnum):
    """Why a whole file is refused; texts: `refusal.<code>.text` and `refusal.<code>.remedy`."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNSAFE = "unsafe"
    ENCRYPTED = "encrypted"
    OLD_EXCEL = "old_excel"
    HTML = "html"
    CUT_OFF = "cut_off"
    DAMAGED = "damaged"
    NOT_EXPORT = "not_export"
    MISSING_COLUMNS = "missing_columns"
    COLUMN_TWICE = "column_twice"
    TWO_HEADERS = "two_headers"
    TWO_SHEETS = "two_sheets"
    NO_ROWS = "no_rows"


class ExportRefused(Exception):
    """The file is refused as a whole; nothing of it may be imported.

    Attributes:
        code: why.
        params: what the texts may name: columns, rows, sizes; never what stands in a data cell.
    """

    def __init__(self, code: Refusal, **params: str) -> None:
        super().__init__(code.value)
        self.code = code
        self.params = params

    @property
    def text(self) -> str:
        """Message id of what the matter is."""
        return f"refusal.{self.code}.text"

    @property
    def remedy(self) -> str:
        """Message id of what to do."""
        return f"refusal.{self.code}.remedy"
