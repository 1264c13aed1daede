"""The contract between workers and gateways: all that a gateway knows of the publisher.

In reading order:

    text            text from users' prompts, made fit for a report
    redaction       what may be shown of an error of Redis
    report          a worker's report as plain frozen data, and as JSON
    wire            keys, channel and scripts: how reports are written and read
    redis_url       the one URL that names Redis
    redis_primary   which server holds a namespace now
    setting_names   names of environment variables, and which were renamed
"""
