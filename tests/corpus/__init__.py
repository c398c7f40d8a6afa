"""The mail core against real mail, other projects' expectations and the standard library."""
