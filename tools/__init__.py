"""Tools for those who write, check and run the lessons."""
