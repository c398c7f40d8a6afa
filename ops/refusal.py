"""Why a command was not carried out, in words for the operator."""

from __future__ import annotations


class Refusal(Exception):
    """The command cannot do what was asked; the text is one line. Exit status 1."""
