"""A year of the house on a clock that jumps: seeded people, the code of production, a copy apart.

Nothing here decides: people look into their inbox, fill in what a step asks for, and send commands;
the worker's jobs are called as functions. One seed makes the same year, byte for byte, so that a
fault found by chance can be looked at again.
"""
