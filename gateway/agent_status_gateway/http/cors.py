"""The origins that may read, as options of the CORS middleware."""

from typing import Final, TypedDict

from agent_status_gateway.settings import LOCALHOST_ORIGINS, Settings

LOCALHOST: Final = r"https?://(localhost|127\.0\.0\.1)(:\d+)?"


class CorsOptions(TypedDict):
    """Keyword arguments of `CORSMiddleware`."""

    allow_origins: list[str]
    allow_origin_regex: str | None
    allow_methods: list[str]
    allow_headers: list[str]
    allow_private_network: bool
    expose_headers: list[str]


def cors_options(settings: Settings) -> CorsOptions:
    """Make the options from the settings, and from what the API page's client sends and reads."""
    return {
        "allow_origins": [origin for origin in settings.cors_origins if origin != LOCALHOST_ORIGINS],
        "allow_origin_regex": LOCALHOST if LOCALHOST_ORIGINS in settings.cors_origins else None,
        "allow_methods": ["GET", "HEAD", "POST"],  # POST is for a ticket
        "allow_headers": ["Content-Type", "X-Status-Key", "Last-Event-ID", "Cache-Control", "If-None-Match"],
        "allow_private_network": True,
        "expose_headers": ["X-Status-Stale", "Retry-After", "ETag"],
    }
