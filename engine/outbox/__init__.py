"""What leaves the house.

When a message is tried again, and the port of the channels that carry it.
"""
