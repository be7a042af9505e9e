"""Programs that want out: each tries something, and answers `held` only if the system has refused it.

`f` is handed the clues of canaries.py: what there is outside to be found, and only a sandbox stands in between.
"""

# ruff: noqa: E501 - programs are written as they are

import os
import platform
from dataclasses import replace

from benchbook import Limits
from plugins.sandboxes.attacks.attack import Attack

_LIMITS = Limits(cpu=3, wall=10, memory=256, output=64, disk=1)

# Name: number on x86-64, number on aarch64.
_NUMBERS = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "clone": (56, 220),
    "clone3": (435, 435),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "init_module": (175, 105),
    "io_uring_setup": (425, 425),
    "kcmp": (312, 272),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "migrate_pages": (256, 238),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "socket": (41, 198),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vhangup": (153, 58),
}
_COLUMN = ("x86_64", "aarch64").index(platform.machine())

_PRELUDE = f"""
import ctypes, errno, fcntl, mmap, os, resource, signal, socket, stat, struct, sys, time
libc = ctypes.CDLL(None, use_errno=True)
NUMBERS = { {name: numbers[_COLUMN] for name, numbers in _NUMBERS.items()}!r}
def refused(do, *args, **kwargs):
  try: got = do(*args, **kwargs)
  except OSError: return 'held'
  return f'{{getattr(do, "__name__", "")}}{{args}} gave {{got!r}}'[:300]
def syscall(name, *args):
  '''A system call that is refused before anyone looks at its arguments, or for want of rights.'''
  args = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
  got = libc.syscall(NUMBERS[name] if isinstance(name, str) else name, *args)
  code = ctypes.get_errno()
  if got == -1 and code in (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ESRCH): return 'held'
  return f'{{name}} gave {{got}}, {{errno.errorcode.get(code)}}'
def first(answers): return next((answer for answer in answers if answer != 'held'), 'held')
def readable(path):
  with open(path, 'rb') as file: return file.read(200)
def others():
  '''Numbers that processes may have, but for our own.'''
  return [pid for pid in (*range(1, 300), os.getppid()) if pid > 0 and pid != os.getpid()]
"""

