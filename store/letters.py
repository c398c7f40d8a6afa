"""Which letters `mail.text.tokens` cuts into pairs: Hangul, Kana, Han.

Needed to mark hits in a text; that it agrees with `tokens` is held by a test.
"""

from __future__ import annotations

# A piece of a character class.
PAIRED_LETTERS = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3105-\u312f\u3131-\u318e"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
