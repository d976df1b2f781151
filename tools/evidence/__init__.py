"""Scripts that make the files of `data/evidence` anew."""
