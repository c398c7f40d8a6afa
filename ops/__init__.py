"""What the operator runs: the `email-parser` command, and what it takes to deploy the house."""
