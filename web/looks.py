"""The ways to look at a message, and how high a frame its formatted text needs."""

from __future__ import annotations

from enum import StrEnum

from web.language import N_


class Look(StrEnum):
    """How a message is looked at."""

    HTML = "html"
    TEXT = "text"
    HEADERS = "headers"
    PARTS = "parts"
    RAW = "raw"
    HEX = "hex"


LOOKS = {
    Look.HTML: N_("Formatted"),
    Look.TEXT: N_("Text"),
    Look.HEADERS: N_("Headers"),
    Look.PARTS: N_("Parts"),
    Look.RAW: N_("Raw"),
    Look.HEX: N_("Bytes"),
}
# So many lines of text fit into a frame of that name, see static/lists.css.
FRAMES = ((6, "tiny"), (16, "small"), (32, "middle"))
LETTERS_A_LINE = 90


def frame_height(text: str, *, pictures: int) -> str:
    """How high a frame the formatted body needs, by name: its text tells about how long it is."""
    lines = sum(len(line) // LETTERS_A_LINE + 1 for line in text[:10_000].split("\n"))
    lines += pictures * 12
    return next((name for most, name in FRAMES if lines <= most), "tall")
