#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# cluevpn-protocol(7) says what the sources say: constants, timers, frames,
# test vectors.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Find;
use Test::More;

chdir dirname(__FILE__) . '/../..' or die "protocol.t: $!\n";

sub slurp {
	my ($path) = @_;

	open my $f, '<', $path or die "$path: $!\n";
	local $/;
	return <$f>;
}

my $page = slurp('man/cluevpn-protocol.7');

sub section {
	my ($name) = @_;

	$page =~ /^\.Sh \Q$name\E\n(.*?)(?=^\.Sh )/ms or die "no section $name\n";
	return $1;
}

# --- constants -----------------------------------------------------------

my (%defined, %in_proto);	# name: the expressions it is defined by

sub read_source {
	my ($path) = @_;
	my $text = slurp($path);

	$text =~ s{/\*.*?\*/}{ }gs;
	$text =~ s/\\\n/ /g;
	my %here = $text =~ /^#define (\w+)[ \t]+(\S.*?)[ \t]*$/mg;
	for my $enum ($text =~ /\benum \w+ \{(.*?)\}/sg) {
		%here = (%here, $enum =~ /(\w+) = (\w+)/g);
	}
	for (keys %here) {
		$defined{$_}{$here{$_}} = 1;
		$in_proto{$_} = 1 if $path eq 'include/format/proto.h';
	}
}
find({ no_chdir => 1, wanted => sub {
	read_source($_) if /\.[ch]$/;
} }, 'include', 'src');

# What a constant comes to; strings as they are written.
sub value {
	my ($expr) = @_;

	return $1 if $expr =~ /^"(.*)"$/;
	$expr =~ s/\bU?INT\d+_C\b//g;
	$expr =~ s/\b(0x[0-9a-f]+|\d+)u?l*\b/$1/gi;
	for (1 .. 8) {
		$expr =~ s{\b([A-Z]\w+)\b}{
			my @e = keys %{ $defined{$1} || {} };
			@e == 1 ? "($e[0])" : die "$1 has " . @e . " values\n"
		}ge;
		$expr =~ s/\b(0x[0-9a-f]+|\d+)u?l*\b/$1/gi;
	}
	die "cannot compute $expr\n" if $expr !~ /^[\s\d()x+*|<\-a-f]+$/i;
	return eval($expr);
}

my %shown;
for (split /\n/, section('CONSTANTS')) {
	next unless /^\.It Dv (\w+) Ta (.*)$/;
	my ($name, $text) = ($1, $2);

	$text =~ s/\\e/\\/g;
	$text = $text =~ /^Qq (.*)$/ ? $1 : $text =~ /^0x/ ? hex $text : $text;
	my @expr = keys %{ $defined{$name} || {} };
	is(@expr == 1 ? value($expr[0]) : 'defined ' . @expr . ' times', $text,
	    $name);
	$shown{$name} = 1;
}
my @missing = grep { !$shown{$_} } sort keys %in_proto;
is("@missing", '', 'all constants of proto.h stand on the page');

# --- timers --------------------------------------------------------------

my %timers = slurp('src/format/conf_schema.c') =~
    /^\s*(?:TIMER|KEY_AGE|KEY_USES)\("(\w+)", \w+, "(\w+)"\)/mg;
my %told = section('TIMERS') =~ /^\.It Ic (\w+) Ta (\w+) Ta/mg;
ok(keys %timers > 10, 'the schema has timers');
is_deeply(\%told, \%timers, 'timers and their defaults');

# --- frames and refusals ---------------------------------------------------

my %frames;
my $ctlmsg = slurp('src/format/ctlmsg.c');
while ($ctlmsg =~ /\[FRAME_(\w+)\] = \{ "[\w-]+", ([^,]+),\s+([^}]+) \}/g) {
	my ($name, $min, $max) = ($1, value($2), value($3));

	$frames{$name} = [value("FRAME_$name"),
	    $min == $max ? $min : "$min to $max"];
}
my %table;
my $channel = section('THE TLS CHANNEL');
while ($channel =~ /^\.It (\d) Ta ([A-Z_]+) Ta ([\w ]+) Ta/mg) {
	$table{$2} = [$1, $3];
}
is(scalar keys %frames, 9, 'the source has nine frames');
is_deeply(\%table, \%frames, 'frames and their lengths');
for my $type (qw(INIT RESP COOKIE DATA)) {
	my ($len) = $page =~ /^\.Ss $type, (\d+) bytes/m;

	is($len, value($type eq 'DATA' ? 'DGRAM_DATA_OVERHEAD' :
	    "DGRAM_${type}_LEN"), "the length of $type in its heading");
}

# --- vectors ---------------------------------------------------------------

sub vectors {
	my ($text) = @_;
	my (%v, $name);

	for (split /\n/, $text) {
		if (/^(\S+) =(?: ([0-9a-f]+))?$/) {
			$name = $1;
			$v{$name} = defined $2 ? $2 : '';
		} elsif (defined $name && /^    ([0-9a-f]+)$/) {
			$v{$name} .= $1;
		}
	}
	return \%v;
}

my (undef, @blocks) = split /^\.Ss With /m, section('TEST VECTORS');
is(scalar @blocks, 3, 'three worked examples');
my $all = 1;
for my $block (@blocks) {
	my ($name) = $block =~ /^(\S+)/;
	my $printed = vectors($block);
	my $file = vectors(slurp("tests/vectors/$name.txt"));

	for (sort keys %$printed) {
		delete $printed->{$_}
		    if defined $file->{$_} && $file->{$_} eq $printed->{$_};
	}
	is(join(' ', sort keys %$printed), '', "values with $name");
	next unless $all;
	# The first one is there from beginning to end.
	my $whole = vectors($block);
	is(join(' ', grep { !defined $whole->{$_} } sort keys %$file),
	    'alpha.certificate beta.certificate', "all values with $name");
	$all = 0;
}
done_testing();
