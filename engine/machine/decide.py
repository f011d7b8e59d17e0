"""Command in, Accepted or Refused out; no I/O.

1. Every unmet requirement is collected before anything is answered; a refusal lists them all.
2. `Unmet.code` is one of a closed set; `subject` says of what (an evidence id, a field, a guard).
   `Unmet.key` (`evidence_missing:plan`) is what cases, waivers and the log write.
3. Only role, unit, assignment and separation make a refusal *forbidden*; all others can be mended.
4. A waiver lifts exactly the key that it names, never role, unit, assignment, separation, own unit.
"""
