"""Writes the week as a CSV sheet, whose costs add up to the headline.

UTF-8 with a byte order mark, without which Excel reads names in the machine's old code page.
"""

import csv
import io
from decimal import Decimal

import msgspec

from observability import wording
from observability.rollup.report import Cell, Report

_FORMULA = ("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}")
"""What a spreadsheet takes for the beginning of a formula: https://owasp.org/www-community/attacks/CSV_Injection"""


def sheet(report: Report) -> bytes:
    """The CSV file, with CRLF between its lines."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(Cell.__struct_fields__)
    for cell in report.cells:
        writer.writerow([_written(value) for value in msgspec.structs.astuple(cell)])
    return out.getvalue().encode("utf-8-sig")


def file_name(report: Report) -> str:
    """What it is saved as."""
    return f"chatcore-week-ending-{report.week_ending}.csv"


def _written(value: object) -> str:
    if isinstance(value, Decimal):
        return wording.exact(value)
    if not isinstance(value, str):
        return str(value)
    text = wording.name(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
