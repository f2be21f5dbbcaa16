"""What the accessibility statement may claim: `python -m tests.help.write_results`, after `make test` was green.

The journeys look at every page named in tests/journeys/pages.py with axe-core, at both widths, or they fail.
"""

import json
from typing import Any

from ecm.clock import today
from ecm.help.results import FILE
from ecm.web.assets import ROOT
from tests.browser import DESK, PHONE
from tests.journeys.pages import FORMS, PAGES


def looked_at() -> dict[str, Any]:
    """What the tests look at now, without the days."""
    package = json.loads((ROOT / "package.json").read_text("utf-8"))
    return {
        "pages": len(set().union(*PAGES.values())),
        "forms": len(set().union(*FORMS.values())),
        "widths": [PHONE, DESK],
        "axe": package["devDependencies"]["axe-core"],
    }


if __name__ == "__main__":
    kept = json.loads(FILE.read_text("utf-8"))
    FILE.write_text(json.dumps(kept | looked_at() | {"looked_at_on": today().isoformat()}, indent=2) + "\n", "utf-8")
