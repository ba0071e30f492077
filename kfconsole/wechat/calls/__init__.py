"""WeChat's calls, one method each, in the groups of its documents. `KfClient` is all of them together."""
