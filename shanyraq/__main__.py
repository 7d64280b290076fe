"""`python -m shanyraq`: the command without its script."""

from shanyraq.cli import main

if __name__ == "__main__":
    main()
