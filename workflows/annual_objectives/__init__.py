"""The quality objectives of a year and the plan that carries them out (clause 6.2)."""