# Bodies of `def f(clues)`.
FILES = {
    "a file of the user": "return refused(readable, clues['file'])",
    "a file by way of the scratch folder": "return refused(readable, '/tmp/../../..' + clues['file'])",
    "a file by a symbolic link": "os.symlink(clues['file'], '/tmp/a')\nreturn refused(readable, '/tmp/a')",
    "a file by a hard link": "return refused(os.link, clues['file'], '/tmp/a')",
    "a file by an open folder": """
root = os.open('/', os.O_RDONLY)
return first(refused(os.open, way + clues['file'].lstrip('/'), 0, dir_fd=root) for way in ('', '../', '../' * 30))
""",
    "a file by moving it": "return refused(os.rename, clues['file'], '/tmp/a')",
    "a file by removing it": "return refused(os.unlink, clues['file'])",
    "a file by writing to it": "return refused(open, clues['file'], 'a')",
    "a file by native calls": """
libc.fopen.restype = ctypes.c_void_p
return 'held' if not libc.fopen(clues['file'].encode(), b'r') else 'opened'
""",
    "a folder of the user": "return first(refused(os.listdir, clues[name]) for name in ('folder', 'home'))",
    "a new file in a folder of the user": "return refused(open, clues['folder'] + '/new', 'w')",
    "a new folder of the user": """
# There may be one of the same name inside. What counts is that it is not seen outside.
refused(os.makedirs, clues['folder'] + '/new/folder')
return 'held'
""",
    "accounts": "return first(refused(readable, '/etc/' + name) for name in ('passwd', 'shadow', 'hostname', 'fstab'))",
    "tools": "return first(refused(readable, f'{place}/{name}') for place in ('/bin', '/usr/bin') for name in ('sh', 'ls'))",
    "keys of the user": """
places = ('/root', os.path.expanduser('~'), clues['home'])
names = ('.ssh/id_rsa', '.ssh/id_ed25519', '.bash_history', '.netrc', '.aws/credentials', '.bashrc', '.profile')
return first(refused(readable, f'{place}/{name}') for place in places for name in names)
""",
    "packages of the host": """
import importlib
for name in ('pip', 'pydantic', 'sqlalchemy', 'pytest', 'fastapi', 'benchbook.settings', 'benchbook.specs'):
  try: return importlib.import_module(name).__name__
  except ImportError: pass
return 'held'
""",
    "our own code": """
for name in ('benchbook', 'benchbook.plugins.sandboxes.codec', 'benchbook.plugins.sandboxes.zygote'):
  if name in sys.modules: return name
return 'held'
""",
    "processes as files": """
names = ('self/environ', '1/environ', 'self/maps', 'self/mem', 'self/root', 'self/fd', 'kcore', 'kallsyms', 'cmdline')
return first([*(refused(readable, '/proc/' + name) for name in names), refused(os.listdir, '/proc/1')])
""",
    "the kernel as files": """
names = ('kernel/debug', 'fs/cgroup', 'class/net', 'kernel/security', 'devices')
return first(refused(os.listdir, '/sys/' + name) for name in names)
""",
    "settings of the kernel": """
names = ('kernel/core_pattern', 'kernel/randomize_va_space', 'vm/overcommit_memory', 'kernel/hostname')
return first(refused(open, '/proc/sys/' + name, 'w') for name in names)
""",
    "devices": """
names = 'mem kmem kmsg port kvm fuse net/tun sda vda nvme0n1 loop0 loop-control console tty tty0 ptmx shm mqueue fd full'
found = [name for name in names.split() if os.path.lexists('/dev/' + name)]
return first(refused(os.open, '/dev/' + name, os.O_RDWR) for name in found)
""",
    "devices made anew": """
kinds = (stat.S_IFCHR, 1, 1), (stat.S_IFBLK, 8, 0), (stat.S_IFBLK, 254, 0), (stat.S_IFCHR, 5, 0), (stat.S_IFCHR, 1, 3)
for kind, major, minor in kinds:
  try: os.mknod('/tmp/device', kind | 0o666, os.makedev(major, minor))
  except OSError: continue
  try: return f'opened {os.open("/tmp/device", os.O_RDONLY)}'
  except OSError: os.unlink('/tmp/device')
return 'held'
""",
    # To what they are: harmless, should it succeed.
    "rights of the devices": """
names = [f'/dev/{name}' for name in ('null', 'zero', 'random', 'urandom')]
return first(refused(os.chmod, name, stat.S_IMODE(os.stat(name).st_mode)) for name in names)
""",
    "owners of the devices": """
names = [f'/dev/{name}' for name in ('null', 'zero', 'random', 'urandom')]
return first(refused(os.chown, name, os.stat(name).st_uid, os.stat(name).st_gid) for name in names)
""",
    "times of the devices": """
names = [f'/dev/{name}' for name in ('null', 'zero', 'random', 'urandom')]
return first(refused(os.utime, name, ns=(os.stat(name).st_atime_ns, os.stat(name).st_mtime_ns)) for name in names)
""",
    "entropy of the kernel": "return refused(fcntl.ioctl, os.open('/dev/urandom', os.O_RDWR), 0x5206, bytes(8))",
}

