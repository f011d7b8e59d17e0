"""The general runtime: it reads definitions, decides, commits, logs; it knows no ISO word."""
