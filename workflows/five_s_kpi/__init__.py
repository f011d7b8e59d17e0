"""5S and KPI (row 6.2): rounds of scores, what is poor, what was met."""
