"""Decides, does nothing: from a definition, a case and a command to Accepted or Refused.

Everything here is pure. Rows, clocks and files stay outside; what must be known is handed in, what
should happen is handed out as intents. `decide.decide` is the one door; inbox, dry run and command
all go through it, so that a button which shows will work.
"""
