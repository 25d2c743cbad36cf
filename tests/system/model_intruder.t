#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# No run of the intruder's model breaks a promise of the protocol, and one does
# without each of its rules. `make model` looks further.
exec tests/model/intruder
