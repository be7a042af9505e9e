"""Programs that burn, hoard, flood or break: each ends with the status that says so, or is refused."""

# ruff: noqa: E501 - programs are written as they are

from dataclasses import replace

from plugins.sandboxes.attacks.attack import TIGHT, Attack, attacks

_ROOMY = TIGHT.model_copy(update={"cpu": 3.0, "wall": 10.0})
"""So that it is memory or room that runs out, on the slowest machine, and not time."""

_HASTY = TIGHT.model_copy(update={"cpu": 1.5, "wall": 3.0})

LOOPS = {
    "loop": "def f():\n  while True: pass",
    "loop while loaded": "while True: pass",
    "loop in a comprehension": "def f(): return [0 for _ in iter(int, 1) if False]",
    "loop in c": "import collections, itertools\ndef f(): collections.deque(itertools.repeat(0), maxlen=0)",
    "loop in a search": "import itertools\ndef f(): return -1 in itertools.count()",
    "loop in a sum": "def f(): return sum(range(10**12))",
    "loop behind a silent print": "import os\ndef f():\n  out = open(os.devnull, 'w')\n  while True: print('x', file=out)",
    "loop that catches everything": """
def f():
  while True:
    try:
      while True: pass
    except BaseException: pass
""",
    "loop that ignores every signal": """
import signal
def f():
  for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
  signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
  while True: pass
""",
    "loop that handles every signal": """
import signal
for number in range(1, 65):
  try: signal.signal(number, lambda *_: None)
  except (OSError, ValueError): pass
while True: pass
""",
    "loop that takes its alarm away": """
import signal, time
def f():
  while True:
    signal.setitimer(signal.ITIMER_REAL, 0); signal.alarm(0)
    time.time = time.monotonic = time.process_time = lambda: 0.0
""",
    "loop in every finally": "def f():\n  try: f()\n  finally: f()",
    "loop in a destructor": "class V:\n  def __del__(self):\n    while True: pass\ndef f(): V()",
    "loop in the garbage collector": """
import gc
def forever(*_):
  while True: pass
gc.callbacks.append(forever)
def f(): gc.collect()
""",
    "loop in the text of an error": """
class V(Exception):
  def __str__(self):
    while True: pass
  __repr__ = __str__
def f(): raise V
""",
    "loop in the text of an error while loaded": """
class V(Exception):
  def __str__(self):
    while True: pass
raise V
""",
    "loop in the truth of a value": "class V:\n  def __bool__(self):\n    while True: pass\ndef f(): return V()",
    "loop in the name of a class": """
class M(type):
  @property
  def __name__(cls):
    while True: pass
class V(metaclass=M): pass
def f(): return V()
""",
    "loop in a metaclass": """
class M(type):
  def __new__(mcls, *args):
    while True: pass
class V(metaclass=M): pass
""",
    "loop in a trace": """
import sys
def trace(*_):
  while True: pass
sys.settrace(trace)
def f(): return 1
""",
    "loop in a flush": """
import sys
class Out:
  def write(self, text): return len(text)
  def flush(self):
    while True: pass
sys.stdout = Out()
def f(): return 1
""",
    "loop in an exit": "import os\ndef forever(*_):\n  while True: pass\nos._exit = forever\ndef f(): forever()",
    "loop on every processor": """
import threading
def burn():
  while True: pass
def f():
  for _ in range(4): threading.Thread(target=burn).start()
  burn()
""",
    "loop that never lets go": """
import sys, threading
sys.setswitchinterval(1e9)
def burn():
  while True: pass
def f():
  threading.Thread(target=burn, daemon=True).start()
  burn()
""",
    "loop of switches": """
import sys, threading
sys.setswitchinterval(1e-9)
def burn():
  while True: pass
def f():
  for _ in range(12): threading.Thread(target=burn, daemon=True).start()
  burn()
""",
    "loop of clock reads": "import time\ndef f():\n  while True: time.time_ns()",
    "loop of system calls": "import os\ndef f():\n  while True: os.getppid()",
    "loop of alarms": """
import signal
signal.signal(signal.SIGALRM, lambda *_: None)
def f():
  signal.setitimer(signal.ITIMER_REAL, 1e-5, 1e-5)
  while True: pass
""",
    "loop of files": "def f():\n  while True: open('a', 'w').close()",
    "loop of threads": """
import threading
def f():
  while True:
    thread = threading.Thread(target=int); thread.start(); thread.join()
""",
    "loop of events": "import asyncio\nasync def g():\n  while True: await asyncio.sleep(0)\ndef f(): asyncio.run(g())",
    "generator without end": "def g():\n  while True: yield 0\ndef f():\n  for _ in g(): pass",
    "regular expression": "import re\ndef f(): re.match('(a+)+b', 'a' * 60)",
    "regular expression of alternatives": "import re\ndef f(): re.search('(x+x+)+y|(.*.*)*z', 'x' * 5000)",
    "power of powers": "def f(): return pow(7, 10**7) % pow(3, 10**7)",
    "factorial": "import math\ndef f(): return math.factorial(10**7)",
    "digits of a number": "import sys\nsys.set_int_max_str_digits(0)\ndef f(): return len(str(1 << 20_000_000))",
    "number from digits": "import sys\nsys.set_int_max_str_digits(0)\ndef f(): return int('7' * 5_000_000).bit_length()",
    "sort with a slow order": """
class V:
  def __lt__(self, other): return sum(range(10**6)) < 0
def f(): sorted(V() for _ in range(10**4))
""",
    "keys of equal hash": "def f(): return len({i * ((1 << 61) - 1) for i in range(10**5)})",
    "search in text": "def f():\n  import difflib\n  difflib.SequenceMatcher(None, 'ab' * 9999, 'ba' * 9999, autojunk=False).ratio()",
    "decimal digits": """
import decimal
def f():
  decimal.getcontext().prec = 3_000_000
  return decimal.Decimal(2).sqrt() ** decimal.Decimal('0.5')
""",
    "towers of hanoi": "def g(n): return 1 if n == 0 else g(n - 1) + g(n - 1)\ndef f(): return g(60)",
    "exponential of subsets": "import itertools\ndef f(): return sum(1 for _ in itertools.permutations(range(20)))",
    "more processors than allowed": """
import hashlib, threading, time
def burn():
  while time.process_time() < 0.5: hashlib.pbkdf2_hmac('sha256', b'x', b'y', 20_000)
def f():
  threads = [threading.Thread(target=burn) for _ in range(4)]
  for thread in threads: thread.start()
  for thread in threads: thread.join()
  return 'held'
""",
}

