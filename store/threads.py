"""Which conversation a message belongs to.

A thread's key is a pure function of one message, so that workers need not agree while they
write. Messages whose keys differ although they belong together (an answer that names only its
parent, two archives of which one has Gmail's thread ids) are brought together on reading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mail.envelope import Envelope
from store.hashing import hash64

_ANSWER_MARKS = re.compile(
    r"^\s*(?:(?:re|aw|sv|antw|vs|fwd?|wg|tr|회신|답장|전달)(?:\[\d+\])?\s*[:：]|\[[^\]]{1,40}\])\s*",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"^\s*(?:\[[^\]]{1,40}\]\s*)?(?:re|aw|sv|antw|vs|회신|답장)(?:\[\d+\])?\s*[:：]", re.IGNORECASE
)
# A shorter subject ("hi", "test") says too little to tie two messages together.
SUBJECT_CHARACTERS_NEEDED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadKeys:
    """What ties a message to others; each a 64-bit hash."""

    own: int | None  # of its Message-ID
    parent: int | None  # of the message it answers
    thread: int | None  # of the conversation, as far as this message can tell
    subject: int | None  # of the bare subject, when nothing better is there


def thread_keys(envelope: Envelope) -> ThreadKeys:
    """The keys of one message.

    Gmail's id first, then the oldest reference (RFC 5322, 3.6.4: the first names the thread's
    root), then the message it answers, then itself.
    """
    own = _key(envelope.message_id)
    answered = envelope.in_reply_to[-1:] or envelope.references[-1:]
    parent = _key(answered[0]) if answered else None
    root = (envelope.references or envelope.in_reply_to)[:1]
    gmail = hash64("gmail:" + envelope.thread_id) if envelope.thread_id else None
    return ThreadKeys(
        own=own,
        parent=parent,
        thread=gmail or (_key(root[0]) if root else own),
        subject=None if root or envelope.thread_id else subject_key(envelope.subject),
    )


def message_id_key(message_id: str) -> int:
    """The key under which a Message-ID is found, with or without its angle brackets."""
    return hash64(message_id.strip().strip("<>"))


def subject_key(subject: str | None) -> int | None:
    """The key of a subject without its answer marks; None when it says too little."""
    bare = bare_subject(subject or "").lower()
    return hash64("subject:" + bare) if len(bare) >= SUBJECT_CHARACTERS_NEEDED else None


def bare_subject(subject: str) -> str:
    """A subject without "Re:", "[list]" and their like, its blanks evened out."""
    while (shorter := _ANSWER_MARKS.sub("", subject, count=1)) != subject:
        subject = shorter
    return " ".join(subject.split())


def is_answer(subject: str | None) -> bool:
    """True when a subject says that it answers another message."""
    return bool(subject and _ANSWER.match(subject))


def _key(message_id: str | None) -> int | None:
    return message_id_key(message_id) if message_id and message_id.strip("<> ") else None
