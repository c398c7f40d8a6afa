"""The MIME tree as people see it: every multipart and leaf, in order, with what it declares."""

from __future__ import annotations

from hashlib import sha256

from mail.part import part_bytes
from mail.rule import Dialect, Rule
from mail.tree import Node, tree_of

RULE = Rule.of(Dialect.MBOXRD)
NESTED = b"""Subject: nested
Content-Type: multipart/mixed; boundary=A

--A
Content-Type: multipart/related; boundary=B

--B
Content-Type: multipart/alternative; boundary=C

--C
Content-Type: text/plain; charset=cp949

hi
--C
Content-Type: text/html

<b>hi</b>
--C--
--B
Content-Type: image/png; name=dot.png
Content-ID: <dot>
Content-Transfer-Encoding: base64

aGk=
--B--
--A
Content-Type: message/rfc822

Subject: inner

inner text
--A--
"""


def shape(nodes: tuple[Node, ...]) -> list[tuple[int, str, str]]:
    return [(node.depth, node.path, node.content_type) for node in nodes]


def test_a_tree_has_its_multiparts_and_leaves_in_order() -> None:
    assert shape(tree_of(NESTED, rule=RULE)) == [
        (0, "", "multipart/mixed"),
        (1, "1", "multipart/related"),
        (2, "1.1", "multipart/alternative"),
        (3, "1.1.1", "text/plain"),
        (3, "1.1.2", "text/html"),
        (2, "1.2", "image/png"),
        (1, "2", "message/rfc822"),
        (2, "2.1", "text/plain"),
    ]


def test_a_leaf_says_what_it_declares_and_what_its_bytes_are() -> None:
    picture = next(node for node in tree_of(NESTED, rule=RULE) if node.path == "1.2")

    content = part_bytes(NESTED, "1.2", rule=RULE)
    assert (picture.size, picture.sha256) == (len(content), sha256(content).digest())
    assert (picture.encoding, picture.filename, picture.kind) == ("base64", "dot.png", "inline")


def test_a_message_of_one_text_is_one_leaf() -> None:
    assert shape(tree_of(b"Subject: x\n\nhi\n", rule=RULE)) == [(0, "1", "text/plain")]


def test_a_multipart_whose_kind_no_leaf_tells_is_called_one() -> None:
    raw = NESTED.replace(b"Content-Type: image/png; name=dot.png\n", b"").replace(
        b"--B\nContent-ID: <dot>\nContent-Transfer-Encoding: base64\n\naGk=\n", b""
    )

    assert (1, "1", "multipart") in shape(tree_of(raw, rule=RULE))
