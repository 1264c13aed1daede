"""Access: who may read, and how often.

In reading order:

    keyring       named keys and the tickets that they sign
    credentials   where a request carries its key or ticket
    key_file      the keys of the settings and of the file, which is read again when it changes
    rate_limit    how many requests an address may make
"""
