"""What leaves the house: when a message is tried again, and the port of the channels that carry it."""
