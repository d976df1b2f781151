"""One study of one patient: what is imaged, how, and the image."""
