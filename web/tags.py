"""Tags of cleaned markup and their attributes, one after another as `nh3` writes them.

Names stand in small letters and values in double quotes. What stands within a value, such as a
title that says ` href=`, is never taken for another attribute.
"""

from __future__ import annotations

import re
from html import unescape

# A slash for an end tag, the name, and all attributes.
TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:[^<>"]|"[^"]*")*+)>', re.IGNORECASE)
# Only when each is looked for where the one before ends: from the beginning of a tag.
ATTRIBUTE = re.compile(r'\s([^\s"=]++)="([^"]*)"')


def attributes_of(tag: str) -> dict[str, str]:
    """The attributes of a tag by name, their values as they are meant."""
    return {name: unescape(value) for name, value in ATTRIBUTE.findall(tag)}
