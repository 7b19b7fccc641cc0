"""The steps of the way; each takes a session first and never commits (order: docs/way-of-a-report.md)."""
