"""Find the one file of a multipart/form-data body (RFC 7578) while it streams by.

Only the format; `python_multipart` does the scanning. Other fields of the form are passed over.
"""

from __future__ import annotations

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

PART_HEADER_BYTES = 16 << 10


class MalformedForm(ValueError):
    """A form that cannot be read, or with more than one file; the text is a sentence."""


class FormReader:
    """Feed it blocks, get the file's bytes.

    `filename` is known once the file's part began; `ended` once the closing boundary was seen.
    """

    def __init__(self, boundary: bytes) -> None:
        self.filename: str | None = None
        self.ended = False
        self._pieces: list[bytes] = []
        self._in_file = False
        self._field = bytearray()
        self._value = bytearray()
        self._disposition = b""
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begin,
                "on_header_begin": self._header_begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._part_data,
                "on_end": self._end,
            },
        )

    def read(self, block: bytes) -> list[bytes]:
        """The file's bytes in this block, in order. Raises MalformedForm."""
        self._pieces = []
        try:
            self._parser.write(block)
        except MultipartParseError as error:
            raise MalformedForm(f"The multipart body is malformed: {error}") from error
        return self._pieces

    def _part_begin(self) -> None:
        self._in_file = False
        self._disposition = b""

    def _header_begin(self) -> None:
        self._field.clear()
        self._value.clear()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]
        self._limit_header()

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._limit_header()

    def _limit_header(self) -> None:
        if len(self._field) + len(self._value) > PART_HEADER_BYTES:
            raise MalformedForm("A header of the multipart body is too long.")

    def _header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = bytes(self._value)

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition.decode("latin-1"))
        name = options.get(b"filename")
        if not name:  # a plain field, or a file input that was left empty
            return
        if self.filename is not None:
            raise MalformedForm("There is more than one file in this form; send them one by one.")
        self.filename = name.decode("utf-8", "replace")
        self._in_file = True

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._pieces.append(data[start:end])

    def _end(self) -> None:
        self.ended = True
