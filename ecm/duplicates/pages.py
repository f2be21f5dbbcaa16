"""Pages on which a school finds the pupil it has twice, makes one of two, and settles what another school has too."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.accounts.schemas import Nothing
from ecm.agencies.words import ROLE_LABELS
from ecm.database import Actor
from ecm.duplicates.commands import dismiss_pair, merge_pupils, obstacle, preview_merge, restore_pair, settle_match
from ecm.duplicates.queries import list_duplicates, list_matches, list_merges, show_match, show_merge, show_pair
from ecm.duplicates.rules import FIELDS, to_ask
from ecm.duplicates.schemas import Merging, Settling
from ecm.duplicates.words import (
    FIELD_LABELS,
    NUMBER_LABELS,
    OUTCOME_LABELS,
    SETTLED_LABELS,
    WHY_LABELS,
    as_they_were,
    opened_label,
)
from ecm.errors import Refused
from ecm.pupils.words import NEED_LABELS, PROVISION_LABELS, YEAR_LABELS
from ecm.web.forms import Form, filled, submit
from ecm.web.render import redirect

WORDS = {
    "whys": WHY_LABELS, "fields": FIELD_LABELS, "provisions": PROVISION_LABELS, "needs": NEED_LABELS, "years": YEAR_LABELS,
    "numbers": NUMBER_LABELS,
    "outcomes": OUTCOME_LABELS, "settled": SETTLED_LABELS, "roles": ROLE_LABELS, "opened": opened_label,
}  # fmt: skip
MERGED = "The two records are one now. Who sees the pupil’s cases still does, and who is barred from one is barred from both."
DISMISSED = "They are two pupils, and are not offered again. You can undo this at the end of this page."
RESTORED = "That is undone. The two are offered again if they still look like one pupil."
SETTLED = "It is settled for your school. The other school says for itself what came of it."


@get("/pupils/duplicates")
async def show_duplicates(actor: NamedDependency[Actor]) -> Response[bytes]:
    """Pairs that may be one pupil."""
    return page("duplicates/list.html", actor, words=WORDS, **await list_duplicates(actor))


@get("/pupils/duplicates/{pupil_id:uuid}/{other_id:uuid}")
async def show_duplicate(
    actor: NamedDependency[Actor], pupil_id: FromPath[UUID], other_id: FromPath[UUID]
) -> Response[bytes]:
    """Two records side by side; the first is the one that stays."""
    return await _pair_page(actor, pupil_id, other_id, None)


async def _pair_page(actor: Actor, kept: UUID, gone: UUID, form: Form[Any] | None) -> Response[bytes]:
    pair = await show_pair(actor, kept, gone)
    asked, alone = to_ask(pair["kept"], pair["gone"])
    taken = {f"take.{name}": pair["choices"][name] for name in asked}
    shown = form or filled(version=pair["version"], join=list(pair["joinable"]), **taken)
    return page(
        "duplicates/pair.html", actor, status=shown.status, form=shown, obstacle=obstacle(pair), asked=asked, filled=alone, words=WORDS,
        **pair,
    )  # fmt: skip


@post("/pupils/duplicates/{pupil_id:uuid}/{other_id:uuid}/check", status_code=200)
async def send_check(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], pupil_id: FromPath[UUID], other_id: FromPath[UUID]
) -> Response[Any]:
    """What the merge would make of both, before it does."""
    form = await submit(request, Merging, lambda said: preview_merge(actor, pupil_id, other_id, said))
    if not form.ok:
        return await _pair_page(actor, pupil_id, other_id, form)
    return page("duplicates/check.html", actor, form=form, names=FIELDS, words=WORDS, **form.result)


@post("/pupils/duplicates/{pupil_id:uuid}/{other_id:uuid}/merge", status_code=303)
async def send_merge(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], pupil_id: FromPath[UUID], other_id: FromPath[UUID]
) -> Response[Any]:
    """Make one of both."""
    form = await submit(request, Merging, lambda said: merge_pupils(actor, pupil_id, other_id, said))
    if not form.ok:
        return await _pair_page(actor, pupil_id, other_id, form)
    return redirect(f"/pupils/merges/{form.result}", MERGED)


@post("/pupils/duplicates/{pupil_id:uuid}/{other_id:uuid}/not-same", status_code=303)
async def send_not_same(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], pupil_id: FromPath[UUID], other_id: FromPath[UUID]
) -> Response[Any]:
    """They are two pupils."""
    await _press(request, lambda: dismiss_pair(actor, pupil_id, other_id))
    return redirect("/pupils/duplicates", DISMISSED)


@post("/pupils/duplicates/{pupil_id:uuid}/{other_id:uuid}/undo", status_code=303)
async def send_undo(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], pupil_id: FromPath[UUID], other_id: FromPath[UUID]
) -> Response[Any]:
    """They may be one after all."""
    await _press(request, lambda: restore_pair(actor, pupil_id, other_id))
    return redirect("/pupils/duplicates", RESTORED)


async def _press(request: Request[Any, Any, Any], command: Any) -> None:
    form = await submit(request, Nothing, lambda _: command())
    if not form.ok:
        raise Refused(form.problems)


@get("/pupils/merges")
async def show_merges(actor: NamedDependency[Actor]) -> Response[bytes]:
    """What was merged."""
    return page("duplicates/merges.html", actor, merges=await list_merges(actor), words=WORDS)


@get("/pupils/merges/{merge_id:uuid}")
async def show_one_merge(actor: NamedDependency[Actor], merge_id: FromPath[UUID]) -> Response[bytes]:
    """One merge, with both records as they were."""
    merge = await show_merge(actor, merge_id)
    return page("duplicates/merge.html", actor, merge=merge, rows=as_they_were(merge["before"]), words=WORDS)


@get("/pupils/matches")
async def show_matches(actor: NamedDependency[Actor]) -> Response[bytes]:
    """Pupils whom another school may have too."""
    return page("duplicates/matches.html", actor, matches=await list_matches(actor), words=WORDS)


@get("/pupils/matches/{match_id:uuid}")
async def show_one_match(actor: NamedDependency[Actor], match_id: FromPath[UUID]) -> Response[bytes]:
    """One of them, to say what came of it."""
    return await _match_page(actor, match_id, Form())


async def _match_page(actor: Actor, match_id: UUID, form: Form[Any]) -> Response[bytes]:
    match = await show_match(actor, match_id)
    return page("duplicates/match.html", actor, status=form.status, match=match, form=form, words=WORDS)


@post("/pupils/matches/{match_id:uuid}/settling", status_code=303)
async def send_settling(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], match_id: FromPath[UUID]
) -> Response[Any]:
    """The two schools have spoken."""
    form = await submit(request, Settling, lambda said: settle_match(actor, match_id, said))
    return redirect("/pupils/matches", SETTLED) if form.ok else await _match_page(actor, match_id, form)


routes = [
    show_duplicates, show_duplicate, send_check, send_merge, send_not_same, send_undo, show_merges, show_one_merge,
    show_matches, show_one_match, send_settling,
]  # fmt: skip
