"""What is kept: tables, bulk writing, search, the spool, the ledger. Knows SQL, knows no queue."""
