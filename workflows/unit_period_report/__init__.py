"""A unit's account of its late and pending dossiers in a period: what it must answer, its paper."""
