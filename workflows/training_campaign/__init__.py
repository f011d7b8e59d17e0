"""Training campaign (row 5.1): who was to be trained, who was, what it brought, and its papers."""
