"""Which model is asked, and how."""

from typing import Any, Literal, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from benchbook.specs.outputs import Usage
from benchbook.specs.spec import Day, Several, Spec
from benchbook.specs.use import Use

PromptStyle = Literal["chat", "completion"]


class Message(Spec):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


Prompt = str | Several[Message]
"""What a model is asked: turns of a chat, or the bare text that a base model continues."""


class GenerateConfig(Spec):
    """Sampling parameters. What is None is left to the next: model before task before run."""

    max_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=1)
    seed: int | None = None
    stop: Several[str] = ()
    logprobs: int | None = Field(default=None, ge=0, le=20)
    """Ask for the log-probability of each token of the answer, and of so many alternatives to it."""
    json_schema: dict[str, JsonValue] | None = None
    """The answer is to be JSON of this schema, where the backend can see to that."""
    reasoning: Literal["none", "minimal", "low", "medium", "high"] | None = None
    """How much a reasoning model is to think."""
    reasoning_tokens: int | None = Field(default=None, ge=0)
    """The most tokens it may think, where the backend takes a number."""

    def over(self, base: "GenerateConfig") -> Self:
        """This config, with its gaps filled from `base`; stop sequences add up."""
        gaps = {name: getattr(base, name) for name in type(self).model_fields if getattr(self, name) is None}
        stop = tuple(dict.fromkeys((*self.stop, *base.stop)))
        return self.model_copy(update={**gaps, "stop": stop})


class Price(Spec):
    """What a model costs, in units of `currency` per million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cache_read: float | None = Field(default=None, ge=0)
    """Of input that the backend had in its cache; like other input if None."""
    cache_write: float | None = Field(default=None, ge=0)
    """Of input that it put there."""
    currency: str = "USD"
    as_of: Day | None = None
    """The day the price was looked up."""
    source: str = ""
    """Where it was looked up."""

    @property
    def nothing(self) -> bool:
        """Whether all tokens are free."""
        return not any((self.input, self.output, self.cache_read, self.cache_write))

    def of(self, used: Usage) -> float:
        """What so many tokens cost."""
        # Some servers count what was cached beside the input, and would owe us money.
        plain = max(0, used.input_tokens - used.cache_read_tokens - used.cache_write_tokens)
        read = self.input if self.cache_read is None else self.cache_read
        write = self.input if self.cache_write is None else self.cache_write
        input_cost = plain * self.input + used.cache_read_tokens * read + used.cache_write_tokens * write
        return (input_cost + used.output_tokens * self.output) / 1_000_000


class ModelLimits(Spec):
    """What a model is asked at most; what is None is bounded by the run's `concurrency` alone."""

    concurrency: int | None = Field(default=None, ge=1)
    """Requests at once."""
    requests_per_minute: float | None = Field(default=None, gt=0)
    tokens_per_minute: float | None = Field(default=None, gt=0)
    """Of prompts and answers together."""


class ModelSpec(Spec):
    """A model as `runtime/name`, with what its runtime needs to know. The short spelling is the string alone."""

    model: str
    name: str = ""
    """What tables and reports call it; the model string unless given."""
    args: dict[str, JsonValue] = {}
    """Further arguments of the runtime, e.g. `base_url`."""
    prompt_style: Literal["auto", "chat", "completion"] = "auto"
    """A property of the model: `auto` asks by chat where the weights carry a chat template."""
    generate: GenerateConfig = GenerateConfig()
    limits: ModelLimits = ModelLimits()

    @model_validator(mode="before")
    @classmethod
    def _spelt(cls, data: Any) -> Any:
        return {"model": data} if isinstance(data, str) else data

    @field_validator("model")
    @classmethod
    def _has_a_runtime(cls, model: str) -> str:
        runtime, slash, name = model.partition("/")
        if not (runtime and slash and name):
            raise ValueError(f"expected `runtime/name`, e.g. llamacpp/smollm2-135m, got {model!r}")
        return model

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not self.name:
            object.__setattr__(self, "name", self.model)
        return self

    @property
    def runtime(self) -> Use:
        """The runtime plugin and its arguments."""
        runtime, _, model = self.model.partition("/")
        return Use(name=runtime, args={"model": model, **self.args})
