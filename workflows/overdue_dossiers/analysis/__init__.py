"""What is counted over dossiers: on time and late, backlog, time cut, causes, letters of apology.

1. A dossier is looked at once and added to the tally of its combination of procedure, unit,
   officer's unit, stage and cause; every total and every breakdown is a sum of these tallies.
2. All numbers are whole: a share is a numerator and a denominator, a mean is a sum and a count.
   What was added can be taken away again, so that a row that a later one replaces leaves no trace.
3. `counting` is the door: a window, a calendar, dossiers in, an `Analysis` out. Nothing here reads
   a file, a table of a database or a clock.
"""
