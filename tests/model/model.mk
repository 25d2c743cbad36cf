# SPDX-License-Identifier: GPL-3.0-or-later
# The models of the pair secrets and of an intruder, with larger bounds than
# `make check` has (tests/system/model*.t): some minutes, 2 GB of memory.
model:
	$Qtests/model/run all
	$Qtests/model/intruder all

.PHONY: model
