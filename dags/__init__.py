"""When each stage runs. Thin on purpose: a task calls one function of `shanyraq.stages` and passes paths and counts."""
