"""Lessons as files: read a source, build both notebooks, execute, store."""
