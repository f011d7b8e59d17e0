"""Solving procedures in a month (row 2.2): the register's numbers, held to the source."""
