"""Alert events on their way out: to sockets, by e-mail, to webhooks and Slack, at least once each.

One task of every API process works through the rows that the commits wrote. Nothing here decides what fires.
"""
