"""The commands of `kyso`, a file for each subject."""
