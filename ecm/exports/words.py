"""What the closed lists about exports are called on a screen."""

PURPOSE_LABELS = {
    "work": "To work through it, for example in a spreadsheet",
    "another_system": "To put it into another system",
    "records": "To keep it with the pupils’ school records",
    "report": "To count or to report",
    "request": "Somebody has asked for what is held about them",
}
