# shellcheck shell=bash
subject_available() { command -v nebula nebula-cert >/dev/null; }

subject_start() {
	local d=$WORK/nebula n
	TARGET=10.71.2.1
	if [ ! -d "$d" ]; then
		mkdir -p "$d"
		(cd "$d" && nebula-cert ca -name bench &&
			nebula-cert sign -name a -ip 10.71.1.1/16 &&
			nebula-cert sign -name b -ip 10.71.2.1/16) \
			>>"$WORK/a.log" 2>&1
		for n in a b; do
			cat >"$d/$n.yml" <<-END
				pki: { ca: $d/ca.crt, cert: $d/$n.crt, key: $d/$n.key }
				static_host_map:
				  "10.71.1.1": ["192.0.2.1:4242"]
				  "10.71.2.1": ["192.0.2.2:4242"]
				listen: { host: 0.0.0.0, port: 4242, read_buffer: 8388608, write_buffer: 8388608, batch: 64 }
				tun: { dev: nebula$n, mtu: 1420, tx_queue: 500 }
				cipher: aes
				logging: { level: error }
				firewall:
				  outbound: [{ port: any, proto: any, host: any }]
				  inbound: [{ port: any, proto: any, host: any }]
			END
		done
	fi
	run_a nebula -config "$d/a.yml"
	run_b nebula -config "$d/b.yml"
}
