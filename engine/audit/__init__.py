"""The mathematics of the log: what an entry says, how entries are bound, how a fault is found.

The room imports nothing of the house, so that a stranger can run the verifier without it. Only
`entry` needs more than the standard library (`rfc8785`, to write); reading and verifying do not.
The log is tamper-evident, not tamper-proof: `verifier` says what it cannot see.
"""
