"""How a peer takes its turns: it says in a line what it is, then works for each line that it reads."""
import json, sys, time

def answer(**what):
    print(json.dumps(what), flush=True)

def take_turns(work, **about):
    """Runs `work` as often as the line says and answers with the seconds it took, until the end of input."""
    work()
    answer(ready=True, **about)
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range(int(line)): work()
        answer(seconds=time.perf_counter() - start)

def peak_memory():
    """Bytes that this process held at most (VmHWM)."""
    with open('/proc/self/status') as status:
        for line in status:
            if line.startswith('VmHWM'): return 1024 * int(line.split()[1])
