"""What every command does inside its one transaction.

Open a case, take a step, write a row, keep a file.

Commands are use cases and strangers to one another; what several of them need inside the same
transaction stands here, on the floor below. Everything takes a `UnitOfWork` and commits nothing.
"""
