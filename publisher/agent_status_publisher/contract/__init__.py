"""The contract between workers and gateways: all that a gateway knows of the publisher.

In reading order:

    text            text from users' prompts, made safe for a report
    redaction       the part of an error of Redis that may be shown
    details         what a session may say besides its state
    report          a worker's report as plain frozen data, and how it is written as JSON
    decoding        how a report's JSON is parsed
    wire            the keys, the channel, and the script that writes reports
    reading         the script that reads reports, called once or in pieces
    redis_url       the one URL that names Redis
    password_file   the file that has Redis's password, read at each connect
    redis_primary   the search for the server that holds a namespace
    setting_names   names of environment variables, and those that were renamed
"""
