"""Briefing on integrity (row 2.4): which units were briefed, and what complaints say of it."""
