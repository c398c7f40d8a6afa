"""Fragments: the live parts of pages, by addresses of their own."""