WRITES = {
    "the standard library": "return first(refused(open, sys.modules[name].__file__, 'a') for name in ('os', 're', 'random'))",
    "the interpreter": "return first(refused(open, name, 'r+b') for name in {sys.executable, os.path.realpath(sys.executable)})",
    "our own modules": """
folder = '/benchbook/benchbook/plugins/sandboxes'
if not os.path.isdir(folder): return 'held'
return first(refused(open, f'{folder}/{name}', 'r+b') for name in os.listdir(folder))
""",
    "any folder": """
own = os.stat('/tmp').st_dev
for folder, _, _ in os.walk('/'):
  if os.stat(folder).st_dev == own: continue
  try: open(folder + '/mark-of-an-attack', 'w').close()
  except OSError: continue
  os.unlink(folder + '/mark-of-an-attack')
  return folder
return 'held'
""",
    "a compiled module": """
import importlib.util
cached = importlib.util.cache_from_source(os.__file__)
return first([refused(os.makedirs, os.path.dirname(cached), exist_ok=False), refused(open, cached, 'r+b')])
""",
    "rights of the standard library": "return refused(os.chmod, os.__file__, stat.S_IMODE(os.stat(os.__file__).st_mode))",
    "rights of the root": """
places = '/', '/dev', os.path.dirname(os.__file__)
return first(refused(os.chmod, place, stat.S_IMODE(os.stat(place).st_mode)) for place in places)
""",
    "times of the standard library": """
then = os.stat(os.__file__)
return refused(os.utime, os.__file__, ns=(then.st_atime_ns, then.st_mtime_ns))
""",
    "names in the standard library": """
mark = os.path.dirname(os.__file__) + '/mark-of-an-attack'
for make, remove in ((os.mkdir, os.rmdir), (os.mkfifo, os.unlink), (lambda path: os.symlink('x', path), os.unlink)):
  try: make(mark)
  except OSError: continue
  remove(mark)
  return 'made a name'
return 'held'
""",
    "attributes of the standard library": """
try: os.setxattr(os.__file__, 'user.mark', b'x')
except OSError: return 'held'
os.removexattr(os.__file__, 'user.mark')
return 'set'
""",
    "length of the standard library": "return refused(os.truncate, os.__file__, os.path.getsize(os.__file__))",
    "mapped pages of the standard library": """
file = os.open(os.__file__, os.O_RDONLY)
return refused(mmap.mmap, file, 100, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
""",
    # Whoever else opens such a file has to wait until the lease is given back.
    "leases on the standard library": """
import importlib.util
found = (importlib.util.find_spec(name).origin for name in ('antigravity', 'this', 'tabnanny', 'sched'))
return first(refused(fcntl.fcntl, os.open(name, os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_WRLCK) for name in found)
""",
    "leases on our own modules": """
folder = '/benchbook/benchbook/plugins/sandboxes'
if not os.path.isdir(folder): return 'held'
files = [os.open(f'{folder}/{name}', os.O_RDONLY) for name in os.listdir(folder) if name.endswith('.py')]
return first(refused(fcntl.fcntl, file, fcntl.F_SETLEASE, fcntl.F_WRLCK) for file in files)
""",
    # What others read would show.
    "a watch on the standard library": """
watch = libc.inotify_init1(0)
if watch < 0: return 'held'
return 'watched' if libc.inotify_add_watch(watch, os.path.dirname(os.__file__).encode(), 0xfff) >= 0 else 'held'
""",
}

NETWORK = {
    "a port of the host": "return refused(socket.create_connection, ('127.0.0.1', clues['port']), 1)",
    "a port of the host by address six": """
def connect():
  with socket.socket(socket.AF_INET6) as s: s.connect(('::ffff:127.0.0.1', clues['port']))
return refused(connect)
""",
    "a datagram to the host": """
def send():
  with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s: s.sendto(b'x', ('127.0.0.1', clues['port']))
return refused(send)
""",
    "a message on the first flight": """
def send():
  with socket.socket() as s: s.sendto(b'x', socket.MSG_FASTOPEN, ('127.0.0.1', clues['port']))
return refused(send)
""",
    "a named socket of the host": """
def connect():
  with socket.socket(socket.AF_UNIX) as s: s.connect(clues['unix'])
return refused(connect)
""",
    "an abstract socket of the host": """
def connect():
  with socket.socket(socket.AF_UNIX) as s: s.connect('\\0' + clues['abstract'])
return refused(connect)
""",
    "an abstract socket by half of a pair": """
streams, datagrams = (socket.socketpair(socket.AF_UNIX, kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM))
ways = [(end.sendto, b'x') for end in datagrams] + [(end.connect,) for end in (*streams, *datagrams)]
targets = ('\\0' + clues['abstract'], '\\0' + clues['abstract'] + '-datagrams', clues['unix'])
return first(refused(*way, target) for way in ways for target in targets)
""",
    "sockets of every family": """
for family in range(1, 60):
  for kind in (1, 2, 3, 4, 5, 10):
    try: return f'family {family}, kind {kind}: {socket.socket(family, kind).fileno()}'
    except OSError: pass
return 'held'
""",
    "pairs of other families": """
families = [family for family in range(2, 60)]
return first(refused(socket.socketpair, family, kind) for family in families for kind in (1, 2, 4, 5))
""",
    "sockets by hand": "return first(syscall('socket', family, kind, 0) for family in (1, 2, 10, 16, 17, 38, 40) for kind in (1, 2, 3, 5))",
    "the kernel's cipher": "return refused(lambda: socket.socket(38, socket.SOCK_SEQPACKET).bind(('hash', 'sha256')))",
    "the kernel's routes": "return refused(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).bind((0, 0)))",
    "the machine below": "return refused(lambda: socket.socket(40, socket.SOCK_STREAM).connect((2, 1024)))",
    "raw packets": "return first([refused(socket.socket, 17, 3, 768), refused(socket.socket, 2, 3, 1)])",
    "names of the network": "return first(refused(socket.getaddrinfo, name, 80) for name in ('localhost.', 'example.org'))",
    "interfaces of the network": "return refused(socket.if_nameindex)",
    "a page of the web": """
import urllib.error, urllib.request
return refused(urllib.request.urlopen, f'http://127.0.0.1:{clues["port"]}/', timeout=1)
""",
    "events and a connection": """
import asyncio
async def connect(): return await asyncio.open_connection('127.0.0.1', clues['port'])
return refused(asyncio.run, connect())
""",
    "a server": "return refused(socket.create_server, ('127.0.0.1', 0))",
    "sockets by the ring": "return syscall('io_uring_setup', 8, ctypes.create_string_buffer(120))",
}

