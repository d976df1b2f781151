"""Tests of the course (a package, because a library installs one of this name)."""
