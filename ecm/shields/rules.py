"""Shielded facts in words."""

KIND_LABELS = {
    "address": "Where they live",
    "placement": "Where they are placed",
    "telephone": "A telephone number",
    "other": "Something else that shows where they are",
}
LONGEST_FACT = 500
