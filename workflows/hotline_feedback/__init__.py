"""Feedback and petitions (row 2.5): the days that they are due, what they are measured by."""
