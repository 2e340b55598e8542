"""What must hold when servers and processes fail: `make faults`.

Servers, workers and stores are processes of their own on 127.0.0.1, killed and frozen by the pid they have. Everything
that was acknowledged is recorded, and compared afterwards with what is there. Each run prints its figures and a
verdict; a statement that does not hold fails it. These are the only tests that time anything: their statements do.
"""
