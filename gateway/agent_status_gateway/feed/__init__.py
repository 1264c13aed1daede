"""The feed: what workers report, as Redis brings it. Only this room talks to Redis.

In reading order:

    redis_client     finds the server that holds the namespace, and runs what the feed needs there
    news             what the feed brings: one type for each kind, and the queue
    feed             subscribes, reads everything that is not known, and brings the pipeline the news
    inbox            reports that came and have not been looked at
    missed_reports   workers whose reports come only by reading Redis, and not on the channel
    health           live or lost, since when and why
    malformed_log    malformed reports, counted and logged
"""
