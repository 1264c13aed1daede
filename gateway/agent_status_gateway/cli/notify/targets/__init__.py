"""Targets: where messages go.

In reading order:

    sent         what became of a try to tell a message
    secrets      secrets that are in files
    payload      a message as JSON, for programs
    http_post    one request, whatever answers it
    webhook      Standard Webhooks
    slack        incoming webhooks of Slack
    ntfy         topics of ntfy
    command      a program of this machine
    targets      the targets of a rule file
"""
