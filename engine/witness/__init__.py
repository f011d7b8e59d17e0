"""Outsiders who hold the log to its word: witnesses asked and served, an authority for time.

What is said and what it decides is `engine/audit`'s; here are the wire, the file and the tokens.
"""
