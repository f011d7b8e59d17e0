"""The review of a period (week, month, quarter): dossiers that came, went, are late, are pending.

1. A period *covers* the days after the last frozen cut-off of its kind up to its own cut-off.
   What was merged or broken off in between is covered too: no day is missed, none counted twice.
2. Freezing writes what was counted as rows of the case: a line for the whole and one for each unit,
   and a row for each dossier that has to be explained. Papers, figures and other processes read
   those rows and nothing else from then on.
3. What was pending at one cut-off is what the next period begins with. Where the register says
   otherwise by now, an adjustment line names the dossier; frozen lines are never written again.
4. A longer period counts dossiers anew and never adds weeks up, so that a dossier that was late in
   two weeks of a month is one late dossier of the month; its weeks stand beside it.
"""
