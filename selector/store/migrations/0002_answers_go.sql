-- Whole answers of the Hub are no longer kept: every model is, in an index of its own (model_index.py).
DROP TABLE search;
