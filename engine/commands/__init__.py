"""One file, one use case, one transaction; the only way in for pages, API, command line and worker.

A command takes the runtime and a request value, opens its transaction, lets `engine.transaction` do
what is shared, and commits once. A refusal is a value and is logged; faults are errors.
"""
