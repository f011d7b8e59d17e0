"""A paper with every part that the writers know."""

from datetime import UTC, datetime

from workflows.documents.chart import Chart, Series
from workflows.documents.paper import (
    Block,
    Cell,
    Group,
    Heading,
    Listing,
    Pair,
    Paper,
    Paragraph,
    Picture,
    Run,
    Table,
)

AT = datetime(2026, 8, 20, 3, tzinfo=UTC)
CHART = Chart(
    kind="pareto",
    labels=("Chậm trình, ký", "Hồ sơ phải bổ sung", "Khác"),
    series=(Series(name="Hồ sơ", values=(6, 3, 1)),),
    description="Pareto <nguyên nhân>",
)


def runs(text: str, **face: bool) -> tuple[Run, ...]:
    return (Run(text=text, **face),)  # type: ignore[arg-type]


def paper(*blocks: Block, certificate: bool = False, language: str = "vi") -> Paper:
    return Paper(
        title="Báo cáo",
        language=language,
        blocks=blocks,
        form="certificate" if certificate else "official",
    )


EVERYTHING: tuple[Block, ...] = (
    Pair(
        look="heads",
        sides=(
            (
                Paragraph(runs=runs("Sở Khoa học và Công nghệ"), look="agency"),
                Paragraph(runs=runs("Số: /BC-SKHCN"), look="reference"),
            ),
            (Paragraph(runs=runs("Độc lập - Tự do - Hạnh phúc"), look="motto"),),
        ),
    ),
    Heading(level=1, runs=runs("BÁO CÁO")),
    Heading(level=2, runs=runs("1. Mục tiêu")),
    Paragraph(runs=(Run(text="Bên yêu cầu: ", bold=True), Run(text="....", look="blank"))),
    Paragraph(runs=runs("(Dự thảo)", italic=True), look="subject"),
    Listing(items=(runs("một"), runs("hai")), numbered=True),
    Listing(items=(runs("ba"),)),
    Table(
        head=((Cell(runs=runs("TT"), heading=True), Cell(runs=runs("Nội dung"), heading=True)),),
        rows=(
            (Cell(runs=runs("1"), look="number"), Cell(runs=runs("dài " * 80))),
            (Cell(runs=runs("Không có"), span=2),),
        ),
    ),
    Table(head=(), rows=((Cell(runs=()),),)),
    Group(blocks=(Heading(level=3, runs=runs("a)")), Paragraph(runs=runs("x")))),
    Picture(chart=CHART),
    Paragraph(runs=runs("Trên đây là báo cáo./."), look="end"),
    Pair(look="signs", sides=((), (Paragraph(runs=runs("GIÁM ĐỐC", bold=True)),))),
)
