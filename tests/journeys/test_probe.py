import time
from tests.browser import axe, TAGS, _axe_source
from tests.journeys.steps import *
async def test_probe(site):
    async with site.open() as c:
        page=await c.new_page()
        await sign_in(page, SENCO)
        ref = await open_case(page)
        for url in (f"/cases/{ref}", f"/cases/{ref}/sharing", "/cases/new/"+str(seeds.known("pupil Suhaila"))):
            await page.goto(url)
            for name, opts in (("now",{}),("rt",{"resultTypes":["violations"]}),("nopre",{"preload":False}),("both",{"resultTypes":["violations"],"preload":False})):
                ts=[]
                for _ in range(4):
                    t=time.perf_counter(); await page.evaluate(_axe_source()); t1=time.perf_counter()
                    await page.evaluate("o => axe.run(document, o).then(f => f.violations)", {"runOnly":TAGS}|opts)
                    ts.append((round(t1-t,2), round(time.perf_counter()-t1,2)))
                print(url[-10:], name, ts)
            t=time.perf_counter()
            f=await page.evaluate("o => axe.run(document, o)", {"runOnly":TAGS}); print("full transfer", time.perf_counter()-t)
            t=time.perf_counter(); await page.goto(url); print("goto", time.perf_counter()-t)