PROCESSES = {
    "a process of the host": "return first(refused(os.kill, pid, 0) for pid in clues['pids'])",
    "a process of any number": """
def answer(pid):
  try: os.kill(pid, 0)
  except OSError as err: return err.errno
nobody = answer((1 << 22) + 1)
return next((f'there is a process {pid}' for pid in others() if answer(pid) != nobody), 'held')
""",
    "everybody": "return refused(os.kill, -1, 0)",
    "other groups": "return first(refused(os.killpg, pid, 0) for pid in (*clues['pids'], *others()[:50]))",
    "the parent": """
parent = os.getppid()
return 'held' if parent == 0 else refused(os.kill, parent, 0)
""",
    "threads of others": """
return first('held' if libc.tgkill(pid, pid, 0) < 0 else f'found {pid}' for pid in (*clues['pids'], *others()))
""",
    "handles of processes": "return first(refused(os.pidfd_open, pid) for pid in (*clues['pids'], *others()))",
    "descriptors of processes": "return first(syscall('pidfd_getfd', os.pidfd_open(os.getpid()), number, 0) for number in range(3))",
    "memory of processes": """
buffer = ctypes.create_string_buffer(64)
vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 64)
return first(syscall('process_vm_readv', pid, vector, 1, vector, 1, 0) for pid in (os.getpid(), *clues['pids']))
""",
    "memory of processes, written": """
buffer = ctypes.create_string_buffer(64)
vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 64)
return syscall('process_vm_writev', os.getpid(), vector, 1, vector, 1, 0)
""",
    "a trace of the parent": "return first(syscall('ptrace', way, pid, 0, 0) for way in (0x4206,) for pid in clues['pids'])",
    "a trace of oneself": "return syscall('ptrace', 0, 0, 0, 0)",
    "pages of processes": "return first(syscall('move_pages', pid, 0, 0, 0, 0, 0) for pid in clues['pids'])",
    "comparison of processes": "return syscall('kcmp', os.getpid(), os.getpid(), 0, 0, 1)",
    "limits of processes": """
return first(refused(resource.prlimit, pid, resource.RLIMIT_NOFILE) for pid in (*clues['pids'], *others()))
""",
    "order of processes": """
def keep(pid):
  os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid))
  os.sched_setaffinity(pid, os.sched_getaffinity(pid))
return first(refused(keep, pid) for pid in clues['pids'])
""",
    "order of all processes of the user": """
try: os.setpriority(os.PRIO_USER, 0, 1)
except OSError: pass
return 'held'
""",
    "a place before all others": """
return first([refused(os.setpriority, os.PRIO_PROCESS, 0, -20), refused(os.nice, -20),
              refused(os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(1)),
              refused(os.sched_setscheduler, 0, os.SCHED_RR, os.sched_param(1))])
""",
    "sessions of others": "return first(refused(os.getsid, pid) for pid in clues['pids'])",
    "groups of others": "return first(refused(os.setpgid, 0, pid) for pid in clues['pids'])",
    "another interpreter": "return refused(os.execv, sys.executable or '/python/bin/python3', ['python3', '-c', ''])",
    "the linker": """
import glob
found = glob.glob('/lib*/ld-linux*') + glob.glob('/lib*/*/ld-linux*') + glob.glob('/usr/lib*/*/ld-*')
return first(refused(os.execv, name, [name, sys.executable]) for name in found)
""",
    "a script": """
with open('/tmp/script', 'w') as file: file.write('#!/bin/sh')
os.chmod('/tmp/script', 0o777)
return first([refused(os.execv, '/tmp/script', ['x']), refused(os.posix_spawn, '/tmp/script', ['x'], {})])
""",
    "a program in memory": """
def execute():
  file = os.memfd_create('x')
  with open(sys.executable, 'rb') as program: os.sendfile(file, program.fileno(), 0, 1 << 20)
  os.execve(file, ['x'], {})
return refused(execute)
""",
    "a child": "return refused(os.fork)",
    "a child and its new user": "return first(syscall('clone', flags | 17, 0, 0, 0, 0) for flags in (0, 1 << 28, 1 << 29, 0x4000))",
    "a child of the newer kind": "return syscall('clone3', (ctypes.c_uint64 * 8)(1 << 28, 0, 0, 0, 17, 0, 0, 0), 64)",
    "environment": """
libc.getenv.restype = ctypes.c_char_p
return 'held' if not os.environ and not any(map(libc.getenv, (b'HOME', b'PATH', b'USER', b'LD_LIBRARY_PATH'))) else 'found'
""",
    "terminal": """
tries = [refused(fcntl.ioctl, descriptor, request, b'x') for descriptor in range(3) for request in (0x5412, 0x541C, 0x540E)]
return first([*tries, refused(os.open, '/dev/tty', os.O_RDWR), refused(os.ttyname, 0)])
""",
}

