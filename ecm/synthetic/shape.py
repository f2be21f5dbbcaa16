"""How an area is made up: schools, year groups, special educational needs, who comes to a case.

Shares are rounded to the shape of what is published for England, not copied from any school or authority.
Source: Department for Education, "Special educational needs in England", academic year 2024/25 (14.2 % of pupils with
SEN support, 5.3 % with an EHC plan; by national curriculum year, type of need and type of school).
"""

from dataclasses import dataclass
from itertools import accumulate
from random import Random

# In 100 pupils of each national curriculum year: SEN support, EHC plan (pupils of special schools included).
PROVISION = {
    -1: (7, 2), 0: (10, 4), 1: (13, 4), 2: (15, 5), 3: (16, 5), 4: (17, 5), 5: (17, 6), 6: (17, 6), 7: (15, 6), 8: (15, 6),
    9: (14, 6), 10: (14, 6), 11: (13, 6), 12: (8, 5), 13: (7, 4),
}  # fmt: skip
IN_SPECIAL_SCHOOLS = 2  # in 100 pupils; all of them have a plan

# In 100 pupils with this provision: the primary type of need. Speech and language early, mental health and
# specific difficulties later, autism most of all where there is a plan.
TYPES = {
    ("K", "primary"): {"SLCN": 33, "SEMH": 19, "MLD": 14, "SPLD": 13, "ASD": 9, "NSA": 4, "OTH": 3, "PD": 2, "HI": 2, "VI": 1},
    ("K", "secondary"): {"SEMH": 25, "SPLD": 21, "MLD": 15, "SLCN": 14, "ASD": 12, "OTH": 5, "NSA": 3, "PD": 2, "HI": 2, "VI": 1},
    ("E", "primary"): {"ASD": 34, "SLCN": 31, "SEMH": 13, "MLD": 6, "PD": 5, "SLD": 4, "DS": 2, "SPLD": 2, "HI": 2, "VI": 1},
    ("E", "secondary"): {"ASD": 33, "SEMH": 25, "SLCN": 15, "MLD": 10, "SPLD": 7, "PD": 4, "HI": 2, "SLD": 2, "VI": 1, "OTH": 1},
    ("E", "special"): {"ASD": 42, "SLD": 18, "SEMH": 15, "SLCN": 8, "MLD": 6, "PMLD": 6, "PD": 2, "DS": 2, "MSI": 1},
}  # fmt: skip

# In 20 schools of this phase: how many classes a year. A class is about 28 pupils, in a special school 9.
FORMS = {"primary": (1,) * 6 + (2,) * 11 + (3,) * 3, "secondary": (5,) * 4 + (7,) * 10 + (9,) * 6, "special": (1,) * 20}
YEARS = {"primary": tuple(range(7)), "secondary": tuple(range(7, 12)), "special": tuple(range(1, 14))}
CLASS_SIZE = {"primary": 28, "secondary": 28, "special": 9}
CASES_IN_100 = 20
# The first years of establishment numbers, as England gives them to each phase.
FIRST_NUMBER = {"primary": 2000, "secondary": 4100, "special": 7000}


@dataclass(frozen=True, slots=True)
class SchoolPlan:
    """A school to be made: its phase, and how many pupils it has."""

    phase: str
    pupils: int


def schools_for(pupils: int, draw: Random) -> list[SchoolPlan]:
    """Schools of the usual sizes that together have exactly so many pupils."""
    special, secondary = pupils * IN_SPECIAL_SCHOOLS // 100, pupils * 43 // 100
    wanted = {"primary": pupils - special - secondary, "secondary": secondary, "special": special}
    return [SchoolPlan(phase, size) for phase, many in wanted.items() for size in _sizes(phase, many, draw)]


def _sizes(phase: str, pupils: int, draw: Random) -> list[int]:
    found = []
    while pupils > 0:
        size = len(YEARS[phase]) * CLASS_SIZE[phase] * draw.choice(FORMS[phase]) - draw.randrange(20)
        # What would be left is too small for a school of its own.
        found.append(pupils if pupils < size * 3 // 2 else size)
        pupils -= found[-1]
    return found


def provision(phase: str, year: int, draw: Random) -> str:
    """N, K or E for a pupil of this school and year."""
    if phase == "special":
        return "E"
    support, plan = PROVISION[year]
    drawn = draw.random() * 100
    return "E" if drawn < plan - IN_SPECIAL_SCHOOLS else "K" if drawn < plan - IN_SPECIAL_SCHOOLS + support else "N"


def needs(phase: str, given: str, draw: Random) -> list[str]:
    """The types of need, the primary one first; none without provision. Two in five have a second one."""
    if given == "N":
        return []
    types, weights = _TYPES[given, phase if (given, phase) in TYPES else "secondary"]
    found = draw.choices(types, cum_weights=weights, k=2 if draw.random() < 0.4 else 1)
    return list(dict.fromkeys(found))


_TYPES = {key: (tuple(shares), tuple(accumulate(shares.values()))) for key, shares in TYPES.items()}
