-- Grain: one row a fact about the build (world, window, hashes, version).
SELECT key, value FROM out_build ORDER BY key
