"""Survey of satisfaction (heading 6): answers without names, by unit and index."""
