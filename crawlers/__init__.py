"""From public addresses to masked articles.

In: `Source` files (`sources/*.toml`). Out: one `Article` a text, one `Outcome` an address or text.
Read in this order: `source.py`, `layout.py`, `article.py`, `outcomes.py`, `net.py`, `discover.py`,
`spiders/`, `rawstore.py`, `extract.py`, `privacy.py`, `archive.py`, `crawl.py`.
"""
