#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Keys and certificates as other CAs' tools write them, and machines whose
# OpenSSL is configured in a way that would break TLS.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta
a=$tmp/alpha
start beta

# --- forms of a key -----------------------------------------------------------------
certified() { # certified KEY: alpha's certificate for it, from the network's CA
	must openssl req -new -key "$1" -subj /CN=alpha -out $tmp/csr
	printf '%s\n' basicConstraints=CA:FALSE authorityKeyIdentifier=keyid \
		extendedKeyUsage=serverAuth,clientAuth >$tmp/ext
	must openssl x509 -req -in $tmp/csr -CA $tmp/ca/ca.pem \
		-CAkey $tmp/ca/ca.key -set_serial 7 -days 9 \
		-extfile $tmp/ext -out $a/node.pem
}
fits() { # fits FORM: alpha's key as it is now is good for a start
	chmod 600 $a/node.key
	ok "$1: -t is content" "$O/cluevpnd" -t -c $a -p $a/pid
	start alpha
	soon "... and packets go" reach alpha beta
	stop alpha
}
must openssl ecparam -genkey -name prime256v1 -noout -out $tmp/sec1
certified $tmp/sec1
cp $tmp/sec1 $a/node.key
is "$(head -1 $a/node.key)" '-----BEGIN EC PRIVATE KEY-----' 'SEC 1 it is'
fits 'SEC 1'
must openssl ecparam -name prime256v1 -out $tmp/params
cat $tmp/params $tmp/sec1 >$a/node.key
fits 'EC parameters before the key'
{ echo 'Bag Attributes'; cat $a/node.pem $tmp/ca/ca.pem $tmp/sec1; } >$a/all.pem
chmod 600 $a/all.pem
conf alpha "cert = $a/all.pem" "privkey = $a/all.pem"
fits 'certificate, chain and key in one file'
cat $tmp/params $tmp/sec1 $a/node.pem $tmp/ca/ca.pem | sed 's/$/\r/' >$a/all.pem
fits 'the key first, with carriage returns'
conf alpha
must openssl genrsa -traditional -out $tmp/rsa 2048
certified $tmp/rsa
cp $tmp/rsa $a/node.key
is "$(head -1 $a/node.key)" '-----BEGIN RSA PRIVATE KEY-----' 'PKCS#1 it is'
fits 'PKCS#1'

# --- keys that cannot be read -------------------------------------------------------
complains() { # complains FORM: into $tmp/said
	chmod 600 $a/node.key
	"$O/cluevpnd" -t -c $a -p $a/pid >$tmp/said 2>&1
	is $? 2 "$1: -t ends with 2"
	ok '... and names the file of the key' grep "$a/node.key" $tmp/said
}
for form in '' -traditional; do
	must openssl pkey -in $tmp/rsa $form -aes128 -passout pass:secret \
		-out $a/node.key
	complains "under a passphrase $form"
	command=$(grep -o 'openssl pkey [^"]*' $tmp/said)
	ok '... and says a command' test -n "$command"
	ok '... that works' sh -c "${command/ -out/ -passin pass:secret -out}"
	fits '... and makes a key without one'
done
must openssl pkey -in $tmp/rsa -outform DER -out $a/node.key
complains 'DER'
ok '... and says how to convert it' grep 'openssl pkey -inform DER' $tmp/said
cp $a/node.pem $a/node.key
complains 'no key at all'
rm $a/node.*
certify alpha

# --- the machine's configuration of OpenSSL -----------------------------------------
openssl_conf() { # openssl_conf [SSL-SETTING...]: a whole one
	printf '%s\n' 'openssl_conf = all' '[all]' 'ssl_conf = ssl' \
		"alg_section = alg" '[ssl]' 'system_default = def' '[def]' \
		"$@"
}
mkdir $tmp/dir
try() { # try WHAT: with $tmp/openssl.cnf, or $OPENSSL_CONF
	export OPENSSL_CONF=${OPENSSL_CONF:-$tmp/openssl.cnf}
	ok "$1: -t is content" "$O/cluevpnd" -t -c $a -p $a/pid
	ok '... keygen works' "$O/keygen" fingerprint $a/node.key
	ok '... so does bnl-verify' "$O/bnl-verify" -k $tmp/bnl-pub.pem \
		$a/state/network.bnl
	rm -f $a/state/pairs/*
	start alpha
	soon '... packets go' reach alpha beta
	stop alpha
	unset OPENSSL_CONF
}
for setting in 'Groups = P-521' 'MaxProtocol = TLSv1.2' \
	'Ciphersuites = TLS_AES_128_CCM_SHA256' \
	'CipherString = DEFAULT@SECLEVEL=5' 'SignatureAlgorithms = RSA+SHA512' \
	'NoSuchSetting = 1'; do
	openssl_conf "$setting" >$tmp/openssl.cnf
	try "$setting"
done
openssl_conf '[alg]' 'default_properties = fips=yes' >$tmp/openssl.cnf
try 'FIPS providers alone'
echo 'this is [ no configuration' >$tmp/openssl.cnf
try 'a broken file'
OPENSSL_CONF=$tmp/dir try 'a directory'
stop beta

finish
