"""Corrective action: what a slip computes, asks and sets in motion, and its paper."""
