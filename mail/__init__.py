"""The pure core: bytes of mail in, plain data out. Knows no database, queue, web or file."""
