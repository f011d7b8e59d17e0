"""Time as people count it: working days of a dated calendar, terms that roll, named periods.

Everything here is pure: the rows of a calendar, the dates and the parsed override file are
arguments, and nothing asks what day it is today.
"""
