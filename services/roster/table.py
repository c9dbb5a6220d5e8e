"""One CSV file while it is read: encoding, line ends, quotes, header and number of cells."""

import csv
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Final, Self

from services.roster.files import RosterFile
from services.roster.problems import Problems, RosterProblem, shortened

LONGEST_LINE_BYTES: Final = 1024 * 1024
UTF_8_MARK: Final = b"\xef\xbb\xbf"
UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Columns:
    """The header that a file may have, in any order. `unused` columns are known to be there and are not read."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        return (*self.required, *self.optional, *self.unused)


class _UnreadableError(Exception):
    """The rest of the file cannot be read; the problem is noted already."""


class Table:
    """A file's rows and what is wrong with them. Read once, from start to end, a row at a time.

    `refused` counts the problems of this file; `bytes_read`, `lines_read` and `rows_read` say how far it is;
    `bytes_total` is None for a stream without a size. As a context manager it opens the file and reads its header.
    """

    def __init__(self, file: RosterFile, columns: Columns, problems: Problems, *, order: int) -> None:
        self.name = file.name
        self.refused = 0
        self.rows_read = 0
        self.bytes_read = 0
        self.lines_read = 0
        self.bytes_total: int | None = None
        self._file, self._columns, self._problems, self._order = file, columns, problems, order
        self._stream: BinaryIO | None = None
        self._nul_seen = False
        self._places: dict[str, int] = {}
        self._width = 0
        self._reader: Iterator[list[str]] = iter(())

    def __enter__(self) -> Self:
        try:
            self._stream = self._file.open()
            self.bytes_total = _size(self._stream)
            self._reader = csv.reader(self._lines(self._stream), strict=True)
            self._read_header()
        except (OSError, csv.Error, _UnreadableError) as error:
            self._give_up(error, 1)
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream:
            self._stream.close()

    def place(self, column: str) -> int | None:
        """Where a row has this column; None when the file does not have it."""
        return self._places.get(column)

    def refuse(self, line: int | None, column: str | None, value: str | None, reason: str, expected: str) -> None:
        self.refused += 1
        told = None if value is None else shortened(value)
        self._problems.add(self._order, RosterProblem(self.name, line, column, told, reason, expected))

    def refuse_uncounted(self, more: int) -> None:
        self.refused += more
        self._problems.add_uncounted(more)

    def cell(self, row: list[str], column: str) -> str:
        """Without surrounding blanks; empty when the file does not have the column."""
        place = self._places.get(column)
        return "" if place is None else row[place].strip()

    def text(self, line: int, row: list[str], column: str, longest: int) -> str:
        """A cell that must not be empty; what is wrong with it is refused here."""
        value = self.cell(row, column)
        if not value:
            self.refuse(line, column, None, "is empty", f"a text of 1 to {longest} characters")
        elif len(value) > longest:
            self.refuse(line, column, value, f"has {len(value)} characters", f"at most {longest}")
        return value

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row that has its full width, with the line it begins on. Blank lines are passed over."""
        if not self._places:
            return
        line = self.lines_read + 1
        try:
            for row in self._reader:
                if row:
                    self.rows_read += 1
                    if len(row) == self._width and not self._nul_seen:
                        yield line, row
                    else:
                        self._refuse_cells(line, row)
                line = self.lines_read + 1
        except (OSError, csv.Error, _UnreadableError) as error:
            self._give_up(error, line)

    def _refuse_cells(self, line: int, row: list[str]) -> None:
        self._nul_seen = False
        for column, value in zip(self._places, row, strict=False):
            if "\0" in value:
                self.refuse(line, column, value, "holds a NUL character", "text without it")
        if len(row) != self._width:
            self.refuse(
                line,
                None,
                ",".join(row),
                f"has {len(row)} {'cell' if len(row) == 1 else 'cells'}",
                f"{self._width} cells, as in the header; a cell with a comma or a line end stands in quotes",
            )

    def _lines(self, stream: BinaryIO) -> Iterator[str]:
        for raw in iter(partial(stream.readline, LONGEST_LINE_BYTES), b""):
            self.bytes_read += len(raw)
            self.lines_read += 1
            if b"\0" in raw:
                self._nul_seen = True
            if self.lines_read == 1 and raw.startswith(UTF_8_MARK):
                yield self._decoded(raw.removeprefix(UTF_8_MARK))
            else:
                yield self._decoded(raw)

    def _decoded(self, raw: bytes) -> str:
        if len(raw) == LONGEST_LINE_BYTES and not raw.endswith(b"\n"):
            self.refuse(self.lines_read, None, None, "is longer than a megabyte", "one row on each line")
            raise _UnreadableError
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            is_utf_16 = self.lines_read == 1 and raw.startswith(UTF_16_MARKS)
            around = raw[max(0, error.start - 20) : error.end + 10].decode(errors="backslashreplace")
            reason = "is UTF-16" if is_utf_16 else "is not UTF-8"
            self.refuse(self.lines_read, None, None if is_utf_16 else around, reason, "a file saved as UTF-8")
            raise _UnreadableError from error

    def _give_up(self, error: Exception, line: int) -> None:
        self._reader = iter(())
        if isinstance(error, csv.Error):
            self.refuse(line, None, None, *_told(str(error)))
        elif isinstance(error, FileNotFoundError):
            self.refuse(None, None, None, "does not exist", "the path of a CSV file")
        elif isinstance(error, OSError):
            self.refuse(None, None, None, f"cannot be read ({error.strerror or error})", "a CSV file that you may read")

    def _read_header(self) -> None:
        line = 1
        for header in self._reader:
            if header:
                break
            line = self.lines_read + 1
        else:
            wanted = ",".join(self._columns.required)
            self.refuse(None, None, None, "is empty", f"a header ({wanted}) and a row on each line")
            return
        names = [name.strip() for name in header]
        self._check_header(line, names)
        if not self.refused:
            self._places = {name: place for place, name in enumerate(names)}
            self._width = len(names)

    def _check_header(self, line: int, names: list[str]) -> None:
        missing = [column for column in self._columns.required if column not in names]
        if len(names) == 1 and missing and (";" in names[0] or "\t" in names[0]):
            self.refuse(line, None, names[0], "is not separated by commas", "a comma between two columns")
            return
        for place, name in enumerate(names):
            if name in names[:place]:
                self.refuse(line, name, None, "stands twice in the header", "each column once")
            elif name not in self._columns.known:
                self.refuse(line, name or None, None, "is not a known column", _nearest(name, self._columns, names))
        for column in missing:
            close = difflib.get_close_matches(column, set(names) - set(self._columns.known), n=1)
            hint = f" (is it {close[0]}?)" if close else ""
            self.refuse(line, column, None, f"is missing in the header{hint}", ",".join(self._columns.required))


def _nearest(name: str, columns: Columns, names: list[str]) -> str:
    free = [column for column in columns.known if column not in names]
    close = difflib.get_close_matches(name.lower(), free, n=1) if free else []
    return close[0] if close else f"one of {', '.join((*columns.required, *columns.optional))}"


def _size(stream: BinaryIO) -> int | None:
    if not stream.seekable():
        return None
    size = stream.seek(0, 2)
    stream.seek(0)
    return size


def _told(error: str) -> tuple[str, str]:
    """Reason and remedy, in words, for what the csv module says."""
    if "unexpected end" in error or "field limit" in error:
        return "opens a quote that is never closed", "a closing quote; a quote inside a quoted cell is doubled"
    if "expected after" in error:
        return "goes on after a closing quote", "a comma there; a quote inside a quoted cell is doubled"
    if "new-line" in error:
        return "has line ends of an old Mac (CR)", "a file saved with LF or CRLF line ends"
    return f"is not CSV ({error})", "comma-separated values with quotes where needed"
