"""Read-only answers as frozen values. Pages, API and command line show them; none of them decides.

What can be done now is asked of the same `decide` that the command uses, so that a button which
shows will work.
"""
