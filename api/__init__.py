"""The faces of the system: REST under `v1`, HTML under `pages`, the command line under `cli`."""
