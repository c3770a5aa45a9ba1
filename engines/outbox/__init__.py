"""The outbox: the database is the queue, and a send is claimed by a commit before the first byte leaves.

planned -> queued -> claimed -> dispatching -> sent | failed | unknown; also held and cancelled. What may follow what stands in
`states`; `claims` takes what is due, `dispatching` commits the intent, `record` writes the answer, `sweep` picks up what was
left lying, `circuit` stops sending where a provider proves nothing, `runner` is the loop around them.
"""
