# SPDX-License-Identifier: GPL-3.0-or-later
# Plots of what tests/bench/scale measured; dir: where that is.
set terminal svg size 640,420 font "sans,11"
set datafile separator "\t"
set logscale xy
set grid
set key left top
there(f) = int(system(sprintf("test -s '%s/%s.tsv' && echo 1 || echo 0", dir, f)))
tsv(f, rows) = sprintf("< grep '^%s' '%s/%s.tsv'", rows, dir, f)

if (there("list_scale")) {
	set output dir."/list_scale.svg"
	set title "Verify, parse, check a list and build its routes"
	set xlabel "nodes (two subnets each)"
	set ylabel "ms of processor time"
	plot tsv("list_scale", "DSA") using 2:4 with linespoints title "DSA 2048/256", \
	     tsv("list_scale", "Ed25519") using 2:4 with linespoints title "Ed25519", \
	     x * 0.003 with lines dashtype 2 title "slope 1: 3 us a node", \
	     150 with lines dashtype 3 title "150 ms"
}
if (there("route_scale")) {
	set output dir."/route_scale.svg"
	set title "Route look-up"
	set xlabel "prefixes"
	set ylabel "ns of processor time"
	plot tsv("route_scale", "IPv4") using 2:5 with linespoints title "IPv4, one after the other", \
	     tsv("route_scale", "IPv4") using 2:6 with linespoints title "IPv4, overlapping", \
	     tsv("route_scale", "IPv6") using 2:5 with linespoints title "IPv6, one after the other", \
	     tsv("route_scale", "IPv6") using 2:6 with linespoints title "IPv6, overlapping", \
	     100 with lines dashtype 3 title "100 ns"
}
if (there("spread")) {
	set output dir."/spread.svg"
	set title "A pushed list, 5 % loss, by TCP alone: until the last live node has it"
	set xlabel "nodes"
	set ylabel "seconds (median)"
	plot tsv("spread", "calm\t[0-9]*\t0\tlives") using 2:7 with linespoints title "all live", \
	     tsv("spread", "calm\t[0-9]*\t0\tdies") using 2:7 with linespoints title "signer dies", \
	     tsv("spread", "calm\t[0-9]*\t10\tdies") using 2:7 with linespoints title "signer dies, 10 % down", \
	     tsv("spread", "calm\t[0-9]*\t30\tdies") using 2:7 with linespoints title "signer dies, 30 % down"
}
if (there("memory")) {
	set output dir."/memory.svg"
	set title "Heap of a core"
	set xlabel "peers"
	set ylabel "bytes a peer"
	plot tsv("memory", "[0-9]") using 1:5 with linespoints title "with a session", \
	     tsv("memory", "[0-9]") using 1:4 with linespoints title "with a stored pair", \
	     tsv("memory", "[0-9]") using 1:3 with linespoints title "without a pair"
}