RIGHTS = {
    "root": "return first([refused(os.setuid, 0), refused(os.setresuid, 0, 0, 0), refused(os.setreuid, 0, 0)])",
    "root's group": "return first([refused(os.setgid, 0), refused(os.setresgid, 0, 0, 0), refused(os.setgroups, [0])])",
    "root by name": "return 'held' if 0 not in (*os.getresuid(), *os.getresgid()) else 'root'",
    "capabilities": """
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
have = (ctypes.c_uint32 * 6)()
libc.capget(header, have)
if any(have): return f'has {list(have)}'
return 'held' if libc.capset(header, (ctypes.c_uint32 * 6)(*[0xffffffff] * 6)) < 0 else 'got them'
""",
    "capabilities from around": "return 'held' if libc.prctl(47, 2, 21, 0, 0) < 0 else 'got one'",
    "new rights": """
libc.prctl(38, 0, 0, 0, 0)
return 'held' if libc.prctl(39, 0, 0, 0, 0) == 1 else 'programs may gain rights'
""",
    "another filter": """
# Allow everything: the first filter must go on to hold.
allow = struct.pack('=HBBI', 6, 0, 0, 0x7fff0000)
class Filter(ctypes.Structure): _fields_ = [('length', ctypes.c_ushort), ('program', ctypes.c_char_p)]
libc.prctl(22, 2, ctypes.byref(Filter(1, allow)))
libc.prctl(22, 0, 0, 0, 0)
return first([refused(socket.socket), refused(os.fork)])
""",
    "higher limits": """
names = [name for name in dir(resource) if name.startswith('RLIMIT_')]
for number in {getattr(resource, name) for name in names}:
  soft, hard = resource.getrlimit(number)
  if hard == resource.RLIM_INFINITY: continue
  for raised in ((hard, hard + 1), (-1, -1)):
    for do in (resource.setrlimit, lambda *args: resource.prlimit(0, *args)):
      try: do(number, raised)
      except (OSError, ValueError): continue
      return f'limit {number} became {resource.getrlimit(number)}'
return 'held'
""",
    "limits that are not there": """
wanted = 'AS CORE CPU FSIZE MEMLOCK NOFILE'.split()
missing = [name for name in wanted if resource.getrlimit(getattr(resource, 'RLIMIT_' + name))[1] == resource.RLIM_INFINITY]
return f'no limit on {missing}' if missing else 'held'
""",
    "another time": """
now = time.clock_gettime_ns(time.CLOCK_REALTIME)
return refused(time.clock_settime_ns, time.CLOCK_REALTIME, now)
""",
    "another pace of time": """
timex = ctypes.create_string_buffer(256)
libc.adjtimex(timex)
timex[0:4] = struct.pack('=I', 2)
return first([syscall('adjtimex', timex), syscall('clock_adjtime', 0, timex)])
""",
    "another name of the machine": "return first([refused(socket.sethostname, socket.gethostname()), syscall('setdomainname', b'x', 1)])",
    "another root": "return first([refused(os.chroot, '/tmp'), syscall('chroot', b'/tmp')])",
    "a way back from another root": """
def leave():
  outside = os.open('/', os.O_RDONLY); os.mkdir('/tmp/jail'); os.chroot('/tmp/jail'); os.fchdir(outside)
  for _ in range(40): os.chdir('..')
  os.chroot('.'); return os.listdir(clues['home'])
return refused(leave)
""",
    "another personality": """
for persona in (0x0040000, 0x0400000, 0x20000, 8): libc.personality(persona)
return first([refused(readable, clues['file']), refused(socket.socket)])
""",
    "a signal at the parent's end": "libc.prctl(1, signal.SIGKILL, 0, 0, 0)\nlibc.prctl(4, 1, 0, 0, 0)\nreturn refused(socket.socket)",
    "log of the kernel": "return syscall('syslog', 3, ctypes.create_string_buffer(4096), 4096)",
    "handles of files": """
handle = ctypes.create_string_buffer(struct.pack('=Ii', 128, 0), 200)
mount = ctypes.c_int()
libc.syscall(NUMBERS['name_to_handle_at'], -100, b'/', handle, ctypes.byref(mount), 0)
return syscall('open_by_handle_at', os.open('/', 0), handle, 0)
""",
}

