"""Real servers for tests: processes, databases, Redis, consoles, workers and a browser.

Nothing here imitates a server; what a test talks to is what an operator runs.
"""
