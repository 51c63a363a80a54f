"""What the benches share: a whole process, timed, with its peak of memory."""

import subprocess
import sys

# The moment of judgement of every bench on the sample register.
AS_OF = "2026-10-10T09:00:00Z"


def peak_of(command):
    """Runs a command and gives (seconds, peak resident MiB) from the operating system's accounting."""
    wrapper = (
        "import resource,subprocess,sys,time;s=time.perf_counter();"
        "c=subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,stderr=subprocess.PIPE);"
        "print(time.perf_counter()-s, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss/1024, c.returncode);"
        "sys.stderr.buffer.write(c.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", wrapper, *command], capture_output=True, text=True, check=True)
    seconds, peak, code = done.stdout.split()
    if code != "0":
        sys.exit(f"{' '.join(command)} failed: {done.stderr}")
    return float(seconds), float(peak)
