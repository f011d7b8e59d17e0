"""REST under `/api/v1`: one file a resource, its schemas beside its routes.

A handler reads the request, calls one command or query, and puts the answer into words. It decides
nothing, and it knows no table.
"""
