"""Keeping the quality system for a year (row 4): changes of the law, the register of documents."""
