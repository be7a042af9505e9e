"""Where a model of Transformers lies, and how it comes into memory."""

import hashlib
import importlib.util
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from benchbook import PluginError, SpecError, settings, weights
from benchbook.plugins.runtimes.completions import quoted
from benchbook.plugins.runtimes.gguf import read_header

Dtype = Literal["auto", "float32", "bfloat16", "float16"]

_BESIDES_WEIGHTS = ["*.json", "*.jinja", "*.txt", "*.model"]
_WEIGHTS = ("*.safetensors", "*.bin")
"""The first kind that is there counts."""


@dataclass(frozen=True)
class Wanted:
    """What is to be loaded, in the user's words."""

    model: str
    path: str | None
    dtype: Dtype
    device: str
    max_batch: int
    threads: int
    adapter: str | None
    load_in_4bit: bool
    revision: str | None
    trust_remote_code: bool


@dataclass(frozen=True)
class Loaded:
    """A model in memory, with what belongs to it."""

    model: Any
    tokenizer: Any
    device: str
    limit: int | None
    """Tokens that it takes, prompt and answer together; None if it does not say."""
    first_token: int | None
    """The token that texts begin with, or else the one they end with."""
    ends: frozenset[int]
    """The tokens that end an answer."""
    max_batch: int
    facts: Mapping[str, str]

    @property
    def padding(self) -> int:
        """A token to fill up with; what it is does not matter."""
        return next(iter(sorted(self.ends)), 0)

    def encoded(self, text: str) -> list[int]:
        """A text's tokens, with the one that texts begin with if this model's do."""
        tokens: list[int] = self.tokenizer(text)["input_ids"]
        end = self.tokenizer.eos_token_id
        # Some tokenizers end every text as well; but a prompt is to be continued.
        return tokens[:-1] if tokens and tokens[-1] == end and self.tokenizer("a")["input_ids"][-1] == end else tokens

    def encoded_as_told(self, text: str) -> list[int]:
        """A text's tokens, none added: a chat template writes all there is."""
        tokens: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return tokens

    def decoded(self, tokens: Sequence[int]) -> str:
        """What tokens read like, with those spelt out that are no text."""
        text: str = self.tokenizer.decode(list(tokens), clean_up_tokenization_spaces=False)
        return text

    def shown(self, token: int) -> str:
        """What a token reads like by itself, with the space it may begin with."""
        anchor: list[int] = self.tokenizer("a", add_special_tokens=False)["input_ids"][-1:]
        decode = self.tokenizer.decode
        text: str = decode([*anchor, token], clean_up_tokenization_spaces=False)
        return text[len(decode(anchor)) :]


@dataclass(frozen=True)
class _Place:
    """Where the weights are."""

    folder: Path | None
    """None: on the hub."""
    gguf: str | None = None
    """The name of the file in the folder, if it is one file."""


def look_up(wanted: Wanted) -> None:
    """Find out, without loading, what is missing: packages, files."""
    for package in ("torch", "transformers"):
        _need(package, "hf")
    if wanted.load_in_4bit:
        _need("bitsandbytes", "hf,hf-4bit")
    place = _place(wanted)
    if place.gguf is not None and place.folder is not None:
        _need("gguf", "hf")
        read_header(place.folder / place.gguf)
    elif place.folder is not None and not (place.folder / "config.json").is_file():
        message = f"the folder {place.folder} has no config.json: it holds no model of Transformers"
        raise SpecError(message, field=["args", "path"] if wanted.path else ["model"])
    if wanted.adapter is not None:
        _need("peft", "hf")
        if not (Path(wanted.adapter).expanduser() / "adapter_config.json").is_file():
            raise SpecError(f"the folder {wanted.adapter} has no adapter_config.json", field=["args", "adapter"])
    if place.folder is None:
        _fetched(wanted, ["config.json"])


