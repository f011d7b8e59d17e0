"""What the software of the one-stop desk exports, read into dossiers without anybody's name.

1. `layout` finds the heading and what each column is; what nobody needs, and what tells of a
   person, is left behind at once and named.
2. `rows` makes a dossier of a row, or tells every cell at fault; `opening` streams a whole file and
   counts what came, what was taken and what was not, so that the desk can compare.
3. Offices say one thing in many words: `synonyms.json` holds those words, and a mapping that is
   remembered for a source adds its own.
"""
