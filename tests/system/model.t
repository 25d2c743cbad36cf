#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The model of the pair secrets holds, and would not without one of its rules.
# `make model` looks further.
exec tests/model/run