_CALLS = {
    # Each is refused before its arguments matter: what they ask for would harm nobody, were it not.
    "mount": "b'x', b'/nowhere', b'tmpfs', 0, 0",
    "umount2": "b'/nowhere', 2",
    "pivot_root": "b'/nowhere', b'/nowhere'",
    "unshare": "0x10000000",
    "setns": "os.pidfd_open(os.getpid()), 0x20000000",
    "open_tree": "-100, b'/', 1",
    "move_mount": "-1, b'', -100, b'/nowhere', 4",
    "fsopen": "b'tmpfs', 0",
    "fsmount": "-1, 0, 0",
    "mount_setattr": "-100, b'/', 0, bytes(32), 32",
    "bpf": "0, bytes(128), 128",
    "perf_event_open": "bytes(128), 0, -1, -1, 0",
    "userfaultfd": "1",
    "keyctl": "0, -3, 1",
    "add_key": "b'user', b'mark', b'x', 1, -4",
    "request_key": "b'user', b'mark', 0, 0",
    "fanotify_init": "0x200, 0",
    "kexec_load": "0, 0, 0, 0",
    "init_module": "0, 0, b''",
    "finit_module": "-1, b'', 0",
    "delete_module": "b'x', 0",
    "acct": "0",
    "swapon": "b'/tmp/x', 0",
    "swapoff": "b'/tmp/x'",
    "reboot": "0, 0, 0, 0",
    "quotactl": "0, 0, 0, 0",
    "vhangup": "",
    "migrate_pages": "clues['pids'][0], 0, 0, 0",
}

DESCRIPTORS = {
    "descriptors that were left open": """
kinds = {}
for number in range(4096):
  try: mode = os.fstat(number).st_mode
  except OSError: continue
  kinds[number] = stat.S_IFMT(mode)
allowed = {stat.S_IFREG, stat.S_IFIFO}
odd = {number: kind for number, kind in kinds.items() if kind not in allowed and number > 0}
return 'held' if not odd and len(kinds) <= 7 else f'{kinds}'
""",
    "files behind descriptors": """
# Ours are nameless; a file of the host has a name, so a link to it, or another device than they.
for number in range(1, 4096):
  try: seen = os.fstat(number)
  except OSError: continue
  if seen.st_nlink: return f'descriptor {number} has a name'
return 'held'
""",
    "folders behind descriptors": """
return first(refused(os.listdir, number) for number in range(4096))
""",
    "sockets behind descriptors": """
def peer(number):
  with socket.socket(fileno=os.dup(number)) as s: return s.family, s.getpeername()
return first(refused(peer, number) for number in range(64))
""",
    "descriptors opened again": """
ways = ('/proc/self/fd', '/dev/fd', '/proc/thread-self/fd')
return first(refused(open, f'{way}/{number}', 'r+b') for way in ways for number in range(3, 8))
""",
    "seals on what the host reads": """
tries = [refused(fcntl.fcntl, number, 1033, 0xf) for number in range(1, 7)]
return first(tries)
""",
    "leases on what the host reads": """
tries = [refused(fcntl.fcntl, number, fcntl.F_SETLEASE, fcntl.F_WRLCK) for number in range(1, 7)]
return first(tries)
""",
    "flags of what everyone shares": """
try: fcntl.fcntl(0, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)
except OSError: pass
return 'held'
""",
    "the request, emptied": "os.ftruncate(3, 0)\nreturn 'held'",
}

