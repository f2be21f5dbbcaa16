-- Reviews, how cases end and begin again, what was entered in error.
SELECT;
