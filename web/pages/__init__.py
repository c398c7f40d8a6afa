"""Pages: one module per address, the template of the same name shows what it fetches."""
