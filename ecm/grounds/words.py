"""What pages call sharing without consent."""

GROUND_BASES = {
    "service_agreement": "The family said yes to a service",
    "statutory": "Shared by law",
    "override": "Safeguarding override",
}
GROUND_STATES = {
    "in_force": ("In force", "green"),
    "waiting": ("Waiting until they accept", "teal"),
    "ended": ("Ended", "grey"),
}
