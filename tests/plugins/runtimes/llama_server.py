"""llama.cpp's own server, as xllamacpp brings it, in a process of its own: `llama_server.py PORT FILE.gguf`."""

import sys
import time

import xllamacpp

wanted = xllamacpp.CommonParams()
wanted.hostnames = ["127.0.0.1"]
wanted.port = int(sys.argv[1])
wanted.model.path = sys.argv[2]
wanted.n_ctx = 2048
wanted.n_parallel = 1
wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(wanted)
time.sleep(600)
