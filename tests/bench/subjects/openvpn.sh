# shellcheck shell=bash
# One tunnel between two hosts; AES-256-GCM over UDP.
subject_available() { command -v openvpn >/dev/null; }

subject_start() {
	local d=$WORK/openvpn n
	TARGET=10.68.2.1
	if [ ! -d "$d" ]; then
		mkdir -p "$d"
		for n in a b; do
			openssl req -x509 -newkey ec \
				-pkeyopt ec_paramgen_curve:prime256v1 -nodes \
				-days 30 -subj "/CN=$n" -keyout "$d/$n.key" \
				-out "$d/$n.crt"
		done
		cat "$d/a.crt" "$d/b.crt" >"$d/ca.crt"
	fi >>"$WORK/a.log" 2>&1
	local common=(--dev tun --proto udp --ca "$d/ca.crt" --verb 1
		--data-ciphers AES-256-GCM --cipher AES-256-GCM
		--sndbuf 4194304 --rcvbuf 4194304)
	run_b openvpn "${common[@]}" --tls-server --dh none --cert "$d/b.crt" \
		--key "$d/b.key" --ifconfig 10.68.2.1 10.68.1.1
	run_a openvpn "${common[@]}" --tls-client --remote 192.0.2.2 \
		--cert "$d/a.crt" --key "$d/a.key" \
		--ifconfig 10.68.1.1 10.68.2.1
}
