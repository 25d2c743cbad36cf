#compdef cluevpnd cluevpnctl bnl-sign bnl-verify keygen
# SPDX-License-Identifier: GPL-3.0-or-later
# Completion for the programs of ClueVPN; it asks the file for bash.

local found file=/usr/local/share/bash-completion/completions/cluevpnctl
local -a all

found=$(bash -c 'source "$0" && _cluevpn_candidates "$@"' $file \
	"${(@)words[1,CURRENT]}" 2>/dev/null)
all=(${(f)found})
if (( ${all[(Ie)<files>]} )); then
	all=(${all:#<files>})
	_files
fi
(( ! $#all )) || compadd -a all
