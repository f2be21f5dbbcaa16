-- Drafts are their writer's alone.
SELECT;
