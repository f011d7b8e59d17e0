"""Report of a unit to the year-end review: its rows, what its gates ask, and its paper."""
