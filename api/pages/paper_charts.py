"""A chart as a part of a page, from which the paper that is printed reads it back.

1. The drawing stands in the page itself; what it was drawn from stands beside it as data, so that a
   paper draws the same chart again and never copies a picture.
2. A page says every number of a chart in a table as well; that is the template's business.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from workflows.documents.chart import Chart, Kind, Series


def chart_for(
    kind: Kind,
    labels: Sequence[str],
    series: Mapping[str, Sequence[int]],
    description: str,
    *,
    language: str,
) -> Chart | None:
    """The chart that a template asks for; None where there is nothing to draw."""
    if not labels:
        return None
    return Chart(
        kind=kind,
        labels=tuple(labels),
        series=tuple(Series(name=name, values=tuple(told)) for name, told in series.items()),
        description=description,
        language=language,
    )


def data_of(chart: Chart) -> str:
    """What a chart is drawn from, as text."""
    return json.dumps(asdict(chart), ensure_ascii=False)


def chart_of(data: str) -> Chart:
    """The chart that `data_of` told of."""
    told = json.loads(data)
    series = tuple(
        Series(name=one["name"], values=tuple(one["values"])) for one in told.pop("series")
    )
    return Chart(**{**told, "labels": tuple(told["labels"]), "series": series})
