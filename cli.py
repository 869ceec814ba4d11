"""The launcher for a checkout: ``python cli.py report …``. The commands live in evalkit/cli.py."""

from evalkit.cli import main

if __name__ == "__main__":
    main()
