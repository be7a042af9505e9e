"""`python -m benchbook` is `benchbook`."""

from benchbook.cli.main import main

main()
