# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Sourced behind hosts.sh and tap.sh by tests of the start-up kit that have a
# Kerberos realm of their own.

# realm_needs: what kit_realm.sh calls is there; otherwise hosts_missing.
realm_needs() {
	for tool in ip nsenter ping openssl flock krb5kdc kadmin.local \
		kdb5_util kinit remctld remctl; do
		command -v $tool >/dev/null || hosts_missing "no $tool"
	done
}

# realm HOST "HOST NAME" ...: EXAMPLE.ORG; its KDC runs on the first host, and
# hosts have these names. /etc is that of hosts_enter.
realm() {
	kdc=$1
	shift
	rm -f /etc/hosts /etc/nsswitch.conf /etc/krb5.conf /etc/resolv.conf
	echo 'nameserver 127.0.0.1' >/etc/resolv.conf
	echo 'hosts: files' >/etc/nsswitch.conf
	echo '127.0.0.1 localhost' >/etc/hosts
	for h; do
		a=$(on "${h% *}" ip -4 -o addr show dev eth0 |
			sed -n 's/.* inet \([0-9.]*\).*/\1/p')
		echo "$a ${h#* }" >>/etc/hosts
		[ "${h% *}" != "$kdc" ] || kdc_name=${h#* }
	done
	cat >/etc/krb5.conf <<-CONF
	[libdefaults]
		default_realm = EXAMPLE.ORG
		dns_lookup_kdc = false
		dns_lookup_realm = false
		dns_canonicalize_hostname = false
		rdns = false
		kdc_timesync = 0
	[realms]
		EXAMPLE.ORG = {
			kdc = $kdc_name
			admin_server = $kdc_name
		}
	[domain_realm]
		.example.org = EXAMPLE.ORG
	CONF
	cat >"$HOSTS_DIR/kdc.conf" <<-CONF
	[kdcdefaults]
		kdc_listen = 88
		kdc_tcp_listen = 88
	[realms]
		EXAMPLE.ORG = {
			database_name = $HOSTS_DIR/principal
			key_stash_file = $HOSTS_DIR/stash
			acl_file = $HOSTS_DIR/kadm5.acl
			max_life = 10h
		}
	CONF
	export KRB5_KDC_PROFILE="$HOSTS_DIR/kdc.conf"
	echo '*/admin@EXAMPLE.ORG *' >"$HOSTS_DIR/kadm5.acl"
	must kdb5_util create -r EXAMPLE.ORG -s -P master
	on "$kdc" krb5kdc -n >"$HOSTS_DIR/kdc.log" 2>&1 &
}
principal() {	# principal NAME [PASSWORD]; without one, a keytab
	if [ $# -gt 1 ]; then
		must kadmin.local -q "addprinc -pw $2 $1"
	else
		must kadmin.local -q "addprinc -randkey $1"
		must kadmin.local -q "ktadd -k $HOSTS_DIR/${1#*/}.keytab $1"
	fi
}
# Things that a user at that host types; each has a cache of tickets.
at() {		# at HOST COMMAND...
	h=$1
	shift
	on "$h" env KRB5CCNAME="FILE:$HOSTS_DIR/$h.cache" "$@"
}
ticket() {	# ticket HOST PRINCIPAL [OPTION...]
	h=$1 p=$2
	shift 2
	echo secret >"$HOSTS_DIR/password"
	at "$h" kinit "$@" "$p" <"$HOSTS_DIR/password" >/dev/null
}
