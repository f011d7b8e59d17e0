"""Change of a document of the quality system (row 4): its term in law, its copies, its cycle."""
