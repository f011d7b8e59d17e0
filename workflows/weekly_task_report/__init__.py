"""Weekly report on the tasks of the city (row 1): what it reads, counts, freezes and asks."""
