"""`python -m agent_status_gateway` and `agent-status-gateway`: the commands."""

from agent_status_gateway.cli.commands import cli


def main() -> None:
    """Run the command line."""
    cli(prog_name="agent-status-gateway")


if __name__ == "__main__":
    main()
