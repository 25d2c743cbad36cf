#!/bin/sh
# keygen: every command, what it writes with which rights, what it refuses.
set -u
LC_ALL=C
TZ=UTC
export LC_ALL TZ

cd "$(dirname "$0")/../.." || exit 1
O=$(cd "${O:-build}" && pwd) || exit 1
# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh
keygen=$O/keygen
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT PIPE TERM
cd "$tmp" || exit 1
umask 022
out=$tmp/out

# exits RC WHAT COMMAND...: that it ends with this code
exits() {
	want=$1 what=$2
	shift 2
	"$@" >out 2>&1 </dev/null
	rc=$?
	[ $rc -eq "$want" ]
	ok $? "$what"
}
says() { # says WORDS: in what the last command said
	grep -qF -e "$1" out
	ok $? "says: $1"
}
mode() { # mode MODE FILE
	[ "$(stat -c %a "$2" 2>/dev/null)" = "$1" ]
	ok $? "$2 has mode $1"
}
absent() {
	[ ! -e "$1" ] && [ ! -L "$1" ]
	ok $? "there is no $1"
}
same() { # same A B WHAT
	[ -n "$1" ] && [ "$1" = "$2" ]
	ok $? "$3"
}
spki() { # spki COMMAND...: the digest of a public key in PEM
	"$@" 2>/dev/null | openssl pkey -pubin -outform DER 2>/dev/null |
		sha256sum | sed 's/^\([0-9a-f]*\) .*/sha256:\1/'
}

# help and usage
exits 0 'help' "$keygen" -h
says 'usage: keygen bnl'
exits 0 'version' "$keygen" --version
says 'keygen (ClueVPN) '
exits 0 'help of a command' "$keygen" ca --help
exits 2 'no command' "$keygen"
exits 2 'unknown command' "$keygen" cat
says 'unknown command "cat"'
exits 2 'unknown option' "$keygen" ca --colour
says 'usage: keygen ca'
exits 2 'an option of another command' "$keygen" bnl --days 3
says 'bnl takes no --days'
exits 2 'option before the command' "$keygen" -f ca
exits 2 'no name of a node' "$keygen" node
exits 2 'too many names' "$keygen" node alpha beta
exits 2 'no request' "$keygen" sign
exits 2 'no file' "$keygen" fingerprint
for days in 0 -1 x 36501 99999999999999999999 ''; do
	exits 2 "--days '$days'" "$keygen" ca --days "$days"
done
exits 2 'unknown type' "$keygen" bnl -t rsa
[ -z "$(find . -mindepth 1 ! -name out)" ]
ok $? 'none of these wrote anything'

# bnl
exits 0 'a key that signs lists' "$keygen" bnl
says 'bnl-pub.pem'
mode 600 bnl.key
mode 644 bnl-pub.pem
holds 'is a private DSA key' sh -c \
	'openssl pkey -in bnl.key -noout -text | grep -q "Private-Key: (2048"'
holds 'q has 256 bits' sh -c \
	'openssl pkey -in bnl.key -noout -text | sed -n "/^Q:/,/^G:/p" |
	tr -d " \n" | grep -qE "^Q:(00:)?([0-9a-f]{2}:){31}[0-9a-f]{2}G:"'
same "$(openssl pkey -in bnl.key -pubout)" "$(cat bnl-pub.pem)" \
	'the public half belongs to it'
exits 1 'a directory that is not there' "$keygen" bnl -t ed25519 -o s/ed.key
mkdir s
exits 0 'an Ed25519 key under another name' "$keygen" bnl -t ed25519 -o s/ed.key
mode 600 s/ed.key
mode 644 s/ed-pub.pem
holds 'is an Ed25519 key' sh -c \
	'openssl pkey -in s/ed.key -noout -text | grep -q ED25519'
exits 0 'a name without an ending' "$keygen" bnl -t ed25519 -o plain
mode 644 plain-pub.pem

# ca
exits 0 'a CA' "$keygen" ca -n 'Test CA'
says 'keygen node NAME'
mode 600 ca.key
mode 644 ca.pem
holds 'verifies itself' openssl verify -x509_strict -CAfile ca.pem ca.pem
openssl x509 -in ca.pem -noout -text -nameopt RFC2253 >ca.txt
holds 'CA:TRUE, pathlen 0, critical' sh -c \
	'grep -A1 "Basic Constraints: critical" ca.txt |
	grep -q "CA:TRUE, pathlen:0"'
holds 'bears its name' grep -q 'Subject: CN=Test CA' ca.txt
holds 'is valid for ten years' \
	openssl x509 -in ca.pem -noout -checkend $((3649 * 86400))
exits 1 'and no longer' \
	openssl x509 -in ca.pem -noout -checkend $((3651 * 86400))
mkdir other
exits 0 'another CA in a directory of its own' "$keygen" ca -d other --days 10
mode 600 other/ca.key

