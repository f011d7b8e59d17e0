"""Bytes by content: taken in within limits, known by their digest, checked before they count.

`content` says whether a file is what its name claims and safe to keep; `store` is the port behind
which bytes lie, `disk` the folder and `s3` the bucket that implement it. Beside them lie the
published files of the log, behind a port of their own, `published`, with the same two adapters. The
room knows no database and no request: streams, limits and names are arguments.
"""
