# shellcheck shell=bash
subject_available() { command -v wireguard-go wg >/dev/null; }

subject_start() {
	local d=$WORK/wg n
	TARGET=10.69.2.1
	mkdir -p "$d" /run/wireguard
	for n in a b; do
		[ -f "$d/$n" ] || (umask 077; wg genkey >"$d/$n")
	done
	run_a env WG_PROCESS_FOREGROUND=1 wireguard-go -f wga$$
	run_b env WG_PROCESS_FOREGROUND=1 wireguard-go -f wgb$$
	for _ in $(seq 100); do
		[ -S "/run/wireguard/wga$$.sock" ] &&
			[ -S "/run/wireguard/wgb$$.sock" ] && break
		sleep 0.02
	done
	ina wg set wga$$ listen-port 51820 private-key "$d/a" \
		peer "$(wg pubkey <"$d/b")" allowed-ips 10.69.2.0/24 \
		endpoint 192.0.2.2:51820
	inb wg set wgb$$ listen-port 51820 private-key "$d/b" \
		peer "$(wg pubkey <"$d/a")" allowed-ips 10.69.1.0/24 \
		endpoint 192.0.2.1:51820
	ina ip addr add 10.69.1.1/16 dev wga$$
	inb ip addr add 10.69.2.1/16 dev wgb$$
	ina ip link set wga$$ up mtu 1420
	inb ip link set wgb$$ up mtu 1420
}
