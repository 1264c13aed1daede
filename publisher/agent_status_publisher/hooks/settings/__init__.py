"""Settings of command-line agents, with our hooks in them.

In reading order:

    clis            the command-line agents, with their events and settings files
    cli_version     the version of an installed agent
    command_line    the command that an agent runs for a hook
    entries         our entries in an agent's settings
    json_text       JSON that keeps what is not ours as it is
    settings_file   the file, read and replaced in one step
"""
