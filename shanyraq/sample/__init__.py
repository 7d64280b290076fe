"""The sample: a fictional press of Kazakhstan, served on loopback and crawled like the real one.

In: the texts in this folder, all written for the project: `outlets.json`, `episodes.jsonl` (planted items with their
labels), `routine_*.jsonl` and `everyday_*.jsonl` (templates), `boards.jsonl` (readers' pages), `gazetteer.csv`
(invented villages), `words.json` (what sites say around texts), `truth.json` (what the weekly issues must say).
Out: feeds, pages and channel previews of 30 weeks. Read `world.py` (what was published when), `schedule.py` (which
routine item on which day), `addresses.py` (where an item stands), `press.py` with `pages/` (how it looks), `server.py`
(HTTP), `sources.py` (the outlets for the crawler).

More background text is one more file `routine_<name>.jsonl` here; nothing else changes.
"""
