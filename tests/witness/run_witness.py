"""`quytrinh audit witness` alone: importing every other command would cost each test seconds."""

import sys

import typer

from api.cli.desk import Desk
from api.cli.witness import witness
from api.language import load_words

app = typer.Typer(add_completion=False)
app.command()(witness)

if __name__ == "__main__":
    sys.exit(app(standalone_mode=False, obj=Desk(words=load_words())) or 0)
