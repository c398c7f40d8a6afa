"""What is true of email-parser, as sentences that can be run; folders mirror the packages."""
