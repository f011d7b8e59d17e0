"""Publishing administrative procedures (row 2.1): its five working days, its places, its checks."""
