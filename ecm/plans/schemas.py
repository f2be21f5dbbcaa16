"""What is asked for when a plan is made, or a copy of the day."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ecm.plans.words import Audience, PlanType


class NewPlan(BaseModel):
    """The kind of plan, and whom it is written for."""

    model_config = ConfigDict(extra="forbid")
    plan_type: Annotated[PlanType, Field(title="the kind of plan")] = "sen_support"
    audience: Annotated[Audience, Field(title="whom it is for")]


class NewCopy(BaseModel):
    """The kind of plan to be copied as its reader may see it today; whom it is for follows from who asks."""

    model_config = ConfigDict(extra="forbid")
    plan_type: Annotated[PlanType, Field(title="the kind of plan")] = "sen_support"
