"""Settings of endpoints and models: `llm`, and the block that every stage with a model has."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from groundwork.errors import UsageError
from groundwork.settings.field_types import Count, Name, Positive, Seconds, Settings, Share

PROVIDER_OWN = {  # what an entry of llm.providers may leave out, and does not take over from llm itself
    "api_key_env": "",
    "key_header": "auto",
    "allow_http": False,
    "extra_body": {},
    "extra_headers": {},
    "extra_query": {},
}


class Routing(Settings, frozen=True):
    """OpenRouter's `provider` object; null or an empty list leaves a choice to OpenRouter. Ignored elsewhere."""

    order: Annotated[list[str], Meta(description="providers to try, in this order")]
    only: Annotated[list[str], Meta(description="providers allowed; empty: all")]
    allow_fallbacks: Annotated[bool, Meta(description="may another provider take a call that the first refused")]
    require_parameters: Annotated[
        bool, Meta(description="only endpoints that know every parameter sent; on for calls with a JSON schema")
    ]
    data_collection: Annotated[Literal["allow", "deny"], Meta(description="deny: only providers that store nothing")]
    zdr: Annotated[bool, Meta(description="only endpoints with zero data retention")]
    max_price: Annotated[
        dict[str, Annotated[float, Meta(ge=0)]],
        Meta(description='USD per million tokens, such as {"prompt": 1, "completion": 4}'),
    ]
    enforce_distillable_text: Annotated[
        bool, Meta(description="only models whose makers allow training on their output")
    ]


class Provider(Settings, frozen=True):
    """One endpoint that speaks the OpenAI chat API."""

    base_url: Annotated[
        str,
        Meta(pattern=r"^(local|https?://[^\s@]+)$", description='a URL, or "local": the model of the extra `local`'),
    ]
    api_key_env: Annotated[
        str, Meta(pattern=r"^[A-Za-z_0-9]*$", description="the environment variable with the key; empty: none")
    ]
    max_concurrency: Annotated[int, Meta(ge=1, le=4096, description="calls in flight at the most")]
    requests_per_minute: Annotated[Positive | None, Meta(description="null: as many as the endpoint takes")]
    tokens_per_minute: Annotated[Positive | None, Meta(description="null: as many as the endpoint takes")]
    timeout: Annotated[Seconds, Meta(description="seconds until a silent call counts as hung")]
    max_retry_after: Annotated[Seconds, Meta(description="seconds; a longer Retry-After stops the run")]
    transport_retries: Annotated[Count, Meta(description="tries after a dropped connection, a hang or a 5xx")]
    structured: Annotated[
        Literal["auto", "json_schema", "json_object", "prompt"],
        Meta(description="how JSON is asked for; auto: by schema, and by less once that is refused"),
    ]
    stream: Annotated[
        bool | Literal["auto"], Meta(description="read replies as streams; auto: once the endpoint asks for it")
    ]
    limit_parameter: Annotated[
        Literal["auto", "max_tokens", "max_completion_tokens"],
        Meta(description="limits the reply's length"),
    ]
    key_header: Annotated[
        Literal["auto", "bearer", "api-key"], Meta(description="which header holds the key; auto: api-key at Azure")
    ]
    allow_http: Annotated[bool, Meta(description="send the key unencrypted to another machine")]
    extra_body: Annotated[dict[str, Any], Meta(description="put into every request as it is, over what is there")]
    extra_headers: Annotated[
        dict[str, str], Meta(description="sent with every request; $NAME: the value of that environment variable")
    ]
    extra_query: Annotated[dict[str, str], Meta(description="put behind every address, such as api-version at Azure")]
    routing: Routing


class LocalModel(Settings, frozen=True):
    """The language model of the extra `local`."""

    model: Annotated[
        str,
        Meta(description='"packages" (the extra\'s carrier packages), a path of a .gguf, or "org/repo:file.gguf"'),
    ]
    sha256: Annotated[str, Meta(description="of the .gguf; empty: not checked")]
    threads: Annotated[Count, Meta(description="0: one a core")]
    context_length: Annotated[int, Meta(ge=512, description="tokens")]


class ModelCall(Settings, frozen=True):
    """Which model is asked, where, and how it samples.

    `llm.defaults` holds them for all stages; in a stage's block a null stands for the value there (`fill_inherited`).
    """

    provider: Annotated[str, Meta(description="a key of llm.providers; empty: llm itself")]
    model: Name
    temperature: Annotated[Annotated[float, Meta(ge=0, le=2)] | None, Meta(description="null: not sent")]
    max_tokens: Annotated[Positive, Meta(description="of one reply")]
    top_p: Annotated[Annotated[float, Meta(gt=0, le=1)] | None, Meta(description="null: not sent")]
    top_k: Annotated[Count | None, Meta(description="null: not sent")]
    min_p: Annotated[Share | None, Meta(description="null: not sent")]
    reasoning_effort: Annotated[
        Literal["none", "minimal", "low", "medium", "high"] | None, Meta(description="null: not sent")
    ]
    thinking: Annotated[bool | None, Meta(description="switch the model's thinking on or off; null: not sent")]
    omit: Annotated[
        list[Literal["temperature", "top_p", "top_k", "min_p", "reasoning_effort", "thinking"]],
        Meta(description="parameters that the model refuses: never sent, whatever their value"),
    ]


class LLM(Provider, frozen=True):
    """The endpoint that every stage uses unless it names another one of `providers`."""

    defaults: Annotated[ModelCall, Meta(description="what a stage uses where its own block says null")]
    providers: Annotated[dict[str, Provider], Meta(description="further endpoints, for a stage's `provider`")]
    local: LocalModel


def complete_providers(block: dict[str, Any]) -> None:
    """Put the value of llm wherever an entry of llm.providers, in the JSON of a whole config, leaves a key out.

    Keys and what goes with them stay with the endpoint that they are for.
    """
    llm = block["llm"] if isinstance(block.get("llm"), dict) else {}
    providers = llm["providers"] if isinstance(llm.get("providers"), dict) else {}
    for provider in providers.values():
        if isinstance(provider, dict):
            for field in Provider.__struct_fields__:
                if field != "base_url" and field in llm:
                    provider.setdefault(field, PROVIDER_OWN.get(field, llm[field]))


def inherits(block: type[Settings], field: str) -> bool:
    """Does a null in the `field` of the `block` stand for the value in llm.defaults?"""
    return block is not ModelCall and issubclass(block, ModelCall) and field in ModelCall.__struct_fields__


def named_call(template: ModelCall, name: str, providers: Collection[str]) -> ModelCall:
    """The settings of `template` for NAME or NAME@PROVIDER. Raises UsageError where `providers` lack that one."""
    model, separator, provider = name.rpartition("@")
    if not separator:
        return msgspec.structs.replace(template, model=name)
    if provider not in providers:
        defined = ", ".join(providers) or "none is defined"
        raise UsageError(f"{name}: {provider!r} is not one of llm.providers ({defined})")
    return msgspec.structs.replace(template, model=model, provider=provider)
