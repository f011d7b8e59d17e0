"""Internal audit (row 4 of the plan): its rows, what is computed from them, and its papers."""
