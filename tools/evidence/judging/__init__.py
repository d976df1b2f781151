"""Judge simulated radiographs by measurement: how hard they are, what they teach.

`difficulty` asks what brightness, coarse pixels and a small network can tell of each
finding, `observer` what the best linear observer of known places can, `transfer`
whether a network trained on one kind of film, simulated or real, reads the other.
``python -m tools.evidence.judge`` runs them.
"""
