"""A made-up area told from end to end, a batch of rows at a time, so that memory does not grow with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from ecm.synthetic.people import Pupil, cases_until, enrol
from ecm.synthetic.places import Area, Place, Worker, corners, make_schools, make_services, settle, sign_agreement
from ecm.synthetic.rows import Batch
from ecm.synthetic.shape import schools_for
from ecm.synthetic.sharing import ask, invite
from ecm.synthetic.stories import (
    admit_carers,
    bar_contact,
    describe,
    hold_reviews,
    open_case,
    turn,
    write_authors,
    write_head,
    write_notes,
)
from ecm.synthetic.work import plan_actions

PUPILS_AT_ONCE = 2_000


@dataclass(frozen=True)
class Cast:
    """Everybody who works in the area."""

    area: Area
    schools: Sequence[Place]
    services: Sequence[Place]

    @cached_property
    def asked(self) -> dict[int, list[Place]]:
        """By corner: the services that can be asked to help."""
        found: dict[int, list[Place]] = {}
        for each in self.services:
            if each.weight:
                found.setdefault(each.corner, []).append(each)
        return found


def found(area: Area, pupils: int, agencies: int, taken: set[str]) -> Cast:
    """The schools for so many pupils and so many services, with their people. `taken`: numbers that schools have."""
    schools = list(make_schools(area, schools_for(pupils, area.draw), taken))
    settle(schools, corners(agencies))
    services = make_services(area, agencies, cases_until(pupils))
    sign_agreement(area, [*schools, *services])
    return Cast(area, schools, services)


def batches(cast: Cast, references: set[str]) -> Iterator[tuple[int, Batch]]:
    """Everything that happened: how many pupils have been told of, and the rows that are new since the last time.

    `references` of cases that are there already are not given again.
    """
    done = told = 0
    for school in cast.schools:
        assert school.plan is not None
        before, done = done, done + school.plan.pupils
        for pupil in enrol(cast.area, school, cases_until(done) - cases_until(before)):
            if pupil.has_case:
                _tell(cast, school, pupil, references)
        if done - told >= PUPILS_AT_ONCE or school is cast.schools[-1]:
            told = done
            yield done, cast.area.rows.take()


def _tell(cast: Cast, school: Place, pupil: Pupil, references: set[str]) -> None:
    case = open_case(cast.area, school, pupil, references)
    barriers, barred = describe(case), bar_contact(case)
    asked = cast.asked.get(school.corner, [])
    partners = ask(case, invite(case, asked, list(accumulate(each.weight for each in asked))), barred)
    plan_actions(case, barriers, partners)
    write_notes(case, partners)
    write_head(case, hold_reviews(case, partners))
    admit_carers(case, barred)
    turn(case)
    write_authors(case)


def welcome(cast: Cast) -> list[tuple[Place, Worker]]:
    """A few people of different callings, from the first school of each phase and the first service of each kind."""
    first_of: dict[str, Place] = {}
    for each in (*cast.schools, *cast.services):
        first_of.setdefault(each.plan.phase if each.plan else each.kind, each)
    return [
        (place, place.workers[role][0])
        for place in first_of.values()
        for role in ("senco", "dsl", "teacher", "manager", "practitioner", "case_officer", "auditor")
        if place.workers.get(role)
    ]
