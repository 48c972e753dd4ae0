// Runs in the reader's browser. The page is complete without it.

