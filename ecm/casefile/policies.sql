-- When I was last at a case is mine alone.
SELECT;
