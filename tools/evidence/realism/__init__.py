"""How real the simulated pictures are: measured, with targets, failures included."""
