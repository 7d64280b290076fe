"""What the DAGs hand to each other, and the settings they share.

No DAG file imports the heavy packages: tasks do, when they run (a test parses this folder without them).
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Asset, ExceptionRetryPolicy, Param, RetryAction, RetryRule

ARTICLES = Asset("shanyraq://articles", group="shanyraq")
READINGS = Asset("shanyraq://readings", group="shanyraq")
WAREHOUSE = Asset("shanyraq://warehouse", group="shanyraq")
ISSUE = Asset("shanyraq://issue", group="shanyraq")

OWNER = "shanyraq"
TAGS = ["shanyraq"]
ZONE = "Asia/Almaty"

# A broken source file or a refused build does not mend itself by waiting; a network may.
DEFAULTS = {
    "owner": OWNER,
    "retries": 2,
    "retry_delay": timedelta(minutes=2),
    "retry_exponential_backoff": True,
    "retry_policy": ExceptionRetryPolicy(
        rules=[RetryRule(exception=[ConnectionError, TimeoutError], reason="the network may come back")],
        default=RetryAction.FAIL,
    ),
}

WORLD = Param(
    None,
    type=["null", "string"],
    pattern="^[a-z0-9][a-z0-9_-]{0,63}$",
    title="World",
    description="sample, live, or an archive's name. Empty: the world this installation runs.",
)
DAY = {"type": ["null", "string"], "format": "date"}
WEEK = Param(
    None,
    type=["null", "string"],
    pattern="^[0-9]{4}-W[0-9]{2}$",
    title="Week",
    description="ISO week, as 2026-W22. Empty: the last complete week in the warehouse.",
)
FORCE = Param(False, type="boolean", title="Again", description="Do finished windows again instead of skipping them.")
