"""What the gateway is asked: OpenAI's requests, as our own. What cannot be heeded is refused, never dropped."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, model_validator

from benchbook.errors import SpecError
from benchbook.specs.models import GenerateConfig, Message
from benchbook.specs.spec import Several, Spec

MOST_ANSWERS = 128
"""Answers to one prompt, as OpenAI has it; and prompts in one request are at most so many times eight."""
_REMARKS = frozenset(
    {
        "metadata",
        "parallel_tool_calls",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "safety_identifier",
        "user",
    }
)
"""Parameters that do not change an answer."""
_WITHOUT_EFFECT: Mapping[str, Sequence[object]] = {
    "audio": (),
    "best_of": (1,),
    "frequency_penalty": (0,),
    "function_call": ("none",),
    "functions": ([],),
    "logit_bias": ({},),
    "modalities": (["text"],),
    "moderation": (),
    "prediction": (),
    "presence_penalty": (0,),
    "service_tier": ("auto", "default"),
    "store": (False,),
    "suffix": ("",),
    "tool_choice": ("none", "auto"),
    "tools": ([],),
    "verbosity": ("medium",),
    "web_search_options": (),
}
"""Parameters that are heeded nowhere here, and their values that ask for nothing."""
_OF_AN_ANSWER = frozenset({"annotations", "audio", "function_call", "reasoning_content", "refusal", "tool_calls"})
"""What an answer holds beside its text; empty in those that are sent back as turns of a conversation."""


Stop = Annotated[str, Field(min_length=1)]
"""An empty one would end every answer at once."""
Count = Annotated[int, Field(le=2**31 - 1)]
TokenId = Annotated[int, Field(ge=0, le=2**31 - 1)]


class StreamOptions(Spec):
    """How a stream is to be."""

    include_usage: bool = False
    include_obfuscation: bool = False
    """Nothing is padded here, asked for or not: it guards against listeners on the wire, and changes no answer."""


class TextPart(Spec):
    """A part of a message."""

    type: Literal["text"]
    text: str


class Turn(Spec):
    """A message, as OpenAI has it."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | Several[TextPart]

    @model_validator(mode="before")
    @classmethod
    def _as_answered(cls, data: Any) -> Any:
        """Without what an answer of ours holds beside its text; earlier reasoning is not shown to a model again."""
        if not isinstance(data, Mapping):
            return data
        return {name: value for name, value in data.items() if not _left_over(name, value)}

    @property
    def message(self) -> Message:
        """The turn in our words."""
        parts = self.content if isinstance(self.content, str) else "\n".join(part.text for part in self.content)
        return Message(role="system" if self.role == "developer" else self.role, content=parts)


