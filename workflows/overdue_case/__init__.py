"""A dossier that runs late: what its case computes, asks and sets in motion, and its papers.

1. The dossier is known by its code alone; its rows and what counts them are in `overdue_dossiers`.
2. Days are counted from the history and from the calendar, never from what somebody typed.
3. The legal numbers (how often, how many days before) stand in the definition's conditions, so that
   a version of it is the dated rule; here is only what is measured.
"""
