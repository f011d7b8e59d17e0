"""HTML for people: plain pages and forms that work without JavaScript, with htmx on top.

`rendering` is the one door to templates; `mounting` puts every page into the application. A page
reads through `engine.queries`, writes through `engine.commands`, answers a POST with 303, and
decides nothing.
"""
