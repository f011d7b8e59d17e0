"""Check of duties (row 3): who was assessed, what stood a second look, what is to be put right."""
