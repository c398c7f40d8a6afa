"""Tables of archives: what an upload that holds other files is, and what became of each of them.

Only shapes. That an upload came out of an archive stands with the upload itself.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, Table, Text

from store.tables import metadata, one_of

archive = Table(
    "archive",
    metadata,
    Column("upload_id", ForeignKey("upload.id"), primary_key=True),
    Column("root_id", Integer, nullable=False, index=True),  # the outermost archive around it
    Column("depth", Integer, nullable=False),  # 1 for one that was uploaded
    Column("again", Boolean, nullable=False),  # also take in what is here already
    Column("read_bytes", BigInteger, nullable=False, default=0),  # of the file; may begin anew
    Column("inflated_bytes", BigInteger, nullable=False, default=0),  # that came out of it
    Column("damage", Text),  # a word of mail.member.Damage about the archive as a whole
)

member = Table(
    "member",
    metadata,
    Column("archive_id", ForeignKey("upload.id"), primary_key=True, autoincrement=False),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),  # in the order of the file
    Column("name", Text, nullable=False),  # as shown; never a path on disk
    Column("claimed_size", BigInteger),  # what a header says
    Column("size", BigInteger),  # what came out; NULL when nobody looked
    Column("packed_bytes", BigInteger),  # NULL when its bytes are not its own (tar.gz)
    Column("fate", Text, one_of("fate", "imported same damaged skipped"), nullable=False),
    Column("reason", Text),  # a word of mail.member.NotTaken or Damage
    Column("upload_id", Integer, index=True),  # what it became, or what has the same bytes
    Column("sha256", Text),  # of what came out
)
