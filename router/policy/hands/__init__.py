"""The router's hands: each does one part of the work, all share one ``State``, and what ends a request is ``Delivery``'s.

To add one: a class in a file here, made with ``(state, delivery)``, that emits commands through ``state.emit``; then build it in
``Router.__init__`` and put the kinds of events that it takes into the table there.
"""
