"""The engine's only SQL: one file an aggregate, its table and its repository.

1. Tables are rows, never values: SQLModel does not validate `table=True` classes, so nothing above
   this floor sees one. Repositories take and give frozen values.
2. `organization_id` leads every key; a repository is bound to one organisation when it is made.
3. Nothing here commits: the unit of work in `engine/runtime.py` does, once.
4. `migrations/` is the schema's history; `advance.py` is the seam behind which the hot path may
   one day move to fixed SQL.
"""
