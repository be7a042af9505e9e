"""The public surface, for type checkers."""

from benchbook.engine.answers.extraction import Extraction as Extraction
from benchbook.engine.answers.extraction import extracted as extracted
from benchbook.engine.answers.pool import Verifier as Verifier
from benchbook.engine.answers.pool import verifier as verifier
from benchbook.engine.answers.text import normalised as normalised
from benchbook.engine.judge_rules import settled as settled
from benchbook.engine.keys import Keys as Keys
from benchbook.engine.programs import examine as examine
from benchbook.engine.synthesis.sets import synthetic as synthetic
from benchbook.errors import BenchbookError as BenchbookError
from benchbook.errors import FailureCause as FailureCause
from benchbook.errors import PluginError as PluginError
from benchbook.errors import RuntimeFailed as RuntimeFailed
from benchbook.errors import SandboxUnavailable as SandboxUnavailable
from benchbook.errors import SpecError as SpecError
from benchbook.protocols import Check as Check
from benchbook.protocols import Context as Context
from benchbook.protocols import Embedder as Embedder
from benchbook.protocols import Engine as Engine
from benchbook.protocols import Finding as Finding
from benchbook.protocols import Fold as Fold
from benchbook.protocols import Generate as Generate
from benchbook.protocols import Kind as Kind
from benchbook.protocols import Matter as Matter
from benchbook.protocols import Question as Question
from benchbook.protocols import Reader as Reader
from benchbook.protocols import Request as Request
from benchbook.protocols import Runtime as Runtime
from benchbook.protocols import Sandbox as Sandbox
from benchbook.protocols import Scorer as Scorer
from benchbook.protocols import Solver as Solver
from benchbook.protocols import Task as Task
from benchbook.protocols import Tokenizer as Tokenizer
from benchbook.protocols import Verdicts as Verdicts
from benchbook.records.datasets import Sample as Sample
from benchbook.records.events import RunEvent as RunEvent
from benchbook.records.generations import Generation as Generation
from benchbook.records.runs import Run as Run
from benchbook.records.scores import Score as Score
from benchbook.registry import build as build
from benchbook.registry import opened as opened
from benchbook.registry import preflight as preflight
from benchbook.registry import register as register
from benchbook.registry import vet as vet
from benchbook.service.experiments import evaluate as evaluate
from benchbook.service.experiments import evaluate_async as evaluate_async
from benchbook.service.loading import LoadedRuns as LoadedRuns
from benchbook.service.loading import Table as Table
from benchbook.service.loading import load_run as load_run
from benchbook.service.sandbox import PythonPool as PythonPool
from benchbook.service.sandbox import python_pool as python_pool
from benchbook.service.sandbox import run_python as run_python
from benchbook.settings import secret as secret
from benchbook.specs.answers import Policy as Policy
from benchbook.specs.answers import Verification as Verification
from benchbook.specs.commands import Call as Call
from benchbook.specs.commands import CallResult as CallResult
from benchbook.specs.commands import Command as Command
from benchbook.specs.commands import ExecResult as ExecResult
from benchbook.specs.commands import ExecStatus as ExecStatus
from benchbook.specs.commands import Limits as Limits
from benchbook.specs.comparison import Comparison as Comparison
from benchbook.specs.comparison import TextComparison as TextComparison
from benchbook.specs.datasets import Row as Row
from benchbook.specs.experiments import ExperimentSpec as ExperimentSpec
from benchbook.specs.experiments import RunSettings as RunSettings
from benchbook.specs.models import GenerateConfig as GenerateConfig
from benchbook.specs.models import Message as Message
from benchbook.specs.models import ModelLimits as ModelLimits
from benchbook.specs.models import ModelSpec as ModelSpec
from benchbook.specs.models import Prompt as Prompt
from benchbook.specs.models import PromptStyle as PromptStyle
from benchbook.specs.outputs import Alternative as Alternative
from benchbook.specs.outputs import Draw as Draw
from benchbook.specs.outputs import Likelihood as Likelihood
from benchbook.specs.outputs import Output as Output
from benchbook.specs.outputs import Piece as Piece
from benchbook.specs.outputs import PromptToken as PromptToken
from benchbook.specs.outputs import Reading as Reading
from benchbook.specs.outputs import TokenLogprob as TokenLogprob
from benchbook.specs.outputs import Usage as Usage
from benchbook.specs.programs import Outcome as Outcome
from benchbook.specs.programs import ProgramResult as ProgramResult
from benchbook.specs.programs import ProgramSpec as ProgramSpec
from benchbook.specs.programs import ProgramTest as ProgramTest
from benchbook.specs.rubrics import Item as Item
from benchbook.specs.rubrics import Rubric as Rubric
from benchbook.specs.rubrics import rubric as rubric
from benchbook.specs.spec import Spec as Spec
from benchbook.specs.tasks import TaskSpec as TaskSpec
from benchbook.specs.use import Use as Use
from benchbook.specs.verdicts import Verdict as Verdict
from benchbook.specs.weights import weights as weights

__version__: str

__all__ = [
    "Alternative",
    "BenchbookError",
    "Call",
    "CallResult",
    "Check",
    "Command",
    "Comparison",
    "Context",
    "Draw",
    "Embedder",
    "Engine",
    "ExecResult",
    "ExecStatus",
    "ExperimentSpec",
    "Extraction",
    "FailureCause",
    "Finding",
    "Fold",
    "Generate",
    "GenerateConfig",
    "Generation",
    "Keys",
    "Kind",
    "Likelihood",
    "Limits",
    "LoadedRuns",
    "Message",
    "ModelLimits",
    "ModelSpec",
    "Outcome",
    "Output",
    "PluginError",
    "Policy",
    "ProgramResult",
    "ProgramSpec",
    "ProgramTest",
    "Prompt",
    "PromptStyle",
    "PythonPool",
    "Reader",
    "Request",
    "Row",
    "Run",
    "RunEvent",
    "RunSettings",
    "Runtime",
    "RuntimeFailed",
    "Sample",
    "Sandbox",
    "SandboxUnavailable",
    "Score",
    "Scorer",
    "Solver",
    "Spec",
    "SpecError",
    "Table",
    "Task",
    "TaskSpec",
    "TextComparison",
    "TokenLogprob",
    "Usage",
    "Use",
    "Verdict",
    "Verdicts",
    "Verification",
    "Verifier",
    "build",
    "evaluate",
    "evaluate_async",
    "examine",
    "extracted",
    "load_run",
    "normalised",
    "opened",
    "preflight",
    "python_pool",
    "register",
    "run_python",
    "secret",
    "settled",
    "synthetic",
    "verifier",
    "vet",
    "weights",
]