WAITS = {
    "sleep": "import time\ndef f(): time.sleep(1e6)",
    "sleep while loaded": "import time\ntime.sleep(1e6)",
    "sleep that starts again": """
import time
def f():
  while True:
    try: time.sleep(1e6)
    except BaseException: pass
""",
    "lock taken twice": "import threading\nlock = threading.Lock()\ndef f():\n  lock.acquire(); lock.acquire()",
    "two locks, crosswise": """
import threading, time
a, b = threading.Lock(), threading.Lock()
def take(x, y):
  with x:
    time.sleep(0.05)
    with y: pass
def f():
  other = threading.Thread(target=take, args=(a, b)); other.start()
  take(b, a); other.join()
""",
    "join of one's own waiter": """
import threading
me = threading.main_thread()
def f():
  other = threading.Thread(target=me.join); other.start(); other.join()
""",
    "empty queue": "import queue\ndef f(): queue.Queue().get()",
    "event that does not come": "import threading\ndef f(): threading.Event().wait()",
    "future that does not come": "import asyncio\nasync def g(): await asyncio.Future()\ndef f(): asyncio.run(g())",
    "pipe that nobody writes": "import os\nr, w = os.pipe()\ndef f(): os.read(r, 1)",
    "pipe that nobody reads": "import os\nr, w = os.pipe()\ndef f():\n  while True: os.write(w, bytes(65536))",
    "nothing to select": "import select\ndef f(): select.select([], [], [])",
    "signal that does not come": "import signal\ndef f():\n  while True: signal.sigwait({signal.SIGUSR1})",
    "fifo without a writer": "import os\ndef f():\n  os.mkfifo('fifo'); open('fifo').read()",
    "lock on a file": """
import fcntl
def f():
  a, b = open('a', 'w'), open('a', 'w')
  fcntl.flock(a, fcntl.LOCK_EX); fcntl.flock(b, fcntl.LOCK_EX)
""",
    "threads that never end while loaded": """
import threading
done = threading.Event()
threads = [threading.Thread(target=done.wait) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
""",
}

