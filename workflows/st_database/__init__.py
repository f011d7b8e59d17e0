"""Database on science and technology (row 6.1): milestones, records, defects."""
