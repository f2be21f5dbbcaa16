-- When somebody was last at a case, so that what is new since then can be marked.
SELECT;
