"""What the mail core promises, as tests."""
