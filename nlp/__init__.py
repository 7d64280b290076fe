"""From an article's text to a reading in the terms of the codebook.

In: `Text` (an article's words and what is known around them). Out: one `Reading`, and a `story` for each text.
Read in this order: `reading.py`, `labels.toml`, `read.py`, `language.py`, `stories.py`, `gate.py`, `groups.py`,
`places.py`, `features.py`, `classify.py`; training lives in `corpus.py`, `train.py`, `calibrate.py`, `evaluate.py`.
"""
