"""The public web pages: server-rendered, without scripts, Vietnamese first."""
