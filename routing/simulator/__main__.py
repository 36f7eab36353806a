"""`python -m routing.simulator --port N`: the simulator without Django."""

import argparse
import sys

from routing.simulator.runner import run


def say(line: str) -> None:
    """Print one line at once, since the program that started us waits for it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="simulate", description="Plays the four LLM vendors.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    options = parser.parse_args()
    run(options.host, options.port, say)


if __name__ == "__main__":
    main()
