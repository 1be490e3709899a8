"""Files from outside, until the sandbox has them: in memory only, and never without bounds."""
