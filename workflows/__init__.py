"""The processes of the quality system: what guards ask, effects plan, and rows hold."""
