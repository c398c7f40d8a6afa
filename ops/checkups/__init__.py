"""What the doctor looks at, one module per part of the installation.

Each answers findings and mends nothing.
"""
