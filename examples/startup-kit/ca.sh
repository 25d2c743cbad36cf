# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154 # issue and kit.sh set these
# Sourced by issue: reports on the directory of the CA, for people and for
# monitoring; its backup.

ca_there() {
	[ -r "$cadir/index" ] || die "there is no $cadir/index: no certificate" \
		'was given yet'
}

# ca_state: a line for each node: NAME END DAYS STATE PRINCIPAL. DAYS are left;
# STATE is
#   good       in force
#   late       ends in less than half of renewdays, and was not renewed
#   ended
#   revoked    its key is, by the list
#   gone       good, though kit.names does not have the name any more
#   none       no certificate was given yet
# A last line with NAME "-" is of the CA, which is late as long as a new
# certificate would outlast it.
ca_state() {
	work=$(mktemp -d) || exit 1
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' HUP INT TERM
	principals >"$work/names" ||
		die 'what the server knows of principals is not in order'
	: >"$work/bnl"
	if [ -e "$bnl" ] || [ -L "$bnl" ]; then
		list_print >"$work/bnl" 2>"$work/why" ||
			die "$bnl: $(tail -n 1 "$work/why")"
	fi
	caend=$(openssl x509 -in "$cadir/ca.pem" -noout -enddate) ||
		die "cannot read $cadir/ca.pem"
	caend=$(date -u -d "${caend#*=}" +%Y-%m-%dT%H:%M:%SZ) || exit 1
	awk -v now="$(date -u +%Y-%m-%d)" -v late=$((renewdays / 2)) \
		-v days="$days" -v caend="$caend" '
	function daynum(s,    y, m, d) {
		y = substr(s, 1, 4) + 0
		m = substr(s, 6, 2) + 0
		d = substr(s, 9, 2) + 0
		if (m < 3) {
			m += 12
			y--
		}
		return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + \
			int((153 * (m - 3) + 2) / 5) + d
	}
	part == "names" {
		if (!($2 in may))
			order[++n] = $2
		may[$2] = may[$2] (may[$2] == "" ? "" : ",") $1
		next
	}
	part == "bnl" {
		sub(/#.*/, "")
		if ($1 == "revoke")
			revoked[$2]
		next
	}
	{
		if (!($2 in may) && !($2 in key))
			order[++n] = $2
		key[$2] = $3
		end[$2] = $4
		by[$2] = $6
	}
	END {
		today = daynum(now)
		for (i = 1; i <= n; i++) {
			name = order[i]
			if (!(name in key)) {
				print name, "-", "-", "none", may[name]
				continue
			}
			left = daynum(end[name]) - today
			state = "good"
			if (key[name] in revoked)
				state = "revoked"
			else if (left < 0)
				state = "ended"
			else if (!(name in may))
				state = "gone"
			else if (left < late)
				state = "late"
			if (name in may || state == "gone")
				print name, end[name], left, state, by[name]
		}
		left = daynum(caend) - today
		print "-", caend, left, left < 0 ? "ended" : \
			left < days + 0 ? "late" : "good", "-"
	}' part=names "$work/names" part=bnl "$work/bnl" part=index \
		"$cadir/index"
}
# ca_text: the lines of ca_state, for people.
ca_text() {
	awk '
	function say(s) { printf "%-24s %-10s  %s\n", $1, substr($2, 1, 10), s }
	$1 == "-" { $1 = "the CA" }
	$1 == "the CA" && $4 == "late" {
		say("new certificates end with it: make a new CA"); next
	}
	$4 == "good" { say($5 == "-" ? "" : "by " $5); next }
	$4 == "late" {
		say("in " $3 " days, and NOT RENEWED by " $5)
		next
	}
	$4 == "ended" { say("ENDED; it was given to " $5); next }
	$4 == "revoked" { say("revoked by the list"); next }
	$4 == "gone" {
		say("not in kit.names any more, but not revoked either")
		next
	}
	$4 == "none" { say("no certificate was given yet; may have it: " $5) }'
}
# ca_trouble: selects the certificates that need attention.
ca_trouble() {
	awk '$4 == "late" || $4 == "ended" || $4 == "gone"'
}

ca_status() {
	ca_there
	state=$(ca_state) || exit 1
	if ! is_signer; then
		may=$(allowed) || exit 1
		state=$(printf '%s\n' "$state" | MAY=$may awk '
		BEGIN {
			n = split(ENVIRON["MAY"], a, "\n")
			for (i = 1; i <= n; i++)
				may[a[i] ""]
		}
		$1 "" in may')
		[ -n "$state" ] || die "$user has no node here"
	fi
	printf '%s\n' "$state" | ca_text
}

# ca_revoke [NAME ...]: revoke.txt, and the present keys of these nodes.
ca_revoke() {
	ca_there
	is_signer || refuse "revoke: $user is no signer in kit.conf"
	for name; do
		is_node "$name" || refuse 'revoke: no name of a node'
		key=$(NAME=$name awk '$2 "" == ENVIRON["NAME"] { k = $3 }
			END { print k }' "$cadir/index")
		[ -n "$key" ] || refuse "revoke: $name never had a certificate"
		gone="${gone:-}$key  # $name, taken out of the network$newline"
	done
	[ ! -e "$cadir/revoke.txt" ] || cat "$cadir/revoke.txt"
	printf '%s' "${gone:-}"
	[ -s "$cadir/revoke.txt" ] || [ -n "${gone:-}" ] ||
		echo '# no key was replaced'
}

# ca_watch: once a day. Without an address for mail the text goes to the
# standard output, and the exit status tells cron or systemd.
ca_watch() {
	ca_there
	state=$(ca_state) || exit 1
	if [ -n "$textfile" ]; then
		new=$(mktemp "$textfile.XXXXXX") || exit 1
		if ! printf '%s\n' "$state" | ca_metrics >"$new" ||
			! chmod 644 "$new" || ! replace "$new" "$textfile"; then
			rm -f "$new"
			die "cannot write $textfile"
		fi
	fi
	trouble=$(printf '%s\n' "$state" | ca_trouble | ca_text)
	[ -n "$trouble" ] || return 0
	if [ -z "$mail" ]; then
		printf '%s\n' "$trouble"
		return 1
	fi
	{
		printf 'To: %s\nSubject: certificates of the VPN that end\n' \
			"$mail"
		printf 'Content-Type: text/plain; charset=us-ascii\n\n'
		plain "$trouble"
		printf '\n"cluevpn-enroll --check" on such a host says what %s' \
			"is in the way of its renewal.${newline}A host that has"
		printf ' gone is taken out of kit.names, and its key revoked.\n'
	} | sendmail -t -oi || die "sendmail: the mail to $mail was not sent"
}
# ca_metrics: the lines of ca_state for the textfile collector of Prometheus'
# node_exporter; times are seconds since 1970.
ca_metrics() {
	echo '# HELP cluevpn_certificate_end_seconds When it ends; since 1970.'
	echo '# TYPE cluevpn_certificate_end_seconds gauge'
	echo '# HELP cluevpn_certificate_trouble 1: ends or ended, not renewed.'
	echo '# TYPE cluevpn_certificate_trouble gauge'
	while read -r name end _ state _; do
		[ "$end" != - ] || continue
		label="node=\"$name\""
		[ "$name" != - ] || label='ca="1"'
		printf 'cluevpn_certificate_end_seconds{%s} %s\n' "$label" \
			"$(date -u -d "$end" +%s)"
		case $state in late | ended | gone) bad=1 ;; *) bad=0 ;; esac
		printf 'cluevpn_certificate_trouble{%s} %s\n' "$label" $bad
	done
}

# ca_backup: all of the directory, as it is between two certificates.
ca_backup() {
	[ -r "$cadir/ca.key" ] || die "the server has no CA in $cadir"
	lock "$cadir/lock" 60
	work=$(mktemp -d "$cadir/.work.XXXXXX") || exit 1
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' HUP INT TERM
	cp "$names" "$work/kit.names" || exit 1
	[ -e "$cadir/index" ] || : >>"$cadir/index"
	tar -c -C "$cadir" --exclude='./.work.*' --exclude=./lock . \
		-C "$work" ./kit.names
	# 1: audit.log grew meanwhile, as it may at any time.
	[ $? -le 1 ]
}

# ca_restore: refused where it would forget a certificate that was given here.
ca_restore() {
	[ -d "$cadir" ] || install -d -m 700 "$cadir" || exit 1
	lock "$cadir/lock" 60
	work=$(mktemp -d "$cadir/.work.XXXXXX") || exit 1
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' HUP INT TERM
	new=$work/new
	mkdir "$new" || exit 1
	tar -x -C "$new" --no-same-owner || die 'that is no backup'
	[ -z "$(find "$new" ! -type f ! -type d)" ] ||
		die 'that is no backup: there are links in it'
	for f in ca.key ca.pem index kit.names; do
		[ -f "$new/$f" ] ||
			die "that is no backup: there is no $f in it"
	done
	[ "$(keygen fingerprint "$new/ca.key")" = \
		"$(keygen fingerprint "$new/ca.pem")" ] ||
		die 'the key of the CA in the backup is not that of its ca.pem'
	if [ -e "$cadir/ca.pem" ]; then
		[ "$(keygen fingerprint "$cadir/ca.pem")" = \
			"$(keygen fingerprint "$new/ca.pem")" ] ||
			die "the backup is of another CA than $cadir"
	fi
	if [ -s "$cadir/index" ]; then
		head -c "$(stat -c %s "$cadir/index")" "$new/index" |
			cmp -s - "$cadir/index" ||
			die "$cadir/index has certificates that the backup does" \
				'not have. Nothing is changed; what the backup' \
				'has instead would be forgotten here'
	fi
	mkdir -p "$cadir/certs" || exit 1
	chmod -R u=rwX,go= "$new" || exit 1
	# The index first: a certificate that is out is in it.
	(
		cd "$new" || exit
		for f in index ca.key ca.pem revoke.txt audit.log certs/*.pem; do
			[ ! -e "$f" ] || replace "$f" "$cadir/$f" || exit
		done
		chmod 644 kit.names && cp kit.names "$names.new" &&
			replace "$names.new" "$names"
	) || die "cannot write $cadir"
	echo "$cadir has $(wc -l <"$cadir/index") certificates now"
}
