"""The language: what a definition may say, how it is read, checked, drawn and identified.

`model` is the closed shape, `source` reads strict YAML into it with a place for every finding,
`graph` and `checks` judge it, `guarantees` proves its promises on all paths, `digest` gives a
version its identity, `diagram` draws it. No code of a process and no ISO word is known here.
"""