HOARDS = {
    "list": "def f():\n  x = []\n  while True: x.append(bytearray(1 << 20))",
    "list while loaded": "x = []\nwhile True: x.append(bytearray(1 << 20))",
    "list at once": "def f(): return [0] * 10**10",
    "list that doubles": "def f():\n  x = [0]\n  while True: x += x",
    "list of small lists": "def f():\n  x = None\n  while True: x = [x]",
    "dict": "def f():\n  x = {}\n  while True: x[len(x)] = str(len(x)) * 99",
    "set of texts": "def f(): return {str(i) * 50 for i in range(10**9)}",
    "bytes": "def f(): return len(bytes(1 << 40))",
    "bytearray that grows": "def f():\n  x = bytearray()\n  while True: x.extend(bytes(1 << 20))",
    "text that doubles": "def f():\n  x = 'é€'\n  while True: x += x",
    "text joined": "import itertools\ndef f(): return ''.join(itertools.repeat('x' * 9999))",
    "text padded": "def f(): return len(f'{1:>{10**10}}')",
    "text padded by old means": "def f(): return '%*d' % (2**31 - 1, 1)",
    "number": "def f(): return 1 << (1 << 34)",
    "number squared": "def f():\n  x = 1 << (1 << 27)\n  while True: x <<= 1 << 27",
    "matrix": "def f(): return [[float(i * j) for j in range(2000)] for i in range(2000)]",
    "product": "import itertools\ndef f(): return list(itertools.product(range(100), repeat=5))",
    "generator that remembers": """
def g():
  seen = []
  while True:
    seen.append('x' * 10_000 + str(len(seen)))
    yield seen
def f():
  for _ in g(): pass
""",
    "endless generator as a list": "def g():\n  while True: yield 'x' * 1000 + 'y'\ndef f(): return [*g()]",
    "array": "import array\ndef f():\n  x = array.array('d', [0.0])\n  while True: x *= 2",
    "deque": "import collections\ndef f():\n  x = collections.deque()\n  while True: x.append('x' * 999 + str(len(x)))",
    "cache": """
import functools
@functools.cache
def g(n): return 'x' * 9999 + str(n)
def f():
  n = 0
  while True: g(n := n + 1)
""",
    "decompression": """
import zlib
packed = zlib.compress(zlib.compress(bytes(1 << 26), 9), 9)
def f():
  x = []
  while True: x.append(zlib.decompress(zlib.decompress(packed)))
""",
    "hidden in a closure": """
def g(x):
  def h(): return x
  return h
def f():
  h = None
  while True: h = g((h, bytearray(1 << 16)))
""",
    "interned names": "import sys\ndef f():\n  x = []\n  while True: x.append(sys.intern('x' * 9999 + str(len(x))))",
    "classes": "def f():\n  x = []\n  while True: x.append(type('V' * 99, (), {'x': bytes(9999)}))",
    "memory that is let go too late": """
def f():
  x = []
  try:
    while True: x.append(bytearray(1 << 20))
  except MemoryError:
    raise
""",
    "text of an error that is too large": """
class V(Exception):
  def __str__(self): return 'x' * 10**10
def f(): raise MemoryError from V()
""",
}

RECURSIONS = {
    "recursion without end": "import sys\nsys.setrecursionlimit(2**31 - 1)\ndef f(): return f()",
    "recursion with luggage": """
import sys
sys.setrecursionlimit(10**9)
def g(x): return g([bytes(9999), x])
def f(): return g(None)
""",
}

