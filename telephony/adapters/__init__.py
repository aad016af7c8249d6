"""Webhooks of voice-agent platforms, in their own words on one side and as tools on the other.

Pure: each module checks who sent a request, reads the tools that it calls, and words the answer.
"""
