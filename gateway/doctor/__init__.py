"""What `gateway doctor` looks at: each fault of docs/runbook.md has a look here that finds it and says what to do.

`finding` is the word that all looks share; `machine`, `server`, `waiting`, `traffic` and `county` hold the looks, one
subject each; `round` goes through all of them in order.
"""