KEEPERS = {
    # What a program does that has run out of memory and keeps what it has: it may go on, and is not to be believed.
    "memory in a thread": """
import threading
def hoard():
  x = []
  while True: x.append(bytearray(1 << 20))
def f():
  thread = threading.Thread(target=hoard); thread.start(); thread.join()
  return 'held'
""",
    "memory that is kept": """
x = []
def f():
  try:
    while True: x.append(bytearray(1 << 20))
  except MemoryError:
    pass
  try:
    while True: x.append(bytearray(64))
  except MemoryError:
    return 'held'
""",
    "memory without the reserve": """
import sys
x = []
def f():
  frame = sys._getframe()
  while frame:
    for value in list(frame.f_globals.values()):
      if type(value) is list: value.clear()
    frame = frame.f_back
  size = 1 << 20
  while size > 16:
    try:
      while True: x.append(bytearray(size))
    except MemoryError: size //= 2
  raise MemoryError
""",
}

FLOODS = {
    "print": "def f():\n  while True: print('x' * 1000)",
    "print while loaded": "while True: print('x' * 1000)",
    "one large print": "def f(): print('x' * 1_000_000)",
    "stderr": "import sys\ndef f():\n  while True: sys.stderr.write('x' * 1000)",
    "descriptor 1": "import os\ndef f():\n  while True: os.write(1, bytes(65536))",
    "descriptor 2": "import os\ndef f():\n  while True: os.write(2, bytes(65536))",
    "every descriptor": """
import os
def f():
  while True:
    for descriptor in range(64):
      try: os.write(descriptor, b'x' * 4096)
      except OSError: pass
""",
    "vectors": "import os\ndef f():\n  while True: os.writev(1, [b'x' * 999] * 99)",
    "a sparse stdout": "import os\ndef f():\n  os.lseek(1, 900_000, 0); os.write(1, b'x')",
    "a longer stdout": "import os\ndef f(): os.ftruncate(1, 1_000_000)",
    "many threads": """
import os, threading
def flood():
  while True: os.write(1, b'x' * 999)
def f():
  for _ in range(8): threading.Thread(target=flood).start()
""",
    "large value": "def f(): return 'x' * 1_000_000",
    "large number": "def f(): return 10 ** 1_000_000",
    "many values": "def f(): return list(range(100_000))",
    "value that doubles": "def f():\n  x = []\n  for _ in range(60): x = [x, x]\n  return x",
    "value of many empty parts": "def f(): return [()] * 100_000",
    "value that writes itself larger": "def f(): return b'x' * 50_000",
    "warnings": "import warnings\nwarnings.simplefilter('always')\ndef f():\n  while True: warnings.warn('x' * 999)",
    "log": "import logging\ndef f():\n  while True: logging.error('x' * 999)",
    "traces": """
import sys, traceback
def f():
  while True:
    try: 1 / 0
    except ArithmeticError: traceback.print_exc()
""",
    "errors of threads": """
import threading
def fail(): raise ValueError('x' * 999)
def f():
  while True:
    thread = threading.Thread(target=fail); thread.start(); thread.join()
""",
}

CRASHES = {
    "null pointer": "import ctypes\ndef f(): ctypes.string_at(0)",
    "null pointer while loaded": "import ctypes\nctypes.string_at(0)",
    "wild jump": "import ctypes\ndef f(): ctypes.CFUNCTYPE(None)(0xdead0000)()",
    "fault on demand": "import faulthandler\ndef f(): faulthandler._read_null()",
    "abort": "import os\ndef f(): os.abort()",
    "fatal error": "import faulthandler\ndef f(): faulthandler._fatal_error_c_thread() or __import__('time').sleep(9)",
    "floating point trap": "import faulthandler\ndef f(): faulthandler._sigfpe()",
    "stack of c": "import faulthandler\ndef f(): faulthandler._stack_overflow()",
    "stack of c by nested calls": """
import sys
sys.setrecursionlimit(10**9)
class V:
  def __repr__(self): return repr(self)
def f(): return repr(V())
""",
    "overwritten objects": """
import ctypes
def f():
  ctypes.memset(id(int), 0, 400)
  return int('1') + 1
""",
    "freed frame": """
import ctypes, sys
def f():
  ctypes.memset(id(sys._getframe().f_back), 255, 64)
  ctypes.memset(id(None), 255, 16)
  return None
""",
    "code that is no code": """
def g(): pass
g.__code__ = g.__code__.replace(co_code=bytes([255, 7] * 40), co_stacksize=0)
def f(): return g()
""",
}

