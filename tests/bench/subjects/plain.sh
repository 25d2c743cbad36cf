# shellcheck shell=bash
# The cable itself: what there is to be reached.
subject_available() { true; }
subject_start() { TARGET=192.0.2.2; }
