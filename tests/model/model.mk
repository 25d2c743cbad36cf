# SPDX-License-Identifier: GPL-3.0-or-later
# The model of the pair secrets, with larger bounds than `make check` has
# (tests/system/model.t): some minutes, 2 GB of memory.
model:
	$Qtests/model/run all

.PHONY: model