BROKEN = {
    # Programs that cannot be loaded.
    "null bytes": "def f(): return 1\n\x00",
    "nothing": "",
    "deep parentheses": "def f(): return " + "(" * 5000 + ")" * 5000,
    "deep blocks": "".join(" " * depth + "if 1:\n" for depth in range(200)) + " " * 200 + "pass",
    "long sum": "x = " + "1+" * 200_000 + "1\nraise ValueError",
    "long chain": "x = a" + ".a" * 100_000,
    "wrong coding": "# -*- coding: no-such-coding -*-\n1 / 0",
    "lone surrogate": "x = '\ud800'\nraise ValueError(x)",
    "text of an error with surrogates": "raise ValueError('\\ud800' * 9)",
    "error that cannot be made text": "class V(Exception):\n  def __str__(self): return 3\nraise V",
    "error with a wild name": "raise type('V\\x1b[2J\\x00' * 20, (Exception,), {})",
    "exit": "import sys\nsys.exit(0)",
    "exit at once": "import os\nos._exit(0)",
    "globals that are no names": "globals()[1] = globals()[('f',)] = globals()[None] = print\n1 / 0",
    "no names left": "globals().clear()",
    "own namespace replaced": "import sys\nsys.modules['__main__'] = sys.modules['solution'] = None\nglobals().pop('f', 0)",
}

UNENDED = {
    # Whatever goes on behind a given answer ends with the program.
    "thread behind the answer": """
import threading
def burn():
  while True: pass
def f():
  threading.Thread(target=burn).start()
  return 'held'
""",
    "sleeper behind the answer": """
import threading, time
def f():
  threading.Thread(target=time.sleep, args=(1e6,)).start()
  return 'held'
""",
    "loop at exit": """
import atexit, threading
def forever():
  while True: pass
atexit.register(forever); threading._register_atexit(forever)
def f(): return 'held'
""",
    "destructor at exit": """
class V:
  def __del__(self):
    while True: pass
keep = V()
def f(): return 'held'
""",
    "stop of oneself": "import os, signal\ndef f():\n  try: os.kill(os.getpid(), signal.SIGSTOP)\n  except PermissionError: pass\n  return 'held'",
    "end of oneself by a signal without a name": "import os\ndef f(): os.kill(os.getpid(), 40); return 'held'",
    "end of oneself": "import os, signal\ndef f():\n  try: os.kill(os.getpid(), signal.SIGKILL)\n  except PermissionError: pass\n  return 'held'",
    "alarm for oneself": "import signal, time\ndef f():\n  signal.alarm(1); time.sleep(1.1)\n  return 'held'",
    "every signal to oneself": """
import os, signal
def f():
  for number in range(1, 65):
    # The keyboard's is an exception, sooner or later.
    try: number == signal.SIGINT or os.kill(os.getpid(), number)
    except PermissionError: pass
  return 'held'
""",
    "import of everything": """
import importlib, sys
sys.stdout = sys.stderr = None
def f():
  for name in sorted(sys.stdlib_module_names):
    try: importlib.import_module(name)
    except BaseException: pass
  return 'held'
""",
    "bomb in xml": """
import xml.etree.ElementTree as tree
entities = ''.join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 20}">' for i in range(1, 12))
def f():
  try: tree.fromstring(f'<!DOCTYPE r [<!ENTITY a0 "xxxxxxxxxx">{entities}]><r>&a11;</r>')
  except tree.ParseError: return 'held'
""",
}

_PROBE = """
import ctypes, errno, mmap, os, socket, sys, time
libc = ctypes.CDLL(None, use_errno=True)
MEMORY, DISK = 128 << 20, 1 << 20
def bounded(what, most):
  '''Take as much as there is; more than `most` and half of it is too much.'''
  taken = 0
  try:
    for amount in what():
      taken += amount
      if taken > most * 3 // 2: return f'took {taken}'
  except (OSError, MemoryError, RuntimeError, ValueError, ImportError): pass
  return 'held'
"""

