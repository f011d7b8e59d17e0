"""The background: each job calls one command, on a schedule, in any number of processes.

Losing the job engine's tables loses no duty: what falls due and what waits to leave are rows of
ours.
"""
