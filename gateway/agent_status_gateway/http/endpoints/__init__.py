"""Every endpoint but the stream's. The replica makes what the answers hold.

In reading order:

    routers      the two routers, and what several endpoints answer
    status       the snapshot and the workers as JSON, and the stream in the OpenAPI document
    glance       the snapshot as text and as an image
    summary      the summary as JSON, and its stream in the OpenAPI document
    held         the snapshot for requests that were held before
    tickets      tickets for the stream
    operations   probes and metrics
"""

from agent_status_gateway.http.endpoints import glance, operations, status, summary, tickets
from agent_status_gateway.http.endpoints.routers import keyed, open_to_all

__all__ = ["glance", "keyed", "open_to_all", "operations", "status", "summary", "tickets"]