# Each gives the amount that every step takes. The second item is how much there may be of it.
_TAKERS = {
    "private mappings": ("MEMORY", "keep = []\n  while True: keep.append(mmap.mmap(-1, 1 << 20)); yield 1 << 20"),
    "shared mappings": (
        "MEMORY",
        "keep = []\n  while True:\n    keep.append(mmap.mmap(-1, 1 << 20)); keep[-1].write(bytes(1 << 20)); yield 1 << 20",
    ),
    "mappings of a device": (
        "MEMORY",
        "keep, zero = [], os.open('/dev/zero', os.O_RDWR)\n"
        "  while True:\n    keep.append(mmap.mmap(zero, 1 << 20)); keep[-1].write(bytes(1 << 20)); yield 1 << 20",
    ),
    "files in memory": (
        "MEMORY // 2",
        "while True:\n    file = os.memfd_create('x')\n    yield os.write(file, bytes(512 << 10))",
    ),
    "secret memory": ("DISK", "while True:\n    fd = libc.syscall(447, 0)\n    if fd < 0: return\n    yield 1 << 20"),
    "shared memory": (
        "DISK",
        "from multiprocessing.shared_memory import SharedMemory\n"
        "  keep = []\n  while True: keep.append(SharedMemory(create=True, size=1 << 20)); yield 1 << 20",
    ),
    "shared memory of the old kind": (
        "DISK",
        "while True:\n    if libc.shmget(0, 1 << 20, 0o1600) < 0: return\n    yield 1 << 20",
    ),
    "message queues": ("DISK", "while True:\n    if libc.msgget(0, 0o1600) < 0: return\n    yield 1 << 18"),
    "semaphores": ("DISK", "while True:\n    if libc.semget(0, 200, 0o1600) < 0: return\n    yield 1 << 16"),
    "one file": ("DISK", "file = os.open('/tmp/a', 65)\n  while True: yield os.write(file, bytes(65536))"),
    "many files": (
        "DISK",
        "n = 0\n  while True:\n    n += 1\n    with open(f'/tmp/{n}', 'wb', 0) as file: yield file.write(bytes(4096))",
    ),
    "deleted files": (
        "DISK",
        "keep = []\n  while True:\n    keep.append(open('/tmp/a', 'wb', 0)); os.unlink('/tmp/a')\n"
        "    yield keep[-1].write(bytes(16384))",
    ),
    "reserved space": (
        "DISK",
        "n = 0\n  while True:\n    n += 1\n    file = os.open(f'/tmp/{n}', 65)\n"
        "    os.posix_fallocate(file, 0, 1 << 16); os.close(file); yield 1 << 16",
    ),
    "mapped files": (
        "DISK",
        "file = os.open('/tmp/a', os.O_RDWR | os.O_CREAT); n = 0\n"
        "  while True:\n    n += 1 << 16; os.ftruncate(file, n); os.pwrite(file, bytes(1 << 16), n - (1 << 16)); yield 1 << 16",
    ),
    "empty files": ("5000", "n = 0\n  while True:\n    n += 1; os.close(os.open(f'/tmp/{n}', 65)); yield 1"),
    "folders": ("5000", "n = 0\n  while True: n += 1; os.mkdir(f'/tmp/{n}'); yield 1"),
    "deep folders": ("5000", "while True: os.mkdir('d'); os.chdir('d'); yield 1"),
    "hard links": (
        "5000",
        "n = 0; open('/tmp/a', 'w').close()\n  while True: n += 1; os.link('/tmp/a', f'/tmp/{n}'); yield 1",
    ),
    "symbolic links": ("5000", "n = 0\n  while True: n += 1; os.symlink('x' * 4000, f'/tmp/{n}'); yield 1"),
    "links in a ring": (
        "50",
        "os.symlink('/tmp/b', '/tmp/a'); os.symlink('/tmp/a', '/tmp/b')\n  while True: open('/tmp/a'); yield 1",
    ),
    "attributes of files": (
        "DISK * 8",
        "open('/tmp/a', 'w').close(); n = 0\n  while True: n += 1; os.setxattr('/tmp/a', f'user.{n}', bytes(60000)); yield 60000",
    ),
    "descriptors": ("4096", "while True: os.open('/dev/null', 0); yield 1"),
    "descriptors by dup": ("4096", "while True: os.dup(1); yield 1"),
    "events": ("4096", "while True: os.eventfd(0); yield 1"),
    "pipes": ("4096", "keep = []\n  while True: keep += os.pipe(); yield 1"),
    "full pipes": (
        "MEMORY",
        """import fcntl
  while True:
    _, w = os.pipe(); os.set_blocking(w, False)
    try: fcntl.fcntl(w, 1031, 1 << 20)
    except OSError: pass
    try:
      while True: yield os.write(w, bytes(65536))
    except BlockingIOError: pass""",
    ),
    "full sockets": (
        "MEMORY",
        """keep = []
  while True:
    pair = socket.socketpair(); keep += pair
    for end in pair:
      end.setblocking(False); end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)
      try:
        while True: yield end.send(bytes(65536))
      except BlockingIOError: pass""",
    ),
    "huge pages lent to pipes": (
        "MEMORY",
        """libc.mmap.restype = ctypes.c_void_p
  libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
  libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
  libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
  huge, none = 2 << 20, ctypes.c_void_p(-1).value
  while True:
    _, w = os.pipe()
    for _ in range(14):
      at = libc.mmap(None, 2 * huge, 3, 0x22, -1, 0)
      if at == none: return
      page = (at + huge - 1) & -huge
      libc.madvise(page, huge, 14); ctypes.memset(page, 1, huge)
      if libc.vmsplice(w, (ctypes.c_size_t * 2)(page, 4096), ctypes.c_ulong(1), 0) < 0: return
      libc.munmap(at, 2 * huge); yield huge""",
    ),
    "descriptors in flight": (
        "5000",
        """a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM); a.setblocking(False); keep = []
  try:
    while True: socket.send_fds(a, [b'x'], [1] * 250); yield 250
  except BlockingIOError: pass""",
    ),
    "threads": (
        "2000",
        "import threading\n  threading.stack_size(32768); done = threading.Event()\n"
        "  while True: threading.Thread(target=done.wait, daemon=True).start(); yield 1",
    ),
    "threads without stacks": (
        "1000",
        """stack = ctypes.create_string_buffer(1 << 16)
  top = (ctypes.addressof(stack) + (1 << 16) - 256) & -16
  while libc.clone(ctypes.cast(libc.pause, ctypes.c_void_p), ctypes.c_void_p(top), 0x50f00, None) > 0: yield 1""",
    ),
    "locks on a file": (
        "200_000",
        """import fcntl, struct
  file = os.open('/tmp/a', os.O_RDWR | os.O_CREAT); n = 1 << 40
  while True: n -= 2; fcntl.fcntl(file, fcntl.F_SETLK, struct.pack('hhqqi4x', 1, 0, n, 1, 0)); yield 1""",
    ),
    "timers": ("20_000", "t = ctypes.c_int()\n  while not libc.timer_create(0, None, ctypes.byref(t)): yield 1"),
    "locked memory": (
        "1 << 20",
        "keep = mmap.mmap(-1, 8 << 20); at = ctypes.addressof(ctypes.c_char.from_buffer(keep))\n"
        "  for n in range(0, 8 << 20, 1 << 16):\n    if libc.mlock(ctypes.c_void_p(at + n), 1 << 16): return\n    yield 1 << 16",
    ),
    "children": ("10", "while True:\n    if not os.fork(): time.sleep(99)\n    yield 1"),
    "children of children": ("10", "while True:\n    if os.fork(): time.sleep(9)\n    yield 1"),
    "children by vfork": ("10", "while libc.syscall(58) >= 0: yield 1"),
    "children by clone": ("10", "while libc.syscall(56, 17, 0, 0, 0, 0) >= 0: yield 1"),
    "children by clone3": (
        "10",
        "while libc.syscall(435, (ctypes.c_uint64 * 8)(0, 0, 0, 0, 17, 0, 0, 0), 64) >= 0: yield 1",
    ),
    "spawned programs": ("10", "while True: os.posix_spawn(sys.executable or '/bin/sh', ['x'], {}); yield 1"),
    "subprocesses": ("10", "import subprocess\n  while True: subprocess.Popen([sys.executable, '-c', '']); yield 1"),
    "processes of multiprocessing": (
        "10",
        "import multiprocessing\n  context = multiprocessing.get_context('fork')\n"
        "  while True: context.Process(target=time.sleep, args=(99,)).start(); yield 1",
    ),
    "a pool of processes": (
        "10",
        "from concurrent.futures import ProcessPoolExecutor\n"
        "  pool = ProcessPoolExecutor(4); keep = [pool.submit(time.sleep, 9) for _ in range(20)]\n  while True: yield 20",
    ),
    "shells": ("10", "while os.system('sleep 99 &') == 0: yield 1"),
    "terminals": ("10", "import pty\n  while True:\n    if not pty.fork()[0]: time.sleep(99)\n    yield 1"),
    "daemons": (
        "10",
        """while True:
    if os.fork() == 0:
      os.setsid()
      if os.fork(): os._exit(0)
      time.sleep(99)
    yield 1""",
    ),
}

