# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2034 # what the tests use
# Sourced behind kit_rig.sh by the tests of the start-up kit's server: a CA in
# $ca, a list, kit.names and kit.conf, and remctld's part by "ask".

mkdir ca list
ca=$tmp/ca
keygen ca -d ca >/dev/null
keygen bnl -t ed25519 -o list/bnl.key >/dev/null
cat >text <<'LIST'
network example.org
prefix 10.156.0.0/16
node alpha
  subnet 10.156.1.0/24
node beta
  subnet 10.156.2.0/24
LIST
bnl-sign -y -k list/bnl.key --first -o list/network.bnl text >/dev/null 2>&1
cat >kit.names <<'NAMES'
# who may have what
host/alpha.example.org@EXAMPLE.ORG  alpha
ann@EXAMPLE.ORG   beta gamma delta  # and one more
1e1@EXAMPLE.ORG   epsilon
NAMES
cat >kit.conf <<CONF
cadir = $ca
names = $tmp/kit.names
bnl = $tmp/list/network.bnl
bnlpubkey = $tmp/list/bnl-pub.pem
days = 400
renewdays = 30
CONF
ann=ann@EXAMPLE.ORG
ask() { # ask USER WORD... <REQUEST
	user=$1
	shift
	REMOTE_USER=$user REMOTE_ADDR=192.0.2.7 \
		CLUEVPN_KIT_CONF=$tmp/kit.conf "$kit/issue" "$@"
}
request() { # request DIR NAME
	mkdir -p "$1"
	keygen node "$2" -d "$1" >/dev/null
}
key() { keygen fingerprint "$1"; }
subject() { openssl x509 -in "$1" -noout -subject -nameopt RFC2253; }
lines() { # lines FILE PATTERN
	grep -c -e "$2" "$1"
}