class ResponseFormat(Spec):
    """What an answer is to look like."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: dict[str, JsonValue] = {}
    """`schema`, and what may stand beside it: an answer follows it in any case, strict or not."""

    @property
    def schema_wanted(self) -> dict[str, JsonValue] | None:
        """The schema that an answer is to follow."""
        if self.type == "json_object":
            return {"type": "object"}
        if self.type == "text":
            return None
        stray = self.json_schema.keys() - {"schema", "name", "description", "strict"}
        schema = self.json_schema.get("schema")
        if stray or not isinstance(schema, dict):
            raise SpecError("expected `json_schema: {name: …, schema: {…}}`", field=["response_format"])
        return schema


class _Asked(Spec):
    """What both kinds of requests hold that ask for an answer."""

    model: str
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: Count | None = Field(default=None, ge=1)
    seed: int | None = Field(default=None, ge=-(2**63), lt=2**63 - MOST_ANSWERS)
    stop: Stop | Several[Stop] = ()
    n: int = Field(default=1, ge=1, le=MOST_ANSWERS)
    response_format: ResponseFormat | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None

    def _config(self, **more: Any) -> GenerateConfig:
        if self.stream_options is not None and not self.stream:
            raise SpecError("it needs `stream: true`", field=["stream_options"])
        return GenerateConfig(
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            seed=self.seed,
            stop=(self.stop,) if isinstance(self.stop, str) else self.stop,
            json_schema=self.response_format.schema_wanted if self.response_format else None,
            **more,
        )


class ChatRequest(_Asked):
    """A request to `/v1/chat/completions`."""

    messages: Several[Turn] = Field(min_length=1)
    max_tokens: Count | None = Field(default=None, ge=1)
    max_completion_tokens: Count | None = Field(default=None, ge=1)
    logprobs: bool = False
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high"] | None = None

    @property
    def config(self) -> GenerateConfig:
        """The parameters in our words."""
        if self.top_logprobs is not None and not self.logprobs:
            raise SpecError("it needs `logprobs: true`", field=["top_logprobs"])
        if None not in (self.max_tokens, self.max_completion_tokens) and self.max_tokens != self.max_completion_tokens:
            raise SpecError("`max_completion_tokens` says something else; give one of them", field=["max_tokens"])
        return self._config(
            max_tokens=self.max_completion_tokens or self.max_tokens,
            logprobs=(self.top_logprobs or 0) if self.logprobs else None,
            reasoning=self.reasoning_effort,
        )


class TextRequest(_Asked):
    """A request to `/v1/completions`."""

    prompt: str | Several[TokenId] | Several[str] | Several[Several[TokenId]]
    max_tokens: Count = Field(default=16, ge=0)
    logprobs: int | None = Field(default=None, ge=0, le=20)
    echo: bool = False

    @property
    def prompts(self) -> Sequence[str | Sequence[int]]:
        """Each prompt, as text or as tokens."""
        if isinstance(self.prompt, str):
            return [self.prompt]
        if not self.prompt:
            raise SpecError("an empty list asks for nothing", field=["prompt"])
        several = [each for each in self.prompt if not isinstance(each, int)]
        prompts = several or [tuple(each for each in self.prompt if isinstance(each, int))]
        if len(prompts) > 8 * MOST_ANSWERS:
            raise SpecError(f"at most {8 * MOST_ANSWERS} prompts at once, not {len(prompts)}", field=["prompt"])
        if any(not prompt for prompt in prompts if not isinstance(prompt, str)):
            raise SpecError("a prompt has no tokens", field=["prompt"])
        return prompts

    @property
    def config(self) -> GenerateConfig:
        """The parameters in our words, for an answer of at least one token."""
        if self.max_tokens == 0 and not self.echo:
            raise SpecError("without `echo` nothing is asked for", field=["max_tokens"])
        return self._config(max_tokens=self.max_tokens or None, logprobs=self.logprobs)


class TokenizeRequest(Spec):
    """A request to `/tokenize`, as vLLM has it."""

    model: str | None = None
    prompt: str
    add_special_tokens: bool = True
    """Whether the tokens that are put before a prompt are told too."""
    return_token_strs: Literal[False] = False


class DetokenizeRequest(Spec):
    """A request to `/detokenize`, as vLLM has it."""

    model: str | None = None
    tokens: Several[TokenId]


def heeded(body: object) -> dict[str, Any]:
    """The parameters that change an answer; SpecError names one that the gateway cannot heed."""
    if not isinstance(body, dict):
        raise SpecError("expected a JSON object")
    given = {name: value for name, value in body.items() if value is not None and name not in _REMARKS}
    for name in given.keys() & _WITHOUT_EFFECT.keys():
        if given[name] not in _WITHOUT_EFFECT[name]:
            raise SpecError("the gateway cannot heed it; leave it out", field=[name])
    return {name: value for name, value in given.items() if name not in _WITHOUT_EFFECT}


def _left_over(name: str, value: object) -> bool:
    if name in _OF_AN_ANSWER:
        return not value or name == "reasoning_content"
    return value is None and name != "content"
