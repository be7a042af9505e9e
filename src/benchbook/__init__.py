"""Benchbook: run evaluations, check them objectively, judge them, review them, and keep all of it as data.

The names below are the public surface. They are imported on first use, so that `import benchbook` costs nothing;
`__init__.pyi` tells type checkers the same, and a test holds the two together.
"""

from importlib import import_module

__version__ = "0.1.0"

_SURFACE = {
    "engine.answers.extraction": ("Extraction", "extracted"),
    "engine.answers.pool": ("Verifier", "verifier"),
    "engine.answers.text": ("normalised",),
    "engine.judge_rules": ("settled",),
    "engine.keys": ("Keys",),
    "engine.programs": ("examine",),
    "engine.synthesis.sets": ("synthetic",),
    "errors": (
        "BenchbookError",
        "FailureCause",
        "PluginError",
        "RuntimeFailed",
        "SandboxUnavailable",
        "SpecError",
    ),
    "protocols": (
        "Check",
        "Context",
        "Embedder",
        "Engine",
        "Finding",
        "Fold",
        "Generate",
        "Kind",
        "Matter",
        "Question",
        "Reader",
        "Request",
        "Runtime",
        "Sandbox",
        "Scorer",
        "Solver",
        "Task",
        "Tokenizer",
        "Verdicts",
    ),
    "records.datasets": ("Sample",),
    "records.events": ("RunEvent",),
    "records.generations": ("Generation",),
    "records.runs": ("Run",),
    "records.scores": ("Score",),
    "registry": ("build", "opened", "preflight", "register", "vet"),
    "service.experiments": ("evaluate", "evaluate_async"),
    "service.loading": ("LoadedRuns", "Table", "load_run"),
    "service.sandbox": ("PythonPool", "python_pool", "run_python"),
    "settings": ("secret",),
    "specs.answers": ("Policy", "Verification"),
    "specs.commands": ("Call", "CallResult", "Command", "ExecResult", "ExecStatus", "Limits"),
    "specs.comparison": ("Comparison", "TextComparison"),
    "specs.datasets": ("Row",),
    "specs.experiments": ("ExperimentSpec", "RunSettings"),
    "specs.models": ("GenerateConfig", "Message", "ModelLimits", "ModelSpec", "Prompt", "PromptStyle"),
    "specs.outputs": (
        "Alternative",
        "Draw",
        "Likelihood",
        "Output",
        "Piece",
        "PromptToken",
        "Reading",
        "TokenLogprob",
        "Usage",
    ),
    "specs.programs": ("Outcome", "ProgramResult", "ProgramSpec", "ProgramTest"),
    "specs.rubrics": ("Item", "Rubric", "rubric"),
    "specs.spec": ("Spec",),
    "specs.tasks": ("TaskSpec",),
    "specs.use": ("Use",),
    "specs.verdicts": ("Verdict",),
    "specs.weights": ("weights",),
}
_HOMES = {name: home for home, names in _SURFACE.items() for name in names}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - the table above is the list


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'benchbook' has no attribute {name!r}")
    return getattr(import_module(f"benchbook.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