ODDITIES = {
    # Values that are none, and errors that are caught: the call fails, the program completes.
    "cyclic value": "def f():\n  x = []\n  x.append(x)\n  return x",
    "deep value": "def f():\n  x = []\n  for _ in range(10**5): x = [x]\n  return x",
    "generator as value": "def f():\n  while True: yield 1",
    "recursion": "def f(): return f()",
    "error with an endless cause": """
def f():
  a, b = ValueError('a'), ValueError('b')
  a.__cause__, b.__cause__, a.__context__, b.__context__ = b, a, b, a
  raise a
""",
    "error of a million causes": """
def f():
  error = None
  for _ in range(20_000):
    try: raise ValueError from error
    except ValueError as err: error = err
  raise error
""",
    "deep source": "def f(): return eval('(' * 10**5 + ')' * 10**5)",
    "deep pattern": "import re\ndef f(): return re.compile('(' * 5000 + ')' * 5000)",
    "deep json": "import json\ndef f(): return json.loads('[' * 10**5)",
    "deep copy": "import copy\ndef f():\n  x = []\n  for _ in range(10**5): x = [x]\n  return copy.deepcopy(x)",
    "deep text": "def f():\n  x = []\n  for _ in range(10**5): x = [x]\n  return repr(x)",
    "exits of every kind": "import sys\ndef f(): raise SystemExit(SystemExit(0))",
    "class that is not hashable": "class V(type):\n  __hash__ = None\nclass W(metaclass=V): pass\ndef f(): return W()",
}


