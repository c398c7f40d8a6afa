"""Where our reading differs from another project's expectation, and why it stays so.

One entry for each difference, by field and file; docs/fidelity.md tells the reasons at length.
A difference that is not listed fails the test, and so does an entry that is none any more.
"""

from __future__ import annotations

from enum import StrEnum


class Why(StrEnum):
    """Why a difference is right to stay."""

    LETTERS = "they lose letters that can be read; we read them"
    SEVERAL_BODIES = "they give the first text of several; we give all of them"
    NESTED = "we list and search what attached messages hold as well"
    DELIVERY_STATUS = "they take a delivery report for text; we list it as an attachment"
    BROKEN_HEADER = "their header ends at a broken line; ours goes on"
    UNNAMED = "they invent a name for a part that has none"
    ODD_ADDRESS = "what stands there is no address; each keeps another piece of it"
    SEVERAL_FROM = "they keep one of several From fields; we keep all"
    BOUNDARY = "no reading of these boundaries is right"
    NUL = "NUL cannot be kept in a text column; the raw message has it"
    EMBEDDED = "we take uuencoded files out of the text and list them"
    MAILBOX_FRONT = "the file is a damaged header; nothing in it is certain"
    GB18030 = "two bytes that GB2312 does not have are a letter of GB18030"
    INLINE = "an unnamed text is a body to us, an attachment to them"
    ALTERNATIVE = "of an alternative we keep the plain text only"
    BLANKS = "they drop the blank between a word and an encoded word"
    LAST_LINE_END = "we leave the line end before a boundary to the boundary"
    LITERAL = "the letters are damaged in the file; theirs come from another copy"


def _each(why: Why, field: str, *names: str) -> dict[tuple[str, str], Why]:
    return {(field, f"{name}.eml"): why for name in names}


EXPLAINED: dict[tuple[str, str], Why] = {
    **_each(
        Why.LETTERS,
        "subject",
        "imap-tools/error_emails/invalid_subject_characters",
        "mail-parser/legacy/010",
        "mail-parser/legacy/020",
        "mail-parser/legacy/022",
        "mail-parser/legacy/027",
        "mail-parser/legacy/052",
    ),
    **_each(
        Why.LETTERS,
        "text",
        "imap-tools/error_emails/content_transfer_encoding_7-bit",
        "imap-tools/error_emails/content_transfer_encoding_plain",
        "imap-tools/plain_emails/raw_email6",
        "mail-parser/legacy/033",
        "mail-parser/legacy/052",
        "mail-parser/thirdparty/002",
    ),
    **_each(Why.BLANKS, "subject", "imap-tools/rfc2822/example14"),
    **_each(Why.LITERAL, "subject", "mail-mime-parser/m1011"),
    **_each(Why.LITERAL, "text", "mail-mime-parser/m1011"),
    **_each(Why.BROKEN_HEADER, "subject", "imap-tools/plain_emails/raw_email_incorrect_header"),
    **_each(
        Why.BROKEN_HEADER,
        "to",
        "imap-tools/plain_emails/raw_email_incorrect_header",
        "imap-tools/rfc2822/example13",
    ),
    **_each(
        Why.BROKEN_HEADER,
        "text",
        "imap-tools/plain_emails/raw_email_incorrect_header",
        "imap-tools/rfc2822/example13",
    ),
    **_each(
        Why.ODD_ADDRESS,
        "to",
        "imap-tools/error_emails/missing_body",
        "imap-tools/mime_emails/raw_email11",
        "imap-tools/plain_emails/raw_email_with_at_display_name",
        "mail-parser/rfc/001",
        "mail-parser/rfc/004",
    ),
    **_each(
        Why.ODD_ADDRESS,
        "senders",
        "imap-tools/plain_emails/mix_caps_content_type",
        "mail-parser/rfc/001",
        "mail-parser/rfc/004",
    ),
    **_each(
        Why.SEVERAL_FROM,
        "senders",
        "imap-tools/plain_emails/raw_email_with_at_display_name",
        "mail-mime-parser/m0010",
        "php-mime-mail-parser/m0016",
    ),
    **_each(Why.MAILBOX_FRONT, "sent_at", "mail-parser/malformed/019"),
    **_each(Why.MAILBOX_FRONT, "text", "mail-parser/malformed/019"),
    **_each(
        Why.SEVERAL_BODIES,
        "text",
        "imap-tools/attachment_2_base64",
        "mail-parser/malformed/008",
        "mail-parser/malformed/009",
        "mail-parser/malformed/011",
        "mail-parser/malformed/022",
        "mail-parser/rfc/000",
        "mail-parser/thirdparty/015",
    ),
    **_each(
        Why.NESTED,
        "text",
        "mail-parser/rfc/002",
        "mail-parser/rfc/004",
        "mail-parser/rfc/008",
        "mail-parser/rfc/009",
        "mail-parser/thirdparty/008",
    ),
    **_each(
        Why.NESTED,
        "attachments",
        "imap-tools/attachment_emails/attachment_message_rfc822",
        "imap-tools/mime_emails/raw_email_with_mimepart_without_content_type",
    ),
    **_each(Why.NESTED, "attachment_count", "mail-mime-parser/m4007"),
    **_each(
        Why.DELIVERY_STATUS,
        "text",
        "imap-tools/multipart_report_emails/multipart_report_multiple_status",
        "imap-tools/multipart_report_emails/report_422",
        "imap-tools/multipart_report_emails/report_530",
    ),
    **_each(
        Why.DELIVERY_STATUS,
        "attachments",
        "imap-tools/error_emails/missing_content_disposition",
        "imap-tools/multipart_report_emails/multi_address_bounce1",
        "imap-tools/multipart_report_emails/multi_address_bounce2",
        "imap-tools/multipart_report_emails/multipart_report_multiple_status",
        "imap-tools/multipart_report_emails/report_422",
        "imap-tools/multipart_report_emails/report_530",
    ),
    **_each(
        Why.BOUNDARY,
        "text",
        "mail-parser/malformed/005",
        "mail-parser/malformed/016",
        "mail-parser/thirdparty/005",
    ),
    **_each(Why.ALTERNATIVE, "text", "mail-parser/malformed/020", "mail-parser/malformed/021"),
    **_each(Why.NUL, "text", "mail-parser/thirdparty/000"),
    **_each(Why.EMBEDDED, "text", "mail-parser/legacy/049"),
    **_each(
        Why.GB18030,
        "attachments",
        "imap-tools/attachment_emails/attachment_with_encoded_name",
        "imap-tools/plain_emails/raw_email8",
    ),
    **_each(Why.INLINE, "attachments", "imap-tools/text_with_content_id"),
    **_each(Why.LAST_LINE_END, "attachments", "imap-tools/attachment_7bit"),
    **_each(Why.UNNAMED, "attachments", "php-mime-mail-parser/m0010", "php-mime-mail-parser/m0020"),
    **_each(
        Why.INLINE,
        "attachment_count",
        "mail-mime-parser/m1009",
        "mail-mime-parser/m4002",
        "mail-mime-parser/m4004",
    ),
}
