-- Drafts: a case being opened, kept at each step.
SELECT;
