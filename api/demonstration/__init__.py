"""The demonstration: an office at work on the day it is opened, its history made by real commands.

`story.yaml` tells what happened, `papers` makes the files, `playing` takes every step on a past
clock, and `loading` does it all for an empty database.
"""
