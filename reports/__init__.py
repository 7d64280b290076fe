"""From the published warehouse to what people read: weekly issue, mail, site with map.

In: `warehouse.duckdb` (read only) and a week. Out: `issues/<week>/` with issue.json and mails, `outbox/`, `site/`.
Read in this order: `issue.py` (the record), `published.py` and `sql/` (how it is read), `weekly.py` (how it is
composed), `catalogue.py` and `i18n/` (every word), `sentences.py` (how it is worded), `mail.py`, `charts.py`,
`methodology.py`, `site/`.
"""
