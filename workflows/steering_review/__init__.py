"""Year-end review: gathers its inputs, asks its gates, draws its papers."""
