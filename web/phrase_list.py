"""Sentences that other rooms say in English and pages repeat, marked for translation.

A brace stands for what differs each time. What is not listed here is shown as it was said. How
they are recognised and filled is `web.phrases`.
"""

from __future__ import annotations

from web.language import N_

TWO_IN_ONE = N_("{reason}; {error}")
PHRASES = (
    # store.accounts, store.api_tokens
    N_("An account needs a name of at most 100 characters."),
    N_("There is an account named {name} already."),
    N_("A password needs at least {count} characters."),
    N_("A token needs a name of at most 100 characters."),
    N_("There is a token named {name} already."),
    # mail.sniff, web.intake, web.uploading
    N_(
        "This is a PDF document. Upload .mbox or .eml files, or an archive of them "
        "(.zip, .tar, .tgz, .gz, .bz2, .xz)."
    ),
    N_(
        "This is an office document, a book or a program. Upload .mbox or .eml files, or an "
        "archive of them (.zip, .tar, .tgz, .gz, .bz2, .xz)."
    ),
    N_("This is a {kind} archive. Unpack it and upload the .mbox inside."),
    N_("This is an empty ZIP archive."),
    N_("This is a {kind} file. Unpack it and upload the .mbox inside."),
    N_("This is an Outlook data file (PST or OST). Export it to mbox, for instance with readpst."),
    N_("This is an Outlook message or another Office file. Save the mail as .eml or .mbox."),
    N_("This is a UW-IMAP mbx mailbox. Convert it to mbox first."),
    N_(
        "This is a {kind} picture. Upload .mbox or .eml files, or an archive of them "
        "(.zip, .tar, .tgz, .gz, .bz2, .xz)."
    ),
    N_("This is a macOS resource fork. Upload the file of the same name without the “._”."),
    N_("This is UTF-16 text. Export the mailbox again, as plain mbox."),
    N_(
        "This is a web page. Upload .mbox or .eml files, or an archive of them "
        "(.zip, .tar, .tgz, .gz, .bz2, .xz)."
    ),
    N_(
        "There is no mail at the beginning of this file. Upload .mbox or .eml files, or an archive "
        "of them (.zip, .tar, .tgz, .gz, .bz2, .xz)."
    ),
    N_("In spite of its name, this text has no mail in it."),
    N_(
        "This is text without any mail in it. Upload .mbox or .eml files, or an archive of them "
        "(.zip, .tar, .tgz, .gz, .bz2, .xz)."
    ),
    N_("The file is empty: there is nothing to take in."),
    N_("The file has more than the {limit} bytes that are taken here."),
    N_(
        "There is no room for this file on the server: {needed} bytes are needed, and of {free} "
        "free bytes {floor} are kept back and {promised} promised to uploads under way."
    ),
    N_("There is no room for this file on the server: {reason}."),
    N_("The body broke off before its end; nothing of it was kept."),
    N_("The form broke off before its end; nothing of it was kept."),
    N_("{came} of {expected} bytes came; nothing of them was kept."),
    N_("No byte came for {seconds} s; nothing was kept."),
    N_("There is no file in this form."),
    N_("A multipart body needs a boundary in its Content-Type."),
    # store.query
    N_("There is no letter and no digit in it to look for."),
    N_("This query is longer than {count} characters."),
    N_("This quotation mark is never closed."),
    N_("This bracket was never opened."),
    N_("This bracket is never closed."),
    N_("OR needs something on both sides."),
    N_("There is nothing after it to exclude."),
    N_("“{name}:” needs a value right after the colon."),
    N_("More than {count} brackets are open here."),
    N_("From here on it asks for more than {count} things."),
    N_("AND stands between two conditions. Between quotation marks it is a word to look for."),
    N_("A * can only stand at the end of a word."),
    # store.query_values
    N_("“{name}:” needs a value."),
    N_("“{value}” is no date; write 2024, 2024-03, 2024-03-05 or 7d."),
    N_("There is no year {number} in the calendar used here."),
    N_("“{value}” is not in the calendar."),
    N_("That is before the first year of the calendar."),
    N_("“{value}” is no size; write 500, 20K, 1.5M or 1G."),
    N_("“{value}” is no type of file; write one of {known}, or such as image/png."),
    N_("“{value}” is no SHA-256; it has 64 digits from 0 to 9 and a to f."),
    N_("“{value}” is nothing a message can have; write one of {known}."),
    N_("“{value}” is nothing a message can be; write duplicate or deleted."),
    # store.own_labels, store.saved, store.bounded
    N_("A label needs 1 to {count} characters."),
    N_("A mark needs 1 to {count} characters."),
    N_("A name needs 1 to {count} characters."),
    N_("More than {count} saved searches and views are not kept."),
    N_("The name “{name}” is taken already."),
    N_("What was saved so is not there any more."),
    N_("The search took longer than {seconds} seconds."),
    # jobs.processor
    N_("Reading it took more than {seconds} s of CPU time."),
    N_("It has {size} bytes; messages above {limit} bytes are not read whole."),
    # jobs.rereading, store.rereading
    N_("This message is not there any more."),
    N_("This is a copy; its text is kept with the first one met."),
    N_("This message has changed meanwhile; look at it again."),
    N_("The ledger has no entry for this message; read the file again."),
    N_("Reading it ended the process: {reason}."),
    # jobs.errands
    N_("{said} messages were to be removed, by now it would be {now}. Ask again."),
    # jobs.deaths, store.recovery
    N_("exit status {status}"),
    N_("signal {number} ({name}); it held {held} of a limit of {limit}: probably out of memory"),
    N_(
        "signal {number} ({name}); it held {held} of a limit of {limit}: "
        "killed by hand or by the kernel"
    ),
    N_("signal {number} ({name}): killed by hand or by the kernel"),
    N_("signal {number} ({name}): asked to end"),
    N_("signal {number} ({name}): a library written in C crashed"),
    N_("signal {number} ({name}): a library written in C gave up"),
    N_("not heard of for {seconds} s"),
    N_(
        "not heard of any more; it had reported {held} of a limit of {limit}: "
        "probably out of memory"
    ),
    # jobs.surroundings, store.spool: why a machine rests
    N_("the database cannot be used: {reason}"),
    N_("this machine cannot work: {reason}"),
    N_("the spool {folder} is missing or empty; its disk may not be mounted"),
    N_("the spool cannot be read: {reason}"),
    # the evidence of defects: mail.envelope, mail.body, mail.header, mail.embedded, mail.mime …
    N_("{count} of {size} characters kept"),
    N_("{count} characters kept"),
    N_("{count} addresses"),
    N_("{count} bytes"),
    N_("{count} lines"),
    N_("{count} parts left out"),
    N_("no end line"),
    N_("yEnc: no end line"),
    N_("yEnc: {found} of {size} bytes"),
    N_("yEnc: CRC {crc}, not {wanted}"),
    N_("text left out"),
    N_("not opened"),
    # why jobs, chunks and attempts ended badly: store.planning, store.recovery, jobs.deaths …
    N_("chunk {number}: {error} ({count} chunks failed in all)"),
    N_("chunk {number}: {error}"),
    N_("{accounted} of {size} bytes are accounted for; the first gap is at byte {place}"),
    N_("{accounted} of {size} bytes are accounted for"),
    N_("the scan counted {expected} messages, the ledger holds {found}"),
    N_("no message was found in this file"),
    # store.archives, jobs.unpacker, jobs.meter
    N_("no mail was found in this archive"),
    N_("no mail was found in what could be opened of this archive"),  # up to 27 November 2026
    N_(
        "no mail was found in what could be opened of this archive; "
        "unpack the rest yourself and upload its mailboxes"
    ),
    N_("this is no archive that can be opened here"),
    N_("the archive is cut off"),
    N_("the compressed data is damaged"),
    N_("the checksum of the archive does not match"),
    N_("the length that the archive states does not match"),
    N_("the archive is damaged: a header makes no sense"),
    N_("the directory at the end of the archive is missing or damaged"),
    N_("1 member is damaged"),
    N_("{count} members are damaged"),
    N_("1 member could not be opened and may hold mail"),
    N_("{count} members could not be opened and may hold mail"),
    N_("the archive has more than {count} members ({setting})"),
    N_("the archive was not unpacked any further: {reason} ({setting})"),
    N_("one member gives more than {count} bytes"),
    N_("it gives more than {count} bytes"),
    N_("one packed byte gives more than {count} bytes"),
    N_("there is no room for what is in this archive: {reason}"),
    N_(
        "{needed} bytes are needed, and of {free} free bytes {floor} are kept back and {promised} "
        "promised to uploads under way"
    ),
    N_("not heard of for {seconds} s ({worker})"),
    N_("stopped by {who}"),
    N_("no further words"),
    N_("work-horse {pid}: {reason}"),
    N_("child {pid}: {reason}"),
    N_("the mbox is not in the spool: {reason} ({name})"),
    N_("the mbox cannot be read: {reason} ({name})"),
    N_("the spooled mbox has {found} bytes, not the {size} that came"),
    N_("{wanted} bytes are needed with the reserve, {free} are free"),
    N_("chunk {number} is not at {place} under {attempt}"),
    N_("chunk {number} belongs to another attempt"),
    N_("chunk {number} was not at its end under {attempt}"),
    N_("The job is gone."),
    N_("An archive is not read again; the files that came out of it can be."),
    N_("Nothing was removed: {error}"),
    N_("The mbox of a message is not in the spool any more."),
    N_("the job has no chunk {number}"),
    # web itself
    N_("There is no such cause."),
    N_("There is no such act."),
    N_("There is no such state."),
    N_("There is no such upload."),
    N_("This address has a time in it that is none."),
    N_("There is no such job."),
    N_("This page has no views to keep."),
    N_("There is no such message."),
    N_("There is no such charset."),
    N_("There is no such role."),
    N_("There is no such worker."),
    N_("The queue cannot be reached just now."),
    N_("There is no such format."),
    N_("There is no such dialect."),
    N_("There is no such errand."),
    N_("Deleting has to be confirmed."),
    N_("The chunk to begin with is a number."),
    N_("This file has no such chunk."),
    N_("This form has a number in it that is none."),
    N_("Say how much is to be read again."),
    N_("Another dialect cuts the file anew: it goes with the whole file only."),
    N_("This message has no such part."),
    N_("The bytes of this message are gone: {reason}."),
    N_("This address has a number in it that is none."),
    N_("This address has a day in it that is none."),
    N_("This link to a page of a list is damaged."),
    N_("This form is too large."),
    N_("This form cannot be read."),
    N_("The console does not speak this language."),
    N_("An API token has no password."),
    N_("The query is too long."),
    N_("This needs the role viewer."),
    N_("This needs the role operator."),
    N_("This needs the role admin."),
    # mail.detect
    N_("the fixed date of a git patch"),
    N_("no date and no address where a separator has one"),
    N_("no blank line before it"),
    N_("no date"),
    N_("no header field after it"),
    N_("quoting"),
    N_("line end"),
    N_("content length"),
    N_("weak separators"),
    N_("bare names"),
    N_("git patches"),
    N_("from lines"),
    N_("after blank line"),
    N_("dated separators"),
    N_("with bare separators"),
    N_("suspicious"),
    N_("escaped once"),
    N_("escaped more"),
    N_("content length right"),
    N_("content length wrong"),
    # Several of the sentences above in one; last, as it fits most of them.
    TWO_IN_ONE,
)