LEFT = {
    # Run twice: the second looks for what the first has done.
    "a file in the scratch folder": """
found = os.listdir('/tmp') + [os.getcwd()]
open('/tmp/mark', 'w').close(); os.makedirs('/tmp/a/b'); os.chdir('/tmp/a/b')
return 'held' if found == ['/tmp'] else repr(found)
""",
    "a file wherever there is room": """
for folder, _, files in os.walk('/'):
  if 'left-behind' in files: return folder
  try: open(folder + '/left-behind', 'w').close()
  except OSError: continue
  if folder != '/tmp': return folder
return 'held'
""",
    "a module": """
import types
if 'left' in sys.modules: return 'found'
sys.modules['left'] = types.ModuleType('left'); sys.path.insert(0, '/tmp/left')
return 'held'
""",
    "a patched library": """
import builtins, json, math, random
if math.pi < 3 or hasattr(builtins, 'left') or json.dumps(1) != '1': return 'found'
math.pi, builtins.left, builtins.sum = 2, 1, lambda x: 0
json.dumps = lambda *a, **k: 'left'
random.Random.random = lambda self: 0.5
return 'held'
""",
    "a function's defaults": """
import copy, functools, typing
if getattr(functools.reduce, 'left', 0) or copy.copy.__defaults__: return 'found'
copy.copy.__defaults__, copy.copy.__code__ = (1,), (lambda x=1: 0).__code__
return 'held'
""",
    "a changed number": """
# Text, because the literal would be the changed one.
mark = ctypes.c_uint32.from_address(id(200) + 24)
seen, mark.value = str(mark.value), 201
return 'held' if seen == '200' else f'found {seen}'
""",
    "changed code of the library": """
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
at = ctypes.cast(libc.l64a, ctypes.c_void_p).value
if libc.mprotect(at & -4096, 8192, 7): return 'held'
code = (ctypes.c_ubyte * 4).from_address(at)
if bytes(code) == b'\\xf1MRK': return 'found'
code[:] = list(b'\\xf1MRK')
return 'held'
""",
    "a handler of signals": """
found = signal.getsignal(signal.SIGUSR1), signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
signal.signal(signal.SIGUSR1, print); signal.setitimer(signal.ITIMER_REAL, 100)
return 'held' if found == (signal.SIG_DFL, set()) else repr(found)
""",
    "settings of the interpreter": """
import decimal, gc, locale
found = sys.getrecursionlimit(), gc.isenabled(), sys.getswitchinterval(), decimal.getcontext().prec, os.umask(0)
sys.setrecursionlimit(77); gc.disable(); sys.setswitchinterval(7); decimal.getcontext().prec = 3
return 'held' if found == (1000, True, 0.005, 28, 0o077) else repr(found)
""",
    "settings of the process": f"""
found = os.getpriority(os.PRIO_PROCESS, 0), resource.getrlimit(resource.RLIMIT_STACK)[0] == 1 << 20
refused(os.nice, 5); resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, 1 << 20))
refused(os.sched_setaffinity, 0, [0])
return 'held' if found == ({os.getpriority(os.PRIO_PROCESS, 0)}, False) else repr(found)
""",
    "random numbers": """
import random
found = random.random(); random.seed(5)
return 'held' if found == 0.8444218515250481 else repr(found)
""",
    "a named socket of one's own": """
for end in socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM):
  try: end.bind('\\0left-behind')
  except PermissionError: return 'held'
  except OSError as err: return repr(err)
  return 'held'
""",
    "a message queue": """
key = ctypes.c_int(0x6c656674)
return 'held' if libc.msgget(key, 0) < 0 and (libc.msgget(key, 0o1666), 1) else 'found'
""",
    "shared memory of one's own": """
key = ctypes.c_int(0x6c656674)
return 'held' if libc.shmget(key, 4096, 0) < 0 and (libc.shmget(key, 4096, 0o1666), 1) else 'found'
""",
    "locks that outlast": """
import importlib.util
with open(importlib.util.find_spec('this').origin) as file:
  try: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
  except BlockingIOError: return 'there was a lock'
  os.dup(file.fileno())
return 'held'
""",
    "threads and a loop": """
import threading
found = threading.active_count()
def spin():
  while True: pass
for _ in range(3): threading.Thread(target=spin, daemon=True).start()
return 'held' if found == 1 else f'found {found}'
""",
}

