"""What is done later: chunks on RQ or on the local thread. The only room that knows Redis."""
