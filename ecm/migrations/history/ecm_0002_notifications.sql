-- The post: what became of each message, and which reminders were sent.
SELECT;
