"""The ground that a reader stands on: the way to a gateway, what comes, and what that adds up to.

In reading order:

    problems     reasons why a gateway cannot be read
    given_file   a small file that a person has named
    address      the gateway's address, and the header of the key
    answers      what a gateway sends, parsed and in bounds
    requests     requests to one gateway, and what its refusals mean
    asked_view   what `--view` asks for
    folding      the snapshot that change events come to
"""