# node, the CA at hand
exits 0 'a node beside the CA' "$keygen" node alpha.example.org --ou web
says 'the certificate of alpha.example.org'
mode 600 node.key
mode 644 node.csr
mode 644 node.pem
for p in sslserver sslclient; do
	holds "its certificate verifies as $p" openssl verify -x509_strict \
		-purpose $p -CAfile ca.pem node.pem
done
exits 2 'but not under the other CA' openssl verify -CAfile other/ca.pem \
	node.pem
openssl x509 -in node.pem -noout -text -nameopt RFC2253 >node.txt
holds 'bears name and OU' \
	grep -q 'Subject: CN=alpha.example.org,OU=web' node.txt
holds 'is no CA' grep -q 'CA:FALSE' node.txt
holds 'is valid for 825 days' \
	openssl x509 -in node.pem -noout -checkend $((824 * 86400))
exits 1 'and no longer' \
	openssl x509 -in node.pem -noout -checkend $((826 * 86400))
same "$(openssl x509 -in node.pem -noout -pubkey)" \
	"$(openssl pkey -in node.key -pubout)" 'key and certificate match'

# node, the CA elsewhere; sign
mkdir beta gamma
cp ca.pem beta/		# as on a real node: no ca.key
exits 0 'a node away from the CA' "$keygen" node beta -d beta
says 'keygen sign beta/node.csr'
absent beta/node.pem
holds 'the request verifies' \
	openssl req -in beta/node.csr -noout -verify
exits 1 'signing for another name' "$keygen" sign beta/node.csr -n alpha
says 'the request is of beta, not of alpha'
absent beta/node.pem
exits 0 'signing the request' "$keygen" sign beta/node.csr --name beta \
	--days 30
says 'request of beta'
holds 'the certificate verifies' openssl verify -x509_strict -CAfile ca.pem \
	beta/node.pem
sum=$(sha256sum beta/node.key)
exits 1 'a request is there' "$keygen" request beta -d beta
mv beta/node.csr beta/first.csr
exits 0 'a request for the same key' "$keygen" request beta -d beta --ou ops
mode 644 beta/node.csr
same_key() {
	[ "$("$keygen" fingerprint beta/node.csr)" = \
	    "$("$keygen" fingerprint beta/first.csr)" ] &&
	    [ "$(sha256sum beta/node.key)" = "$sum" ]
}
holds 'is for that key' same_key
exits 0 'is replaced on demand' "$keygen" request beta -d beta --force
exits 0 'and can be signed' "$keygen" sign beta/node.csr -n beta -o again.pem
exits 1 'no key, no request' "$keygen" request beta -d gamma
absent gamma/node.csr
exits 1 'a request for a bad name' "$keygen" request No -d beta --force
exits 2 'a request without a name' "$keygen" request -d beta
exits 1 'it ends after the days that were asked for' \
	openssl x509 -in beta/node.pem -noout -checkend $((31 * 86400))
exits 0 'an OU in the place of the one of the request' "$keygen" sign \
	beta/node.csr -o ou.pem --ou 'db hosts'
holds 'stands in the certificate' sh -c \
	'openssl x509 -in ou.pem -noout -subject -nameopt RFC2253 |
	grep -q ",OU=db hosts$"'
exits 0 'the OU of the request' "$keygen" node eve --ou admin -d s
exits 0 'is left out' "$keygen" sign s/node.csr -o s/out.pem --ou ''
holds 'on demand' sh -c \
	'openssl x509 -in s/out.pem -noout -subject -nameopt RFC2253 |
	grep -qx "subject=CN=eve"'
exits 0 'signing to another file with another CA' "$keygen" sign \
	beta/node.csr -o beta/other.pem --ca other
says 'the end of the CA'
holds 'verifies under that one' openssl verify -CAfile other/ca.pem \
	beta/other.pem
exits 0 'a node, its CA named by files' "$keygen" node gamma -d gamma \
	--ca-cert ca.pem --ca-key ca.key
holds 'verifies' openssl verify -CAfile ca.pem gamma/node.pem
mkdir delta
exits 1 'a CA directory without a CA' "$keygen" node delta -d delta --ca beta
says 'beta/ca.key'
exits 1 'key and certificate of two CAs' "$keygen" node delta -d delta \
	--ca-cert ca.pem --ca-key other/ca.key
says 'do not belong together'
exits 1 'a name that is none' "$keygen" node Delta -d delta
says 'no node name'
exits 1 'no such directory' "$keygen" node delta -d nowhere
[ -z "$(ls -A delta)" ]
ok $? 'none of these wrote anything'

