"""Actions: what forms do. Each changes something, says so, and leads back to a page."""
