"""`python -m api.cli` is `quytrinh`."""

from api.cli.main import main

main()