# refusals of a request
sed 's/^M/N/' beta/node.csr >broken.csr
exits 1 'a broken request' "$keygen" sign broken.csr
openssl req -in beta/node.csr -outform DER >der
len=$(stat -c %s der)
last=$(tail -c 1 der | od -An -tu1 | tr -d ' ')
{
	head -c $((len - 1)) der
	# shellcheck disable=SC2059 # an octal escape
	printf "\\$(printf %03o $((last ^ 1)))"
} | openssl base64 >forged.b64
{
	echo '-----BEGIN CERTIFICATE REQUEST-----'
	cat forged.b64
	echo '-----END CERTIFICATE REQUEST-----'
} >forged.csr
exits 1 'a request with a false signature' "$keygen" sign forged.csr
says 'does not verify'
absent forged.pem
exits 1 'a certificate instead of a request' "$keygen" sign node.pem -o no.pem
absent no.pem
exits 1 'no such request' "$keygen" sign nothing.csr
chmod 640 ca.key
exits 1 'a CA key that others may read' "$keygen" sign beta/node.csr -o no.pem
says 'chmod 600'
chmod 600 ca.key
absent no.pem

# nothing is overwritten
sum() { cat bnl.key bnl-pub.pem ca.key ca.pem node.key node.csr node.pem; }
before=$(sum | sha256sum)
exits 1 'bnl.key is there' "$keygen" bnl -t ed25519
says 'bnl.key exists already'
exits 1 'ca.key is there' "$keygen" ca
exits 1 'node.key is there' "$keygen" node alpha
exits 1 'not by force either' "$keygen" bnl -t ed25519 --force
exits 1 'not by force either' "$keygen" ca --force
exits 1 'not by force either' "$keygen" node alpha --force
exits 1 'a certificate is there' "$keygen" sign node.csr
says '--force replaces it'
same "$before" "$(sum | sha256sum)" 'all is as it was'
mkdir half
echo old >half/ed-pub.pem
exits 1 'a public half is there' "$keygen" bnl -t ed25519 -o half/ed.key
absent half/ed.key
exits 0 'which force replaces' "$keygen" bnl -t ed25519 -o half/ed.key --force
holds 'by the new one' openssl pkey -pubin -in half/ed-pub.pem -noout
exits 0 'force replaces a certificate' "$keygen" sign node.csr --force
holds 'by one that verifies' openssl verify -CAfile ca.pem node.pem

# links as the last part of a name
mkdir links
ln -s ../victim links/ed.key
exits 1 'a dangling link as key' "$keygen" bnl -t ed25519 -o links/ed.key
absent victim
echo precious >victim
ln -s ../victim links/out.pem
exits 1 'a link as certificate' "$keygen" sign node.csr -o links/out.pem
exits 1 'not by force either' "$keygen" sign node.csr -o links/out.pem --force
says 'symbolic link'
same "$(cat victim)" precious 'what it points to is as it was'
ln -s s directory
exits 0 'a link on the way is fine' "$keygen" bnl -t ed25519 \
	-o directory/two.key
mode 600 s/two.key

# rights do not depend on the umask
mkdir mask
(umask 077; exec "$keygen" ca -d mask) >out 2>&1
mode 600 mask/ca.key
mode 644 mask/ca.pem
mkdir mask0
(umask 0; exec "$keygen" ca -d mask0) >out 2>&1
mode 600 mask0/ca.key
mode 644 mask0/ca.pem

# fingerprint
fp=$(spki cat bnl-pub.pem)
same "$("$keygen" fingerprint bnl.key)" "$fp" 'of a private key'
same "$("$keygen" fingerprint bnl-pub.pem)" "$fp" 'of a public key'
same "$("$keygen" fingerprint - <bnl.key)" "$fp" 'of standard input'
fp=$(spki openssl x509 -in node.pem -noout -pubkey)
for f in node.pem node.csr node.key; do
	same "$("$keygen" fingerprint $f)" "$fp" "of $f"
done
same "$("$keygen" fingerprint s/ed.key)" "$(spki cat s/ed-pub.pem)" \
	'of an Ed25519 key'
same "$("$keygen" fingerprint node.pem bnl.key | wc -l)" 2 'of two files'
holds 'each with its name' sh -c \
	"'$keygen' fingerprint node.pem bnl.key | grep -q '  bnl.key\$'"
cat node.pem s/ed-pub.pem >several
exits 1 'of two keys in one file' "$keygen" fingerprint several
says '2 PEM blocks'
cat node.csr node.csr >several.csr
exits 1 'two requests in one file are not signed' "$keygen" sign several.csr
says '2 PEM blocks'
echo nothing >junk
exits 1 'of no key' "$keygen" fingerprint junk
says junk
exits 1 'of no file' "$keygen" fingerprint missing
head -c 300000 /dev/zero >huge
exits 1 'of a file that is too long' "$keygen" fingerprint huge
says 'longer than'
sh -c "'$keygen' fingerprint bnl.key >/dev/full" 2>out
[ $? -eq 1 ]
ok $? 'a full disk under standard output is a failure'

tap_end
