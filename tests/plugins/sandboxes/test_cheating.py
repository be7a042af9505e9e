"""Programs that want to pass without being right. Each is asked for `f(x) == 2 * x` and gives something else."""

import pytest

from benchbook import Call
from plugins.sandboxes.running import Run, calls, exam, passes

TESTS = "def check(candidate):\n    for x in range(5, 8):\n        assert candidate(x) == 2 * x\n"

CHEATS = {
    "exit with success": """
import sys
def f(x): sys.exit(0)
""",
    "exit while loaded": """
import sys
sys.exit(0)
""",
    "hard exit": """
import os
def f(x): os._exit(0)
""",
    "tokens of success": """
def f(x):
  print('PASSED', 'OK', '1 passed', 'test_error: null', flush=True)
  return 'passed'
""",
    "equal to everything": """
class V:
  def __eq__(self, other): return True
  __ne__ = None
def f(x): return V()
""",
    "a number equal to everything": """
class V(int):
  def __eq__(self, other): return True
  __hash__ = None
def f(x): return V()
""",
    "text that lies about itself": """
class V(str):
  __class__ = int
  def __eq__(self, other): return True
def f(x): return V()
""",
    "a list that lies": """
class V(list):
  def __iter__(self): return iter([2])
  def __eq__(self, o): return True
def f(x): return V()
""",
    "a class that lies": """
class M(type):
  def __eq__(self, o): return True
  __hash__ = type.__hash__
class V(metaclass=M): pass
def f(x): return V
""",
    "true as a number": "def f(x): return True",
    "not a number": "def f(x): return float('nan')",
    "a result of its own for pickle": """
class V:
  def __reduce__(self): return (eval, ('10',))
def f(x): return V()
""",
    "patched builtins": """
import builtins
builtins.AssertionError = builtins.Exception = ValueError
builtins.all = builtins.any = builtins.isinstance = lambda *a: True
builtins.compile = builtins.exec = lambda *a, **k: None
def f(x): return 0
""",
    "patched encoder": """
import json, sys, gc
json.JSONEncoder.encode = json.JSONDecoder.decode = lambda *a, **k: 'passed'
for module in [m for m in gc.get_objects() if type(m) is type(sys)]:
    for name in list(vars(module)):
        if name in ('encode', 'decode', 'send', 'receive', 'examine', 'check'):
            setattr(module, name, lambda *a, **k: b'passed')
def f(x): return 0
""",
    "patched parent frames": """
import sys
def f(x):
    frame = sys._getframe(1)
    while frame:
        for name in list(frame.f_globals):
            if not name.startswith('__'): frame.f_globals[name] = lambda *a, **k: ('passed', '')
        frame = frame.f_back
    return 0
""",
    "every descriptor": """
import os, struct
def f(x):
    for text in (b'["t","passed",""]', b'["t","value",10]', b'["t",["l","f"],["l"]]', b'passed', b'null'):
        for descriptor in range(256):
            try: os.write(descriptor, struct.pack('=I', len(text)) + text)
            except OSError: pass
    return 0
""",
    "every descriptor while loaded": """
import os
for descriptor in range(256):
    try: os.write(descriptor, b'\\x12\\0\\0\\0["t","passed",""]')
    except OSError: pass
os._exit(0)
""",
    "an answer beforehand": """
import os, struct
def f(x):
    for _ in range(3):
        text = b'["t","value",10]'
        try: os.write(6, struct.pack('=I', len(text)) + text)
        except OSError: os.write(4, struct.pack('=I', len(text)) + text)
    return 0
""",
    "at exit": """
import atexit, os
atexit.register(os._exit, 0)
def f(x): return 0
""",
    "a late thread": """
import threading, os, time
def late():
    time.sleep(0.05)
    os._exit(0)
threading.Thread(target=late).start()
def f(x):
    time.sleep(0.1)
    return 0
""",
    "a child": """
import os
def f(x):
  if os.fork(): os._exit(0)
  return 0
""",
    "a trace": """
import sys
sys.settrace(lambda *a: None)
sys.setprofile(lambda *a: None)
def f(x): return 0
""",
    "an error that tests may expect": "def f(x): raise AssertionError('passed')",
    "the end of an iteration": "def f(x): raise StopIteration",
    "the end of everything": "def f(x): raise GeneratorExit",
    "a group of errors": "def f(x): raise BaseExceptionGroup('x', [SystemExit(0)])",
    "a hook for errors": """
import sys, os
sys.excepthook = lambda *a: os._exit(0)
def f(x): raise ValueError
""",
    "a destructor": """
import os
class V:
  def __del__(self): os._exit(0)
def f(x): V(); return 0
""",
    "an entry point that is a class": """
class f:
  def __init__(self, x): pass
  def __eq__(self, o): return True
""",
    "a replaced module": """
import sys, types
for name in ('codec', 'wire', 'math', 'json', 'builtins', '__main__', 'benchbook'):
    sys.modules[name] = types.ModuleType(name)
def f(x): return 0
""",
    "a signal": """
import os, signal
def f(x):
  os.kill(0, signal.SIGKILL)
  os.kill(-1, signal.SIGKILL)
  return 0
""",
    "a stopped process": """
import os, signal
def f(x):
  os.kill(os.getpid(), signal.SIGSTOP)
  return 0
""",
    "an emptied report": """
import os
def f(x):
  for d in (3, 4, 5, 6):
    try: os.ftruncate(d, 0)
    except OSError: pass
  return 0
""",
}


@pytest.mark.parametrize("program", CHEATS.values(), ids=CHEATS)
def test_tests_do_not_pass_a_cheat(run: Run, program: str) -> None:
    result = run(exam(program, TESTS))
    assert not passes(result), result
    assert result.status != "infra_error"


@pytest.mark.parametrize("program", CHEATS.values(), ids=CHEATS)
def test_calls_do_not_give_a_cheat_the_right_values(run: Run, program: str) -> None:
    result = run(calls(program, *(Call("f", (x,)) for x in (6, 7, 8))))
    values = [call.value for call in result.calls]
    assert values != [12, 14, 16]
    assert all(type(value) in {type(None), bool, int, float, str, list, tuple} for value in values)
    assert result.status != "infra_error"
