# shellcheck shell=bash
# The tunnel of this tree, between two daemons. CIPHER chooses the cipher, CONF
# is more of the configuration.
subject_available() { [ -x "$O/cluevpnd" ]; }
subject_start() { cluevpn_start "$O/cluevpnd"; }

# cluevpn_start DAEMON
cluevpn_start() {
	local d=$WORK/cluevpn
	TARGET=10.66.2.1
	if [ ! -d "$d" ]; then
		mkdir -p "$d/a/state" "$d/b/state"
		"$O/keygen" bnl -t ed25519 -o "$d/bnl.key"
		"$O/keygen" ca -n bench -d "$d"
		"$O/keygen" node a -d "$d/a" --ca "$d"
		"$O/keygen" node b -d "$d/b" --ca "$d"
		printf '%s\n' 'network bench' 'prefix 10.66.0.0/16' \
			'node a' 'address 192.0.2.1' 'subnet 10.66.1.0/24' \
			'node b' 'address 192.0.2.2' 'subnet 10.66.2.0/24' \
			>"$d/list"
		"$O/bnl-sign" -k "$d/bnl.key" --first -y "$d/list"
		for n in a b; do
			cp "$d/list" "$d/$n/state/network.bnl"
			cp "$d/ca.pem" "$d/bnl-pub.pem" "$d/$n"
			printf '%s\n' "name = $n" "statedir = $d/$n/state" \
				"ctlsocket = $d/$n/ctl" 'logmethod = stderr' \
				"cryptalgos = ${CIPHER:-aes-256-gcm}:100" \
				"${COMP:+compalgos = $COMP:100 none:1}" "${CONF:-}" \
				>"$d/$n/cluevpn.conf"
		done
	fi >>"$WORK/a.log" 2>&1
	# From nothing: also the negotiation belongs to the first ping.
	rm -rf "$d"/[ab]/state/pairs
	run_a "$1" -f -c "$d/a" -p "$d/a/pid"
	run_b "$1" -f -c "$d/b" -p "$d/b/pid"
}
