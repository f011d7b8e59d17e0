"""Dossiers of the one-stop desk that are late or may become so: exports, cases, periods, figures.

1. `dossier` is what everyone in this room speaks of; it knows no file, no table and no page.
2. `export` reads what the desk's software exports; `analysis` counts over dossiers. Neither needs
   a database, and `quytrinh dossiers analyse` uses nothing else.
3. Dossiers come in by their codes alone: no applicant has a name in this room.
"""
