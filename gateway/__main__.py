"""`python -m gateway` and `agent-status`: the commands, or a word about what is missing to run them."""

import sys


def main() -> None:
    """Run the command line."""
    if sys.argv[1:2] == ["hook"]:  # before anything else is imported: it runs at every tool call of an agent
        from publisher.hook import main as hook  # noqa: PLC0415

        sys.exit(hook(sys.argv[2:]))
    try:
        from gateway.cli import cli  # noqa: PLC0415 - a plain install has no typer, and is told so
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] in ("gateway", "publisher"):
            raise
        sys.exit(
            f"agent-status: {error.name} is not installed: a plain install is the publisher alone. "
            "Install the gateway extra: agent-status-gateway[gateway]"
        )
    cli(prog_name="agent-status")


if __name__ == "__main__":
    main()