def load(wanted: Wanted) -> Loaded:
    """The model, in memory and ready; PluginError says why not."""
    look_up(wanted)
    import torch  # noqa: PLC0415 - heavy, and an extra

    device = _device(wanted.device)
    if device == "cpu":
        torch.set_num_threads(wanted.threads or max(1, settings.cores() - 1))
    place = _local(wanted)
    with _quiet():
        try:
            tokenizer, model = _read(wanted, place, device)
        except (OSError, ValueError, ImportError, RuntimeError, KeyError) as err:
            raise PluginError(f"Transformers cannot load {wanted.model}: {quoted(str(err))}") from err
    if model.config.is_encoder_decoder:
        raise PluginError(f"{wanted.model} is an encoder-decoder model; hf runs decoders only")
    limit = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    first = tokenizer.eos_token_id if tokenizer.bos_token_id is None else tokenizer.bos_token_id
    return Loaded(
        model=model,
        tokenizer=tokenizer,
        device=device,
        limit=limit if isinstance(limit, int) else None,
        first_token=first,
        ends=_ends(model, tokenizer),
        # The state of a recurrent model would run over its padding.
        max_batch=1 if getattr(model, "_is_stateful", False) else wanted.max_batch,
        facts=_facts(wanted, place, model, tokenizer, device),
    )


def weight_files(folder: Path) -> list[Path]:
    """The files that hold the weights of a folder."""
    for pattern in _WEIGHTS:
        found = sorted(folder.glob(pattern))
        if found:
            return found
    return []


def config_files(folder: Path) -> list[Path]:
    """What decides its answers besides the weights: configuration, tokenizer, templates, code."""
    return sorted({file for pattern in (*_BESIDES_WEIGHTS, "*.py") for file in folder.glob(pattern)})


def digest(files: Iterable[Path]) -> str:
    """The SHA-256 of the only file, or of the list that `sha256sum` would write of several."""
    sums = []
    for each in files:
        with each.open("rb") as file:
            sums.append((hashlib.file_digest(file, "sha256").hexdigest(), each.name))
    if len(sums) == 1:
        return sums[0][0]
    return hashlib.sha256("".join(f"{digest}  {name}\n" for digest, name in sums).encode()).hexdigest()


def _need(package: str, extras: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise PluginError(f"{package} is not installed; run `pip install 'benchbook[{extras}]'`")


def _place(wanted: Wanted) -> _Place:
    """Where the model is: a path that was given, a file, a folder, an embedded model's weights, or else the hub."""
    named = wanted.path or wanted.model
    path, field = Path(named).expanduser(), ["args", "path"] if wanted.path else ["model"]
    if path.is_dir():
        return _Place(path)
    if named.endswith(".gguf") or wanted.path:
        if not path.is_file() or path.suffix != ".gguf":
            raise SpecError(f"there is no folder and no .gguf file {path}", field=field)
        return _Place(path.parent, path.name)
    if named.startswith((".", "/", "~")):
        raise SpecError(f"there is no folder {path}", field=field)
    if "/" in named:
        return _Place(None)
    try:
        known = weights(named)
    except SpecError as err:
        message = f"{err.message}; or give a folder, a .gguf file, or ORGANISATION/NAME on the hub"
        raise SpecError(message, field=field) from None
    models = settings.load().models
    if not known.pulled(models):
        raise SpecError(f"the weights of {named} are not here; run `benchbook models pull {named}`", field=field)
    file = known.path(models)
    return _Place(file.parent, file.name)


def _local(wanted: Wanted) -> _Place:
    """The same place, once all of it is on this machine."""
    place = _place(wanted)
    if place.folder is not None:
        return place
    code = ["*.py"] if wanted.trust_remote_code else []
    folder = _fetched(wanted, [*_BESIDES_WEIGHTS, *code, _WEIGHTS[0]])
    if not any(folder.glob(_WEIGHTS[0])):
        folder = _fetched(wanted, [*_BESIDES_WEIGHTS, *code, *_WEIGHTS])
    return _Place(folder)


def _fetched(wanted: Wanted, patterns: list[str]) -> Path:
    """The model's folder in the hub's cache, with these files in it."""
    import httpx2 as _  # noqa: F401, PLC0415
    import huggingface_hub  # noqa: PLC0415 - an extra

    try:
        with _quiet():
            return Path(
                huggingface_hub.snapshot_download(wanted.model, revision=wanted.revision, allow_patterns=patterns)
            )
    except Exception as err:
        raise PluginError(str(err)) from err


def _device(wanted: str) -> str:
    import torch  # noqa: PLC0415 - as above

    if wanted == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    if wanted.startswith("cuda"):
        number = int(wanted.partition(":")[2] or 0)
        if number >= torch.cuda.device_count():
            found = torch.cuda.device_count()
            raise PluginError(f"there is no {wanted}: torch {torch.__version__} sees {found} GPUs; try `device: cpu`")
    return wanted


def _read(wanted: Wanted, place: _Place, device: str) -> tuple[Any, Any]:
    """Tokenizer and model."""
    import torch  # noqa: PLC0415 - as above
    import transformers  # noqa: PLC0415 - as above

    folder = str(place.folder)
    common: dict[str, Any] = {"trust_remote_code": wanted.trust_remote_code, "local_files_only": True}
    if place.gguf is not None:
        common["gguf_file"] = place.gguf
    how: dict[str, Any] = {"dtype": wanted.dtype if wanted.dtype == "auto" else getattr(torch, wanted.dtype)}
    if place.gguf is not None and wanted.dtype == "auto":
        how["dtype"] = torch.float32  # what it dequantises to
    if wanted.load_in_4bit:
        how["quantization_config"] = transformers.BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.float32 if device == "cpu" else torch.bfloat16,
        )  # fmt: skip
        how["device_map"] = {"": device}
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **common)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, **common, **how)
    if wanted.adapter is not None:
        import peft  # noqa: PLC0415 - as above

        model = peft.PeftModel.from_pretrained(model, str(Path(wanted.adapter).expanduser()))
    if not wanted.load_in_4bit:
        model.to(device)
    return tokenizer, model.eval()


