"""The mathematics of the log: what an entry says, how entries are bound, how a fault is found.

The room imports nothing of the house, so that a stranger can run the verifier without it. It needs
the standard library and, for signed notes, `cryptography`; only writing (`entry`, `payload`) needs
`rfc8785` too. Notes, checkpoints and tiles are those of C2SP, byte for byte, so that programs of
others read them. The log is tamper-evident, not tamper-proof: `verifier` says what it cannot see.
"""
