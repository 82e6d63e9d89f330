"""`python -m idiolect`."""

from idiolect.cli import main

main()
