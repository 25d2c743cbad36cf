# shellcheck shell=bash
subject_available() { command -v fastd >/dev/null; }


subject_start() {
	local d=$WORK/fastd n keys
	TARGET=10.70.2.1
	if [ ! -d "$d" ]; then
		mkdir -p "$d"
		for n in a b; do
			keys=$(fastd --generate-key 2>/dev/null)
			awk '/Secret/ { print $2 }' <<<"$keys" >"$d/$n.secret"
			awk '/Public/ { print $2 }' <<<"$keys" >"$d/$n.public"
		done
	fi
	for n in a b; do
		local other=b ip=192.0.2.2
		[ $n = b ] && other=a ip=192.0.2.1
		cat >"$d/$n.conf" <<-END
			interface "fastd$n";
			mode tun;
			method "salsa2012+umac";
			mtu 1420;
			bind 0.0.0.0:10000;
			secret "$(cat "$d/$n.secret")";
			peer "$other" {
				key "$(cat "$d/$other.public")";
				remote $ip:10000;
			}
		END
	done
	run_a fastd -c "$d/a.conf"
	run_b fastd -c "$d/b.conf"
	# It has dropped the right to do so itself.
	for _ in $(seq 100); do
		ina ip addr replace 10.70.1.1/16 dev fastda &&
			inb ip addr replace 10.70.2.1/16 dev fastdb && break
		sleep 0.02
	done 2>/dev/null
	ina ip link set fastda up
	inb ip link set fastdb up
}
