"""Disposing of records: which cases are past their time, and the removal that people decided."""