@contextmanager
def _quiet() -> Iterator[None]:
    """Within, Transformers and the hub draw no bars and give no advice."""
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars  # noqa: PLC0415
    from transformers import modeling_gguf_pytorch_utils as gguf_files  # noqa: PLC0415 - as above
    from transformers.utils import logging  # noqa: PLC0415 - as above

    bars, hub_bars, level = logging.is_progress_bar_enabled(), not are_progress_bars_disabled(), logging.get_verbosity()
    gguf_bar, gguf_files.tqdm = gguf_files.tqdm, lambda tensors, **_: tensors  # there is no switch for this one
    logging.disable_progress_bar()
    disable_progress_bars()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        gguf_files.tqdm = gguf_bar
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
        if hub_bars:
            enable_progress_bars()


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    found: set[int] = set()
    for said in (model.generation_config.eos_token_id, tokenizer.eos_token_id):
        found |= {said} if isinstance(said, int) else set(said or ())
    return frozenset(found)


def _facts(wanted: Wanted, place: _Place, model: Any, tokenizer: Any, device: str) -> dict[str, str]:
    assert place.folder is not None, "a model in memory came from a folder"  # noqa: S101 - for the type checker
    files = [place.folder / place.gguf] if place.gguf else weight_files(place.folder)
    facts = {
        "weights": place.gguf or wanted.model,
        "sha256": digest(files),
        "size": str(sum(file.stat().st_size for file in files)),
        "architecture": model.config.model_type,
        "dtype": str(model.dtype).removeprefix("torch."),
        "device": device,
        "runtime": f"transformers {version('transformers')}, torch {version('torch')}",
    }
    if place.gguf is None:
        facts["config_sha256"] = digest(config_files(place.folder))
    template = tokenizer.chat_template
    if template:
        text = template if isinstance(template, str) else json.dumps(template, sort_keys=True)
        facts["chat_template"] = hashlib.sha256(text.encode()).hexdigest()
    if wanted.load_in_4bit:
        facts["quantisation"] = "nf4"
    if wanted.adapter is not None:
        adapter = Path(wanted.adapter).expanduser()
        adapted = [*weight_files(adapter), adapter / "adapter_config.json"]
        facts |= {"adapter": wanted.adapter, "adapter_sha256": digest(adapted)}
    return facts
