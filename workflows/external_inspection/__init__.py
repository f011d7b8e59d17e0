"""Inspection from outside (row 4): the ten items, the minutes, the two months."""
