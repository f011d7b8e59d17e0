"""The command line: one file for each group of commands, sentences in Vietnamese or English.

Exit codes: 0 done, 1 something was found (by a check or a verification), 2 it could not be done.
"""
