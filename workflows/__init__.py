"""The processes of the quality system: what their guards ask, their effects plan, their rows hold."""
