"""Access: which requests may read, and how often.

In reading order:

    open_files    how many connections there may be, by the files that a process may have open
    guests        which connections stay when strangers fill them
    hosts         which hosts a request may name
    keys          named keys with their scopes, and the tickets that they sign
    rate_limit    how many requests an address may make
    credentials   where a request carries its key or ticket
    watched_file  a file that is read again when its content has changed
    key_file      the keys of the settings and of the file, which is read again when it changes
"""
