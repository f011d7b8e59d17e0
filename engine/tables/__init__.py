"""Rows as people keep them in files: CSV and XLSX read into values, and sheets to fill in."""
