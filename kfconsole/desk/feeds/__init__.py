"""The four things asked of WeChat again and again; `poller` decides when."""
