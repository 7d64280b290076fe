"""The command line, the steps that DAGs and commands share, and the shipped sample world.

Read in this order: `cli.py` (the command), `filters.py` (stages as plain filters), `stages.py` (one function a step),
`airflow_run.py` (the main job through Airflow), `sample/`.
"""

__version__ = "0.1.0"
