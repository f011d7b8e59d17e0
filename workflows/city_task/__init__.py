"""Task of the city (row 1 of the plan): its days, its extension, what it is measured by."""
