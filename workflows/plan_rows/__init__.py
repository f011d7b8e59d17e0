"""What the processes behind the rows of the plan share: periods, counting, stamps, who is told.

Not a process of its own. A process that needs no more than this registers the forms of this room
under its own names; what is peculiar to one stays in its own room.
"""
