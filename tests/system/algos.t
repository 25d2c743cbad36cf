#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every cipher with every compressor; what two nodes agree on.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta
head -c 400000 /dev/urandom >$tmp/noise
head -c 400000 /dev/zero >$tmp/zeros

restart() { # restart ALPHA-LINES BETA-LINES: with these, and no pairs
	local n

	for n in alpha beta; do
		[ -z "${pid[$n]:-}" ] || stop $n
		rm -rf "$tmp/$n/state/pairs"
	done
	conf alpha "$1"
	conf beta "$2"
	start alpha beta
}
agreed() { # agreed NODE: on what, as that one sees it
	query "$1" peers '.[0] | "\(.cipher) \(.compressor) \(.level)"'
}
# crosses FILE: from alpha to beta; `bytes` is what that took on the wire
crosses() {
	local before

	before=$(traffic beta rx)
	transfer alpha beta 4 "$1" || return
	bytes=$(($(traffic beta rx) - before))
}

for cipher in aes-256-gcm aes-128-gcm chacha20-poly1305; do
	for comp in none lzo:1 zlib:1 zlib:6 zlib:9; do
		[ $comp = none ] && want="none 0" || want=${comp/:/ }
		lines="cryptalgos = $cipher:1
			compalgos = $comp:100"
		restart "$lines" "$lines"
		what="$cipher, $want"
		ok "$what: ping" reach alpha beta
		is "$(agreed alpha)" "$cipher $want" "$what: agreed"
		is "$(agreed beta)" "$cipher $want" "$what: at both ends"
		[ $comp != none ] ||
			is "$(query alpha peers '.[0].compression')" null \
				"$what: nothing to count"
		bytes=0
		ok "$what: random bytes" crosses $tmp/noise
		more "$bytes" 400000 "$what: they do not shrink"
		bytes=0
		ok "$what: zeros" crosses $tmp/zeros
		if [ $comp = none ]; then
			more "$bytes" 400000 "$what: they do not shrink"
		else
			more 100000 "$bytes" "$what: they shrink"
			ok "$what: counted" query alpha peers '.[0].compression |
				if .tried >= .shrunk and .shrunk > 250 and
				.skipped > 100 and
				.bytes_out < .bytes_in * 0.7
				then "" else halt_error end'
			ok "$what: shown" grep -qE \
				'^compressed   to [0-9]+ %: .* bytes became .*; .* packets shrank$' \
				<(ctl alpha peers beta)
		fi
	done
done

# --- preferences -----------------------------------------------------------------
# agree ALPHA-LINES BETA-LINES OUTCOME WHAT: whoever has which of them
agree() {
	restart "$1" "$2"
	ok "$4: ping" reach alpha beta
	is "$(agreed alpha)/$(agreed beta)" "$3/$3" "$4: $3"
	restart "$2" "$1"
	ok "$4, exchanged: ping" reach beta alpha
	is "$(agreed alpha)/$(agreed beta)" "$3/$3" "$4, exchanged: $3"
}
agree 'cryptalgos = aes-256-gcm:100 chacha20-poly1305:60' \
	'cryptalgos = aes-256-gcm:10 chacha20-poly1305:60' \
	'chacha20-poly1305 none 0' 'the highest sum wins'
agree 'compalgos = zlib:9:100 none:1' 'compalgos = zlib:2:1 none:1' \
	'aes-256-gcm zlib 2' 'the lower level counts'
agree 'compalgos = zlib:9:100 lzo:1:90' 'compalgos = lzo:1:1' \
	'aes-256-gcm lzo 1' 'only what both have'
agree 'compalgos = zlib:9:65535 lzo:65535' '' \
	'aes-256-gcm none 0' 'who names no compressor gets none'
agree 'compalgos = zlib:9:100' 'compalgos = lzo:1:100' \
	'aes-256-gcm none 0' 'no compressor in common'
restart 'node = beta
	cryptalgos = aes-128-gcm:1000
	compalgos = zlib:3:1000' 'compalgos = none:100 zlib:6:10
	node = gamma
	cryptalgos = chacha20-poly1305:5000'
what='a section for this peer counts, one for another does not'
ok "$what: ping" reach alpha beta
is "$(agreed alpha)/$(agreed beta)" \
	'aes-128-gcm zlib 3/aes-128-gcm zlib 3' "$what"

restart 'cryptalgos = aes-256-gcm:1' 'cryptalgos = aes-128-gcm:1'
WAIT=2 not_ok 'no cipher in common: no traffic' reach alpha beta
for n in alpha beta; do
	soon "$n says what both have" says $n \
		'peer=.*(aes-256-gcm.*aes-128-gcm|aes-128-gcm.*aes-256-gcm)'
done
finish
