"""Pure: what a request accepts."""


def accepts_gzip(accept_encoding: str) -> bool:
    """True if an `Accept-Encoding` header allows gzip (RFC 9110, 12.5.3)."""
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameters = part.partition(";")
        _, _, weight = parameters.partition("q=")
        try:
            weights[name.strip()] = float(weight) if weight else 1.0
        except ValueError:
            weights[name.strip()] = 0.0  # not understood, so not accepted
    return weights.get("gzip", weights.get("*", 0.0)) > 0
