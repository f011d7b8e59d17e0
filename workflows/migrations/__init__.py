"""The revisions of the tables that processes bring, on the one chain that the engine begins."""
