import time, asyncio
from collections import Counter
from tests.access.steps import gather_cast
from tests.access.looking import live, LOOKING
from tests.access.worlds import draw_worlds

async def test_try(db):
    t=time.time(); ws = draw_worlds(300); print("draw", time.time()-t)
    print(Counter(len(w.steps) for w in ws))
    t=time.time(); cast = await gather_cast(db, 3)
    async with db.admin() as admin: await admin.execute(LOOKING)
    print("cast", time.time()-t)
    t=time.time(); c=Counter(); tot=Counter(); bad=0
    for w in ws[:60]:
        l = await live(w, cast)
        c.update(l.taken); tot.update(s.verb for s in w.steps)
        if l.why != l.relation:
            bad+=1
            if bad<3: print(w, l.why-l.relation, l.relation-l.why)
    print("live", (time.time()-t)/60, bad); print({k:(c[k],tot[k]) for k in tot})