def _takers() -> dict[str, Attack]:
    takers = {
        name: f"{_PROBE}\ndef what():\n  {body}\n  yield 0\ndef f(): return bounded(what, {most})"
        for name, (most, body) in _TAKERS.items()
    }
    # More than it may have it says it has: whoever comes to no end has not got there.
    return attacks(takers, "completed", "memory", "violation", "timeout", limits=_HASTY)


RESOURCE: dict[str, Attack] = {
    **attacks(LOOPS, "timeout"),
    **attacks(WAITS, "timeout", limits=TIGHT.model_copy(update={"wall": 0.6})),
    **attacks(HOARDS, "memory", limits=_ROOMY),
    **attacks(KEEPERS, "completed", "memory", "error", limits=_ROOMY),
    **{f"flood: {name}": attack for name, attack in attacks(FLOODS, "output_limit", limits=_ROOMY).items()},
    **attacks(CRASHES, "crash", limits=_ROOMY),
    **attacks(RECURSIONS, "completed", "memory", "crash", limits=_ROOMY, raises=True),
    **attacks(BROKEN, "error", limits=_ROOMY),
    # The parser's own word for it is MemoryError.
    "deep source while loaded": Attack("x = " + "-" * 20_000 + "1\n1 / 0", frozenset({"error", "memory"})),
    "names that cannot cross": Attack(
        "globals()[object()] = print\ndef f(): return 'held'", frozenset({"completed", "error"})
    ),
    **attacks(UNENDED, "completed", "timeout", "crash"),
    **attacks(ODDITIES, "completed", limits=_ROOMY, raises=True),
    **_takers(),
    # It is refused, or its time is over; and what it leaves is cleared.
    **attacks(
        {"deep folders without end": "import os\ndef f():\n  while True: os.mkdir('d'); os.chdir('d')"},
        "completed",
        "timeout",
        limits=_HASTY,
        raises=True,
    ),
}
# `landlock` bounds each file, but not how many there are.
RESOURCE["deep folders"] = replace(RESOURCE["deep folders"], tiers=frozenset({"ns"}))
