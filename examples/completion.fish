# SPDX-License-Identifier: GPL-3.0-or-later
# Completion for the programs of ClueVPN; it asks the file for bash.

function __cluevpn
    set -l file /usr/local/share/bash-completion/completions/cluevpnctl
    set -l words (commandline -opc) (commandline -ct)
    # A last word that is empty is a word all the same.
    set -q words[2]; or set -a words ''
    for word in (bash -c 'source "$0" && _cluevpn_candidates "$@"' $file $words 2>/dev/null)
        if test $word = '<files>'
            __fish_complete_path (commandline -ct)
        else
            echo $word
        end
    end
end

for program in cluevpnd cluevpnctl bnl-sign bnl-verify keygen
    complete -c $program -f -a '(__cluevpn)'
end
