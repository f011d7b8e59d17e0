"""A text as a QR code: the only door to the library that makes them.

Level M survives a seventh of the code being soiled; a quiet edge of four modules is part of it, so
that a scanner finds it wherever it is put.
"""

import io
from typing import Final

import segno

QUIET: Final = 4
DOTS_PER_MODULE: Final = 8


def code_svg(payload: str) -> str:
    """The code as SVG that takes the size of its place."""
    drawn = io.BytesIO()
    segno.make_qr(payload, error="m", encoding="utf-8", boost_error=False).save(
        drawn,
        kind="svg",
        border=QUIET,
        omitsize=True,
        xmldecl=False,
        svgclass=None,
        lineclass=None,
        light="#fff",
    )
    return drawn.getvalue().decode("utf-8").strip()


def code_png(payload: str) -> bytes:
    """The code as a picture of dots, for a file that cannot hold its lines."""
    drawn = io.BytesIO()
    segno.make_qr(payload, error="m", encoding="utf-8", boost_error=False).save(
        drawn, kind="png", border=QUIET, scale=DOTS_PER_MODULE
    )
    return drawn.getvalue()
