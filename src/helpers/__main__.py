"""`python -m helpers` is the command `audit`."""

from helpers.cli import main

main()
