"""Show an address or a setting without the secrets in it."""

from __future__ import annotations

import re

MASK = "********"
# Up to the last @, so that a password with an @ or a slash in it is not shown by half. The
# addresses this is for are just those that nobody could take apart.
_PASSWORD = re.compile(r"(?<=://)([^:@/]*):.*@", re.DOTALL)
_PARAMETER = re.compile(r"(?i)([?&][^=&#]*pass[^=&#]*=)[^&#]*")


def without_password(address: str) -> str:
    """The same address, whatever shape it is in, its passwords masked."""
    return _PARAMETER.sub(rf"\1{MASK}", _PASSWORD.sub(rf"\1:{MASK}@", address))
