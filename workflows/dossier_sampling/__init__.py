"""Sampling of dossiers (row 5.2): a fixed population, a seed, a sample that anybody redraws."""
