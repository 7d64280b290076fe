"""From an article's text to a reading in the terms of the codebook.

In: `Text` (an article's words and what is known around them). Out: one `Reading`, and a `story` for each text.
Read in this order: `reading.py`, `labels.toml`, `read.py`, `language.py`, `stories.py`, `gate.py`, `groups.py`,
`places.py`, `features.py`, `verdict.py`, then the shipped reader (`pieces.py`, `encoder.py`, `decide.py`) or the
baseline (`classify.py`), or a checkpoint of your own (`checkpoint.py`); for spaCy: `pipeline.py`, `kazakh.py`.
How they are made: `corpus.py`, `gold.py`, `base_model.py`, `network.py`, `augment.py`, `finetune.py`, `tune.py`,
`export.py`, `train_reader.py`; the baseline: `train.py`, `calibrate.py`. How good they are: `evaluate.py`,
`agreement.py`, `robustness.py`, `evasion.py`, `figures.py`, `model_card.py`.
"""