_SCAN = """
# All that is mapped near anything of ours, read by writing it to a pipe: where nothing is mapped, that is an error.
import gc
KEY = bytes(byte ^ 0x55 for byte in range(256))
read, write = os.pipe()
libc.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
libc.sbrk.restype = ctypes.c_void_p
def chunk(at):
  got = libc.write(write, at, 65536)
  return os.read(read, got) if got > 0 else b''
def count(needle):
  '''How often a text is in memory that is handed here only in disguise.'''
  seeds = {id(thing) >> 20 for thing in (*gc.get_objects(), *sys.modules, sys, int, libc)}
  seeds |= {ctypes.addressof(ctypes.create_string_buffer(size)) >> 20 for size in (16, 1 << 12, 1 << 20)}
  heap = libc.sbrk(0) >> 20
  seeds |= set(range(heap - 32, heap + 1))
  seeds |= {near + step for near in list(seeds) for step in (-2, -1, 1, 2)}
  found = 0
  for seed in sorted(seeds):
    for at in range(seed << 20, (seed + 1) << 20, 65536):
      data = chunk(at)
      if data: found += data.translate(KEY).count(needle)
      else:
        for page in range(at + 4096, at + 65536, 4096):
          data = chunk(page)
          if data:
            found += data.translate(KEY).count(needle)
  return found
planted = bytearray(b'pla' + b'nted-here')
if not count(bytes(byte ^ 0x55 for byte in b'planted-here')): return 'the scan is blind'
found = count(bytes(clues['hidden']))
return 'held' if found == 0 else f'found {found}'
"""

RESIDUE = {"memory of earlier programs": _SCAN}

MACHINE = {
    # x86-64 only.
    "calls of the narrow kind": "return first(syscall(0x40000000 | number, 0, 0, 0, 0, 0) for number in (41, 57, 59, 101, 512, 520, 545))",
    "calls with high bits": "return first(syscall((1 << 32) | number, 2, 1, 0) for number in (41, 57))",
    "calls that do not exist": "return first(syscall(number, 0, 0, 0) for number in (400, 423, 1023, 4095, 1 << 30, -2))",
    "calls by the old gate": """
code = mmap.mmap(-1, 4096, prot=7)
# mov eax, 20 (getpid of the 32-bit table); int 0x80; ret
code.write(b'\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3')
got = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
return 'held' if got in (-1, -38) else f'gave {got}'
""",
    "calls by machine code": """
code = mmap.mmap(-1, 4096, prot=7)
# mov eax, 41; mov edi, 2; mov esi, 1; xor edx, edx; syscall; ret
code.write(b'\\xb8\\x29\\0\\0\\0\\xbf\\2\\0\\0\\0\\xbe\\1\\0\\0\\0\\x31\\xd2\\x0f\\x05\\xc3')
got = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
return 'held' if got in (-1, -13, -38) else f'gave {got}'
""",
    "ports of the processor": """
return first('held' if call(*args) < 0 else 'got them' for call, args in ((libc.iopl, (3,)), (libc.ioperm, (0x70, 2, 1))))
""",
    "segments of the processor": "return 'held' if libc.syscall(154, 1, bytes(16), 16) < 0 else 'changed'",
}


def _escape(body: str, times: int = 1) -> Attack:
    lines = "\n".join(f"  {line}" for line in body.strip().splitlines())
    program = f"{_PRELUDE}\ndef attempt(clues):\n{lines}\ndef f(clues):\n  try: return attempt(clues)\n  except PermissionError: return 'held'"
    return Attack(program, frozenset({"completed", "violation"}), _LIMITS, clued=True, times=times)


def _named(prefix: str, bodies: dict[str, str], times: int = 1) -> dict[str, Attack]:
    return {f"{prefix}: {name}": _escape(body, times) for name, body in bodies.items()}


ESCAPES: dict[str, Attack] = {
    **_named("file", FILES),
    **_named("write", WRITES),
    **_named("network", NETWORK),
    **_named("process", PROCESSES),
    **_named("right", RIGHTS),
    **_named("call", {name: f"return syscall({name!r}, {args})" for name, args in _CALLS.items()}),
    **_named("descriptor", DESCRIPTORS),
    **_named("left", LEFT, times=2),
    **_named("residue", RESIDUE),
    **(_named("machine", MACHINE) if _COLUMN == 0 else {}),
}

# Where root's Python is in root's home, no one else can run it: `landlock` takes root's rights away, not the name.
# And it lets a program open again what it holds already.
for _name in ("right: root by name", "descriptor: descriptors opened again"):
    ESCAPES[_name] = replace(ESCAPES[_name], tiers=frozenset({"ns"}))
