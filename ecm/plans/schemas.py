"""What is asked for when a plan is made."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class NewPlan(BaseModel):
    """The kind of plan, and whom it is written for."""

    model_config = ConfigDict(extra="forbid")
    plan_type: Annotated[Literal["sen_support"], Field(title="the kind of plan")] = "sen_support"
    audience: Annotated[Literal["family", "professionals"], Field(title="whom it is for")]
